"""What can happen to a watched baby; time is an event like any other. Instants are epoch ms of the receiving server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.domain.alarms.priority import Priority
from nicu_dashboard.domain.limits import AlarmLimits
from nicu_dashboard.domain.vitals import Measured


@dataclass(frozen=True, slots=True)
class Sampled:
    """A reading arrived that is not older than the last one; `interval_ms` is the source's configured interval."""

    at: int
    values: Mapping[str, Measured]
    interval_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed."""

    at: int


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """The baby is watched with other limits from now on."""

    at: int
    limits: AlarmLimits


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A person has seen the alarm with this id."""

    at: int
    alarm_id: int
    by: str


@dataclass(frozen=True, slots=True)
class AudioPaused:
    """A person pauses the sound of this cot for some seconds; 0 ends the pause."""

    at: int
    seconds: int
    by: str


@dataclass(frozen=True, slots=True)
class AlarmsPaused:
    """A person pauses the alarms of this cot for some seconds; 0 ends the pause."""

    at: int
    seconds: int
    by: str


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """A person switches a limit (`spo2:high`) or `all` of them off, for a reason."""

    at: int
    scope: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class SwitchedOn:
    """A person switches a limit on again, or every one with `all`."""

    at: int
    scope: str
    by: str


@dataclass(frozen=True, slots=True)
class FaultBegan:
    """A fault this machine cannot see by itself (store unavailable, clock offset, no audible display), or an alarm that
    a bedside device sends. It may be told again and again, and may have grown worse.
    """

    at: int
    key: str
    text: str
    priority: Priority
    kind: Literal["technical", "device"] = "technical"


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """That fault, or the device's alarm, is over."""

    at: int
    key: str


@dataclass(frozen=True, slots=True)
class Left:
    """The baby left the cot (transfer, discharge): nothing is watched here any more."""

    at: int
    by: str


Event = (
    Sampled
    | Ticked
    | LimitsChanged
    | Acknowledged
    | AudioPaused
    | AlarmsPaused
    | SwitchedOff
    | SwitchedOn
    | FaultBegan
    | FaultEnded
    | Left
)
