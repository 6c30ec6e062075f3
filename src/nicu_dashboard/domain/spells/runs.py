"""Runs: stretches of violating samples in unbroken data, found one sample at a time.

The theory of operation is docs/explanation/events.md. The same code serves live and recorded data: nothing here
reads a clock, and telling it more often what time it is never changes what it finds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from nicu_dashboard.domain.errors import LateReading
from nicu_dashboard.domain.instants import SECOND_MS, format_instant
from nicu_dashboard.domain.spells.criteria import OPERATORS, Criterion
from nicu_dashboard.domain.vitals import Measured, NoValue

JOIN_MS = 10 * SECOND_MS
GAP_MS = 10 * SECOND_MS
# The spacing of most bedside recordings. It only decides how long the last sample before a gap is taken to hold.
INTERVAL_MS = 2 * SECOND_MS
# A monitor that sees no beat and no pulse sends 0 or nothing; neither is bradycardia or desaturation. RR 0 is apnea.
NO_SIGNAL_AT_ZERO = frozenset({"heart_rate", "pulse_rate", "spo2", "spo2_pre", "spo2_post"})

_NEVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch that met a criterion, in epoch ms, with its extreme value (nadir or peak)."""

    criterion: Criterion
    started_at: int
    ended_at: int
    extreme: float

    @property
    def duration_s(self) -> float:
        """Return how long it lasted, in seconds."""
        return (self.ended_at - self.started_at) / SECOND_MS


def signal(parameter: str, measured: Measured | None) -> float | None:
    """Return the measured number, None when nothing was sent, no value was had, or a zero means `no signal`."""
    if measured is None or isinstance(measured, NoValue) or (measured == 0 and parameter in NO_SIGNAL_AT_ZERO):
        return None
    return measured


def sampling_interval(instants: Iterable[int], default_ms: int = INTERVAL_MS) -> int:
    """Return the most common spacing in ms of ascending instants, the shorter of two equally common ones."""
    spacings = Counter(later - earlier for earlier, later in pairwise(instants) if later > earlier)
    return min(spacings, key=lambda spacing: (-spacings[spacing], spacing), default=default_ms)


class RunTracker:
    """Follows one criterion over measurements at strictly rising instants; duplicates are the caller's to settle."""

    __slots__ = (
        "_end",
        "_extreme",
        "_gap_ms",
        "_interval_ms",
        "_join_ms",
        "_last",
        "_seen",
        "_start",
        "_violates",
        "criterion",
    )

    def __init__(
        self, criterion: Criterion, interval_ms: int = INTERVAL_MS, join_ms: int = JOIN_MS, gap_ms: int = GAP_MS
    ) -> None:
        """Take the source's sampling interval, the calm that still joins, and the silence that is a gap."""
        self.criterion = criterion
        self._violates = OPERATORS[criterion.comparison]
        self._interval_ms, self._join_ms, self._gap_ms = interval_ms, join_ms, gap_ms
        self._start: int | None = None
        self._last = self._seen = _NEVER  # the last violating sample, the last sample
        self._end: int | None = None  # the first sample after the last violating one
        self._extreme = 0.0

    @property
    def open_since(self) -> int | None:
        """Return when the run in progress began, None when there is none."""
        return self._start

    def sample(self, at: int, value: float) -> Run | None:
        """Take one measurement; return the run that is now known to be over, if it lasted long enough."""
        if not self._violates(value, self.criterion.threshold):
            return None if self._start is None else self._calm(at)
        over = self.pass_time(at)
        if self._start is None:
            self._start, self._extreme = at, value
        elif value < self._extreme if self.criterion.downward else value > self._extreme:
            self._extreme = value
        self._last = self._seen = at
        self._end = None
        return over

    def pass_time(self, at: int) -> Run | None:
        """Say that no further sample comes before this instant; return the run that a gap or a long calm has ended."""
        if self._start is None:
            return None
        lost = at - self._seen > self._gap_ms
        calm = self._end is not None and at - self._last > self._join_ms
        return self.finish() if lost or calm else None

    def finish(self) -> Run | None:
        """End the run in progress, as at a gap."""
        if self._start is None:
            return None
        ended_at = self._last + self._interval_ms if self._end is None else self._end
        run = Run(self.criterion, self._start, ended_at, self._extreme)
        self._start = self._end = None
        return run if run.ended_at - run.started_at >= self.criterion.seconds * SECOND_MS else None

    def _calm(self, at: int) -> Run | None:
        over = self.pass_time(at)
        if self._start is None:
            return over
        if self._end is None:
            self._end = at
        self._seen = at
        return self.pass_time(at)


class RunDetector:
    """Finds the runs of one criterion in what one source sends; of several values for one instant the last counts."""

    __slots__ = ("_at", "_measured", "_parameter", "_tracker")

    def __init__(self, criterion: Criterion, interval_ms: int = INTERVAL_MS) -> None:
        """Take the criterion and the source's sampling interval in ms."""
        self._tracker = RunTracker(criterion, interval_ms)
        self._parameter = criterion.parameter
        self._at = _NEVER
        self._measured: Measured = NoValue("nothing yet")

    def take(self, at: int, measured: Measured) -> list[Run]:
        """Take what was sent for this instant (epoch ms); return the runs now over. Raises LateReading."""
        if at > self._at:
            found = self._settle()
            self._at, self._measured = at, measured
            return found
        if at < self._at:
            raise LateReading(f"{format_instant(at)} is older than {format_instant(self._at)}, which was already taken")
        self._measured = measured
        return []

    def pass_time(self, at: int) -> list[Run]:
        """Say that nothing older than this instant (epoch ms) comes any more; return the runs now over."""
        if at <= self._at:
            return []
        found = self._settle()
        self._at = at
        return found + _listed(self._tracker.pass_time(at))

    def finish(self) -> list[Run]:
        """Take the end of the data as a gap and return the run still in progress; only later instants may follow."""
        found = self._settle()
        self._at += 1
        return found + _listed(self._tracker.finish())

    def _settle(self) -> list[Run]:
        measured, self._measured = self._measured, _SETTLED
        if measured is _SETTLED:
            return []
        value = signal(self._parameter, measured)
        return _listed(self._tracker.pass_time(self._at) if value is None else self._tracker.sample(self._at, value))


_SETTLED = NoValue("settled")


def find_runs(
    criterion: Criterion, samples: Iterable[tuple[int, Measured]], interval_ms: int = INTERVAL_MS
) -> list[Run]:
    """Return every run in samples of (epoch ms, value or the reason there is none), sorted by instant."""
    detector = RunDetector(criterion, interval_ms)
    found = [run for at, measured in samples for run in detector.take(at, measured)]
    return found + detector.finish()


def _listed(run: Run | None) -> list[Run]:
    return [] if run is None else [run]
