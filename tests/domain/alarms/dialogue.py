"""A bedside to talk to: give it readings and acts, let time pass, ask what stands and what was heard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.alarms.effects import Changed, Effect, Reminded, Suspended, SuspensionEnded
from nicu_dashboard.domain.alarms.events import (
    Acknowledged,
    AlarmsPaused,
    AudioPaused,
    Event,
    FaultBegan,
    FaultEnded,
    Left,
    LimitsChanged,
    Sampled,
    SwitchedOff,
    SwitchedOn,
    Ticked,
)
from nicu_dashboard.domain.alarms.machine import resume, step
from nicu_dashboard.domain.alarms.priority import Priority, rank
from nicu_dashboard.domain.alarms.watch import Watch
from nicu_dashboard.domain.limits import AlarmLimits, Limit, default_profile
from nicu_dashboard.domain.vitals import Measured, NoValue

START = 1_704_067_200_000
TICK_MS = 250
CALM: dict[str, float] = {"heart_rate": 150, "spo2": 93, "resp_rate": 45}
Said = float | str | None


@dataclass
class Bedside:
    """One baby, watched with the default limits of its postmenstrual age; time passes in quarters of a second.

    In a reading a number is a value, words are the reason there is none, None leaves the parameter out.
    """

    pma: str = "31+2"
    interval_s: float = 1.0
    at: int = START
    tick_ms: int = TICK_MS
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    effects: list[Effect] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        weeks, days = self.pma.split("+")
        self.watch = Watch(default_profile(int(weeks) * 7 + int(days)), self.at)
        self.first_watch = self.watch
        self._listened = 0

    # What happens.

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.watch, effects = step(self.watch, event, self.ids)
        self.effects += effects

    def reads(self, **said: Said) -> None:
        """One reading, of what is named only."""
        values: dict[str, Measured] = {
            name: NoValue(value) if isinstance(value, str) else float(value)
            for name, value in said.items()
            if value is not None
        }
        self.tell(Sampled(self.at, values, int(self.interval_s * 1_000)))

    def for_seconds(self, seconds: float, **said: Said) -> None:
        """Readings at the source's interval for so long; what is not named is calm."""
        end, due = self.at + int(seconds * 1_000), self.at
        while self.at < end:
            if self.at >= due:
                self.reads(**{**CALM, **said})
                due = self.at + int(self.interval_s * 1_000)
            self._pass(min(self.tick_ms, end - self.at))

    def silence(self, seconds: float) -> None:
        """No reading for so long."""
        end = self.at + int(seconds * 1_000)
        while self.at < end:
            self._pass(min(self.tick_ms, end - self.at))

    def _pass(self, ms: int) -> None:
        self.at += ms
        self.tell(Ticked(self.at))

    def clock_jumps(self, seconds: float) -> None:
        self.at += int(seconds * 1_000)

    def acknowledges(self, text: str, by: str = "nurse Ada") -> None:
        self.tell(Acknowledged(self.at, self.alarm(text).id, by))

    def pauses_sound(self, seconds: int = 120, by: str = "nurse Ada") -> None:
        self.tell(AudioPaused(self.at, seconds, by))

    def pauses_alarms(self, seconds: int = 600, by: str = "nurse Ada") -> None:
        self.tell(AlarmsPaused(self.at, seconds, by))

    def switches_off(self, scope: str, reason: str = "drain in place", by: str = "Dr Bo") -> None:
        self.tell(SwitchedOff(self.at, scope, reason, by))

    def switches_on(self, scope: str, by: str = "Dr Bo") -> None:
        self.tell(SwitchedOn(self.at, scope, by))

    def changes_limits(self, change: Callable[[AlarmLimits], AlarmLimits]) -> None:
        self.tell(LimitsChanged(self.at, change(self.watch.limits)))

    def changes_limit(self, limit: Limit) -> None:
        self.changes_limits(lambda limits: limits.replace(limit, version=limits.version + 1))

    def fault(self, key: str, text: str, priority: Priority = "medium") -> None:
        self.tell(FaultBegan(self.at, key, text, priority))

    def device_alarm(self, key: str, text: str, priority: Priority = "high") -> None:
        self.tell(FaultBegan(self.at, key, text, priority, "device"))

    def fault_over(self, key: str) -> None:
        self.tell(FaultEnded(self.at, key))

    def leaves(self, by: str = "nurse Ada") -> None:
        self.tell(Left(self.at, by))

    def restarts(self, after_s: float = 2.0, expected: tuple[str, ...] = tuple(CALM)) -> None:
        """The server dies and starts again from what is on record."""
        self.at += int(after_s * 1_000)
        standing = [alarm for alarm in self.stored().values() if alarm.presence != "off"]
        self.watch = resume(self.watch.limits, standing, expected, self.at)

    # What is asked.

    def stored(self) -> dict[int, Alarm]:
        """The alarm rows a store would hold: the last one written of each id."""
        return {effect.alarm.id: effect.alarm for effect in self.effects if isinstance(effect, Changed)}

    def transitions(self) -> list[Transition]:
        return [effect.transition for effect in self.effects if isinstance(effect, Changed)]

    def triggers(self, key: str) -> list[str]:
        """The history of one condition in words."""
        return [
            effect.transition.trigger
            for effect in self.effects
            if isinstance(effect, Changed) and effect.alarm.key == key
        ]

    def suspensions(self) -> list[Suspended | SuspensionEnded | Reminded]:
        return [effect for effect in self.effects if not isinstance(effect, Changed)]

    def alarm(self, text: str) -> Alarm:
        """The one standing alarm whose line holds these words."""
        (found,) = [alarm for alarm in self.watch.alarms if text in line(alarm)]
        return found

    def expects(self, *lines: str) -> None:
        """Exactly these alarms stand, the most urgent first."""
        standing = sorted(self.watch.alarms, key=lambda alarm: (-rank(alarm.priority), alarm.kind, alarm.id))
        assert [line(alarm) for alarm in standing] == list(lines)

    def expects_quiet(self) -> None:
        self.expects()

    def hears(self, *announced: str) -> None:
        """Exactly these announcements were made since it was last asked."""
        new, self._listened = self.effects[self._listened :], len(self.effects)
        heard = [
            f"{effect.alarm.mark} {effect.alarm.text}"
            for effect in new
            if isinstance(effect, Changed) and effect.announce
        ]
        assert heard == list(announced)

    def hears_nothing(self) -> None:
        self.hears()

    def sounding(self) -> list[str]:
        return [alarm.text for alarm in self.watch.alarms if self.watch.sounds(alarm)]


def line(alarm: Alarm) -> str:
    """An alarm as the wall writes it, with its state unless it is simply on."""
    states: list[str] = [alarm.presence] if alarm.presence != "on" else []
    states += ["held"] if alarm.held else []
    return f"{alarm.mark} {alarm.text}" + (f" ({', '.join(states)})" if states else "")
