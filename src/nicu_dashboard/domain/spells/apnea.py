"""Pauses of breathing, from the monitor's own apnea counter or, where it sends none, from a respiratory rate of 0."""

from collections.abc import Mapping, Sequence

from nicu_dashboard.domain.instants import SECOND_MS
from nicu_dashboard.domain.spells.criteria import Criterion
from nicu_dashboard.domain.spells.episodes import Episode
from nicu_dashboard.domain.spells.runs import GAP_MS, Run, RunTracker, signal
from nicu_dashboard.domain.vitals import Measured

NO_BREATH = Criterion("resp_rate", "<=", 0)
_NEVER = -(1 << 62)


class CounterTracker:
    """Follows `apnea_duration`: x seconds at instant t say that breathing stopped at t − x."""

    __slots__ = ("_count", "_end", "_gap_ms", "_start", "told_at")

    def __init__(self, gap_ms: int = GAP_MS) -> None:
        """Take the silence in ms after which a counter no longer runs."""
        self._gap_ms = gap_ms
        self._start: int | None = None
        self._end = _NEVER
        self._count = 0.0
        self.told_at = _NEVER

    @property
    def open_since(self) -> int | None:
        """Return when the pause in progress began, None when there is none."""
        return self._start

    def sample(self, at: int, seconds: float) -> Episode | None:
        """Take one count; return the pause that is now known to be over.

        A growing count is one pause; the same count again is a repeated message, not a longer pause; a smaller one is
        a new pause.
        """
        over = self.pass_time(at)
        repeated = seconds == self._count and at - self.told_at <= self._gap_ms
        grown = seconds > self._count
        self._count, self.told_at = seconds, at
        if repeated and seconds > 0:
            return over
        began = at - round(seconds * SECOND_MS)
        if not (self._start is not None and grown and began <= self._end):
            over = self.finish() or over
        if seconds > 0:
            self._start, self._end = began, at
        return over

    def pass_time(self, at: int) -> Episode | None:
        """Say that no further count comes before this instant; a counter that has stopped growing has ended."""
        return self.finish() if at - self._end > self._gap_ms else None

    def finish(self) -> Episode | None:
        """End the pause in progress at its last growing count: silence never lengthens it."""
        if self._start is None:
            return None
        over = _pause(self._start, self._end)
        self._start = None
        return over


class ApneaTracker:
    """Joins both ways of hearing of an apnea; the counter wins, since a respiratory rate is averaged."""

    __slots__ = ("_counter", "_rate")

    def __init__(self, interval_ms: int, gap_ms: int = GAP_MS) -> None:
        """Take the source's sampling interval in ms and the silence in ms that is a gap."""
        self._counter = CounterTracker(gap_ms)
        # Pauses are not joined across a breath: periodic breathing would become one long apnea.
        self._rate = RunTracker(NO_BREATH, interval_ms, join_ms=0, gap_ms=gap_ms)

    @property
    def open_since(self) -> int | None:
        """Return when the earliest pause in progress began, None when there is none."""
        counted, silent = self._counter.open_since, self._rate.open_since
        if counted is None or silent is None:
            return silent if counted is None else counted
        return min(counted, silent)

    def sample(self, at: int, values: Mapping[str, Measured]) -> Sequence[Episode]:
        """Take all that was measured at one instant; return the pauses now over."""
        count, rate = (
            signal("apnea_duration", values.get("apnea_duration")),
            signal("resp_rate", values.get("resp_rate")),
        )
        if count is None and rate is None:
            return ()
        counted = None if count is None else self._counter.sample(at, count)
        silent = None if rate is None or (rate == 0 and _leads_off(values)) else self._rate.sample(at, rate)
        return self._over(counted, silent)

    def pass_time(self, at: int) -> Sequence[Episode]:
        """Say that nothing older than this instant comes any more; return the pauses now over."""
        return self._over(self._counter.pass_time(at), self._rate.pass_time(at))

    def finish(self) -> Sequence[Episode]:
        """Return the pauses still in progress, ended as at a gap."""
        return self._over(self._counter.finish(), self._rate.finish())

    def _over(self, counted: Episode | None, silent: Run | None) -> Sequence[Episode]:
        if counted is None and silent is None:
            return ()
        over = [] if counted is None else [counted]
        if silent is not None and self._counter.told_at < silent.started_at:
            over.append(_pause(silent.started_at, silent.ended_at))
        return over


def _pause(started_at: int, ended_at: int) -> Episode:
    return Episode("A", started_at, ended_at, "apnea_duration", (ended_at - started_at) / SECOND_MS)


def _leads_off(values: Mapping[str, Measured]) -> bool:
    """Breathing is measured through the ECG leads: where these report no heart either, RR 0 is a lead that fell off."""
    hearts = [signal(name, values[name]) for name in ("heart_rate", "pulse_rate") if name in values]
    return bool(hearts) and all(heart is None for heart in hearts)
