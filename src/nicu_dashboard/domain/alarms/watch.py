"""The state of one watched cot: what was seen, which conditions are under way, what is paused or off."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.limits import AlarmLimits

# A number older than this is replaced by `--`: 5 s on the screen, less a second for the way there on a busy machine.
STALE_MS = 4_000
# Without a valid value for this long a technical alarm follows: 10 s on the screen, less the way there. A shorter
# absence breaks no run of violations, so that whatever comes between low values, a person is told of one or the other.
LOST_MS = 9_000
# A signal must be back for this long before its technical alarm ends: a flapping probe is one alarm (assumed).
RETURNED_MS = 5_000
# A slow source is silent after three of its own intervals (INTEROP), and lost after four.
STALE_INTERVALS, LOST_INTERVALS = 3, 4
# An FiO2 older than this no longer decides whether the upper SpO2 limit applies (assumed).
FIO2_KEPT_MS = 12 * 3_600_000
AUDIO_PAUSE_S = 120
MAX_PAUSE_S = 600
# A limit that is off is called to mind this often (assumed).
REMIND_MS = 15 * 60_000
ESCALATE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One parameter: its value now, when the last valid one came, when its source last said anything about it, since
    when and why there is none, and after how long it is stale or lost by the interval of the source that sends it.
    """

    value: float | None
    at: int
    spoken_at: int
    absent_since: int | None = None
    reason: str | None = None
    stale_ms: int = STALE_MS
    lost_ms: int = LOST_MS
    awaited: bool = False

    def fresh(self, at: int) -> bool:
        """Return whether there is a value that is not stale at this instant."""
        return self.value is not None and at - self.at <= self.stale_ms


@dataclass(frozen=True, slots=True)
class Condition:
    """One limit (or fault) that is violated, was, or is announced; the `_since` fields are unbroken times."""

    key: str
    red_since: int | None = None
    yellow_since: int | None = None
    normal_since: int | None = None
    eased_since: int | None = None
    absent: bool = False
    worst: float | None = None
    unanswered_since: int | None = None
    alarm: Alarm | None = None

    @property
    def counting(self) -> bool:
        """True while any delay runs."""
        return (self.red_since, self.yellow_since, self.normal_since, self.eased_since) != (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Pause:
    """A timed silence; `rank` is the loudest priority when it began, which a new alarm must exceed to break it."""

    began_at: int
    until_at: int
    by: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Off:
    """A limit switched off by a person, never silently: since when, why, by whom, last reminded."""

    scope: str
    since: int
    reason: str
    by: str
    reminded_at: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything the machine knows of one cot; `at` is the latest instant it was told of."""

    limits: AlarmLimits
    at: int = 0
    seen: Mapping[str, Seen] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    audio_pause: Pause | None = None
    alarm_pause: Pause | None = None
    off: Mapping[str, Off] = field(default_factory=dict)

    @property
    def stale_ms(self) -> int:
        """Return how long the slowest source of this cot may be silent before its values are stale."""
        return max((seen.stale_ms for seen in self.seen.values()), default=STALE_MS)

    @property
    def alarms(self) -> list[Alarm]:
        """Return the alarms that stand, in no order."""
        return [condition.alarm for condition in self.conditions.values() if condition.alarm is not None]

    def is_off(self, key: str) -> bool:
        """Return whether a person switched this limit (or all of them) off."""
        return key in self.off or "all" in self.off

    def sounds(self, alarm: Alarm) -> bool:
        """Return whether this alarm is heard now: `on`, and no person paused it. Pausing a cot's alarms withdraws those
        of its limits and silences lesser technical ones; a high one is heard all the same.
        """
        paused = self.alarm_pause is not None and alarm.priority != "high"
        return alarm.presence == "on" and self.audio_pause is None and not paused
