"""Bradycardia and desaturation: the parameter a definition names, or its stand-in where that one is silent."""

from collections.abc import Mapping, Sequence

from nicu_dashboard.domain.instants import SECOND_MS
from nicu_dashboard.domain.spells.criteria import Criterion
from nicu_dashboard.domain.spells.definitions import Definition
from nicu_dashboard.domain.spells.episodes import Episode, EpisodeKind
from nicu_dashboard.domain.spells.runs import Run, RunTracker, signal
from nicu_dashboard.domain.vitals import Measured

_NEVER = -(1 << 62)


class SignalTracker:
    """Follows one criterion on its parameter; a stand-in counts once everything before it has been silent for a gap."""

    __slots__ = ("_gap_ms", "_heard", "_heard_at", "_kind", "_names", "_tracker")

    def __init__(self, kind: EpisodeKind, criterion: Criterion, definition: Definition, interval_ms: int) -> None:
        """Take what is looked for, and the source's sampling interval in ms."""
        self._kind = kind
        self._names = (criterion.parameter, *definition.stand_ins.get(criterion.parameter, ()))
        self._gap_ms = round(definition.gap_s * SECOND_MS)
        self._tracker = RunTracker(criterion, interval_ms, round(definition.join_s * SECOND_MS), self._gap_ms)
        self._heard = 0
        self._heard_at = [_NEVER] * len(self._names)

    @property
    def open_since(self) -> int | None:
        """Return when the run in progress began, None when there is none."""
        return self._tracker.open_since

    def sample(self, at: int, values: Mapping[str, Measured]) -> Sequence[Episode]:
        """Take all that was measured at one instant; return the episodes now over."""
        for rank, name in enumerate(self._names):
            value = signal(name, values.get(name))
            if value is not None:
                return self._hear(at, rank, value)
        return ()

    def pass_time(self, at: int) -> Sequence[Episode]:
        """Say that nothing older than this instant comes any more; return the episodes now over."""
        return self._episodes(self._tracker.pass_time(at))

    def finish(self) -> Sequence[Episode]:
        """Return the episode still in progress, ended as at a gap."""
        return self._episodes(self._tracker.finish())

    def _hear(self, at: int, rank: int, value: float) -> Sequence[Episode]:
        if rank and any(at - heard_at <= self._gap_ms for heard_at in self._heard_at[:rank]):
            return ()
        self._heard_at[rank] = at
        if rank == self._heard:
            return self._episodes(self._tracker.sample(at, value))
        return (*self._change_to(rank), *self._episodes(self._tracker.sample(at, value)))

    def _change_to(self, rank: int) -> Sequence[Episode]:
        over = self.finish()
        self._heard = rank
        return over

    def _episodes(self, run: Run | None) -> Sequence[Episode]:
        if run is None:
            return ()
        return (Episode(self._kind, run.started_at, run.ended_at, self._names[self._heard], run.extreme),)
