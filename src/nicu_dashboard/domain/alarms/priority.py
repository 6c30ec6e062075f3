"""Priorities of IEC 60601-1-8 and what each means for eye and ear."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Priority = Literal["low", "medium", "high"]
Kind = Literal["limit", "technical", "device"]


@dataclass(frozen=True, slots=True)
class Conduct:
    """How one priority looks and sounds: mark, flash in Hz (0 = steady), pulses per burst, repeat in seconds."""

    rank: int
    mark: str
    colour: str
    flash_hz: float
    pulses: int
    bursts: int
    repeat_s: int
    latches: bool


# IEC 60601-1-8 as bedside monitors implement it (Edan, Comen, Dräger, Philips, Mindray manuals).
CONDUCT: Mapping[Priority, Conduct] = MappingProxyType(
    {
        "high": Conduct(3, "***", "red", 2.0, 5, 2, 10, latches=True),
        "medium": Conduct(2, "**", "yellow", 0.5, 3, 1, 25, latches=False),
        "low": Conduct(1, "*", "cyan", 0.0, 1, 1, 30, latches=False),
    }
)
TECHNICAL_MARK = "!!"


def rank(priority: Priority) -> int:
    """Return 1 (low) to 3 (high), for comparing."""
    return CONDUCT[priority].rank


def mark(priority: Priority, kind: Kind) -> str:
    """Return the mark that stands beside the text, so that colour never carries a priority alone."""
    return TECHNICAL_MARK if kind == "technical" else CONDUCT[priority].mark
