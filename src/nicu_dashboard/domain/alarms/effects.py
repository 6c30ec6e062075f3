"""What the machine asks the world to do; the ward carries it out."""

from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.domain.alarms.alarm import Alarm, Transition

SuspensionKind = Literal["audio_pause", "alarm_pause", "off"]


@dataclass(frozen=True, slots=True)
class Changed:
    """Store the alarm and its transition; `announce` means it is to be heard (again)."""

    alarm: Alarm
    transition: Transition
    announce: bool


@dataclass(frozen=True, slots=True)
class Suspended:
    """Store what is silent from now, until when (None = until switched on), why and by whom."""

    kind: SuspensionKind
    scope: str
    began_at: int
    until_at: int | None
    reason: str | None
    by: str


@dataclass(frozen=True, slots=True)
class SuspensionEnded:
    """Store that a suspension is over: its time ran out, a person ended it, or a new alarm broke it."""

    kind: SuspensionKind
    scope: str
    began_at: int
    ended_at: int
    by: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """Tell people that a limit is still switched off."""

    at: int
    scope: str
    since: int
    reason: str


Effect = Changed | Suspended | SuspensionEnded | Reminded
