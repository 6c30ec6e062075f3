"""One cot in the ward's memory: who lies there, what was last seen, how it is watched."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nicu_dashboard.domain.alarms.watch import Watch
from nicu_dashboard.domain.limits import AlarmLimits, default_profile
from nicu_dashboard.domain.patients import Cot
from nicu_dashboard.domain.spells import SpellDetector
from nicu_dashboard.domain.vitals import Measured, NoValue, Origin
from nicu_dashboard.ports.roster import Source, Stay

NOBODY = default_profile(None)


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest valid value of one vital, with the device's time and ours."""

    value: float
    recorded_at: int
    received_at: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest instant of one source: by its clock, by ours, and all it said of that instant."""

    recorded_at: int
    received_at: int
    values: Mapping[str, Measured]


@dataclass(slots=True)
class EventFree:
    """Since when this baby had no qualifying event, which kind came last (None = none on record), since when it is
    watched at all (hours that nobody measured are not free of events), and when the ward last told of an event.
    """

    since: int | None = None
    last_kind: str | None = None
    watched_from: int | None = None
    told_at: int | None = None


@dataclass(slots=True)
class Bed:
    """Mutable on purpose: it lives in one thread, and only the ward touches it."""

    cot: Cot
    watch: Watch = field(default_factory=lambda: Watch(NOBODY))
    stay: Stay | None = None
    detector: SpellDetector | None = None
    latest: dict[str, Latest] = field(default_factory=dict)
    event_free: EventFree = field(default_factory=EventFree)
    in_target: float | None = None
    origin: Origin | None = None
    source: str | None = None
    heard_at: int | None = None
    recorded_at: int = 0
    unheard: bool = False
    late_at: int | None = None
    heard: dict[int, Heard] = field(default_factory=dict)
    # By source: when its clock was judged last, and how far it was off, in ms.
    clocks: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def limits(self) -> AlarmLimits:
        """The limits in force."""
        return self.watch.limits

    def note(self, values: Mapping[str, Measured], recorded_at: int, received_at: int, source: Source) -> None:
        """Keep the newest valid values and who said them."""
        for name, measured in values.items():
            if not isinstance(measured, NoValue):
                self.latest[name] = Latest(measured, recorded_at, received_at)
        self.recorded_at, self.heard_at = recorded_at, received_at
        last = self.heard.get(source.id)
        said = {**last.values, **values} if last is not None and last.recorded_at == recorded_at else values
        self.heard[source.id] = Heard(recorded_at, received_at, said)
        self.origin, self.source = source.origin, source.name

    def news(
        self, source_id: int, recorded_at: int, received_at: int, values: Mapping[str, Measured]
    ) -> Mapping[str, Measured]:
        """Return what a live reading says that this cot has not heard yet; in a silence a clock may be set back.

        One instant may come in several messages, or corrected. The same words again are no news however late they come:
        a gateway that repeats its last message must not keep an old number on the wall.
        """
        last = self.heard.get(source_id)
        if last is not None and recorded_at == last.recorded_at:
            return {name: value for name, value in values.items() if last.values.get(name) != value}
        if last is None or recorded_at > last.recorded_at or received_at - last.received_at > self.watch.stale_ms:
            return values
        return {}

    def is_known(self, source_id: int, recorded_at: int) -> bool:
        """Return whether this source's last reading had just this device time."""
        last = self.heard.get(source_id)
        return last is not None and last.recorded_at == recorded_at
