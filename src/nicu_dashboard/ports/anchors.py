"""Where anchors of the audit trail go: outside the database, so that a trail cut short is noticed."""

from dataclasses import dataclass
from typing import Protocol


class AnchorRefused(Exception):
    """An anchor could not be kept there; the message says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """An anchor: its line to be kept, and how far the trail went."""

    line: str
    seq: int


class AnchorSink(Protocol):
    """One place for anchors: a file, a syslog."""

    def keep(self, line: str) -> None:
        """Append a line for good; raises AnchorRefused."""
        ...


class Anchors(Protocol):
    """Knows how far the trail goes."""

    def take(self, at: int) -> Anchored | None:
        """Return the anchor of this instant, None while the trail is empty; raises StoreUnavailable."""
        ...
