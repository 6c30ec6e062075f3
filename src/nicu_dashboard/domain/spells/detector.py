"""The detector of A/B/D events: one for live and recorded data alike, fed instant by instant.

The theory of operation is docs/explanation/events.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nicu_dashboard.domain.errors import LateReading
from nicu_dashboard.domain.instants import SECOND_MS, format_instant
from nicu_dashboard.domain.spells.apnea import ApneaTracker
from nicu_dashboard.domain.spells.definitions import Definition
from nicu_dashboard.domain.spells.episodes import Episode, EpisodeKind, Spell, groups, nadirs, pauses_merged, spell_kind
from nicu_dashboard.domain.spells.runs import INTERVAL_MS
from nicu_dashboard.domain.spells.signals import SignalTracker
from nicu_dashboard.domain.vitals import Measured

_NEVER = -(1 << 62)
_FOREVER = 1 << 62


class SpellDetector:
    """Finds the A/B/D events of one baby by one definition; of several values for one instant the last counts."""

    def __init__(
        self, definition: Definition, interval_ms: int = INTERVAL_MS, averaging_s: float | None = None
    ) -> None:
        """Take the definition, the source's sampling interval in ms, and its averaging time in s (None: not known)."""
        self.definition = definition
        self._averaging_s = averaging_s
        self._window_ms = round(definition.window_s * SECOND_MS)
        self._trackers = _trackers(definition, interval_ms)
        self._at = _NEVER
        self._row: dict[str, Measured] = {}
        self._waiting: list[Episode] = []  # over, but another episode may still belong to them
        self._ripe_at = _FOREVER  # when the next group of them may be complete
        self._blockers: tuple[int | None, ...] | None = None  # the episodes in progress that keep a ripe group waiting

    def take(self, at: int, values: Mapping[str, Measured]) -> list[Spell]:
        """Take what was sent for this instant (epoch ms); return the spells now complete. Raises LateReading."""
        if at < self._at:
            raise LateReading(f"{format_instant(at)} is older than {format_instant(self._at)}, which was already taken")
        found = self._settle() if at > self._at else []
        self._at = at
        self._row.update(values)
        return found

    def pass_time(self, at: int) -> list[Spell]:
        """Say that nothing older than this instant (epoch ms) comes any more; return the spells now complete."""
        if at <= self._at:
            return []
        found = self._settle()
        self._at = at
        return found + self._advance(at)

    def finish(self) -> list[Spell]:
        """Take the end of the data as a gap and return every spell still waiting; only later instants may follow."""
        found = self._settle()
        for _, tracker in self._trackers:
            self._keep(tracker.finish())
        rest, self._waiting = self._waiting, []
        self._at, self._ripe_at, self._blockers = self._at + 1, _FOREVER, None
        return found + [spell for group in groups(rest, self._window_ms) for spell in self._spells(group)]

    def _settle(self) -> list[Spell]:
        row, self._row = self._row, {}
        if not row:
            return []
        found = self._advance(self._at)
        for _, tracker in self._trackers:
            self._keep(tracker.sample(self._at, row))
        return found

    def _keep(self, episodes: Sequence[Episode]) -> None:
        if episodes:
            self._waiting += episodes
            self._ripe_at = _NEVER

    def _advance(self, at: int) -> list[Spell]:
        for _, tracker in self._trackers:
            if tracker.open_since is not None:
                self._keep(tracker.pass_time(at))
        if not self._waiting:
            return []
        unblocked = self._blockers is not None and self._blockers != self._open()
        return self._release(at) if at > self._ripe_at or unblocked else []

    def _open(self) -> tuple[int | None, ...]:
        return tuple(tracker.open_since for _, tracker in self._trackers)

    def _release(self, at: int) -> list[Spell]:
        """Return the spells to which nothing can belong that is still in progress or yet to begin."""
        began = zip(self._trackers, self._open(), strict=True)
        running = [Episode(kind, since, at, "", 0) for (kind, _), since in began if since is not None]
        found: list[Spell] = []
        self._ripe_at, self._blockers, waiting = _FOREVER, None, list[Episode]()
        for group in groups(self._waiting + running, self._window_ms):
            over = [episode for episode in group if episode not in running]
            ripe_at = max(max(episode.ended_at, episode.started_at + self._window_ms) for episode in group)
            if len(over) < len(group):
                waiting += over
                self._blockers = self._open()
            elif at <= ripe_at:
                waiting += over
                self._ripe_at = min(self._ripe_at, ripe_at)
            else:
                found += self._spells(group)
        self._waiting = waiting
        return found

    def _spells(self, group: list[Episode]) -> Iterator[Spell]:
        for members in counted(group, self.definition):
            apneas = [episode.extreme for episode in members if episode.kind == "A"]
            yield Spell(
                spell_kind(members),
                min(episode.started_at for episode in members),
                max(episode.ended_at for episode in members),
                nadirs(members),
                max(apneas, default=None),
                self.definition.name,
                self.definition.version,
                self._averaging_s,
                tuple(members),
            )


def find_spells(
    definition: Definition,
    rows: Iterable[tuple[int, Mapping[str, Measured]]],
    interval_ms: int = INTERVAL_MS,
    averaging_s: float | None = None,
) -> list[Spell]:
    """Return every spell in rows of (epoch ms, values) sorted by instant, in the order of their beginning."""
    detector = SpellDetector(definition, interval_ms, averaging_s)
    found = [spell for at, values in rows for spell in detector.take(at, values)]
    return sorted(found + detector.finish(), key=lambda spell: (spell.started_at, spell.kind))


def counted(group: list[Episode], definition: Definition) -> Iterator[list[Episode]]:
    """Yield the parts of a group of related episodes that the definition counts as one event each."""
    group = pauses_merged(group)
    kinds = frozenset(episode.kind for episode in group)
    kept = [episode for episode in group if episode.kind != "A" or _is_apnea(episode, kinds, definition)]
    if not any(episode.kind == "A" for episode in kept):
        kept = [episode for episode in kept if episode.kind in definition.alone]
    if len(kept) == len(group):
        yield group
        return
    for part in groups(kept, round(definition.window_s * SECOND_MS)):
        yield from counted(part, definition)


def _is_apnea(episode: Episode, kinds: frozenset[EpisodeKind], definition: Definition) -> bool:
    return any(rule.counts(episode.extreme, kinds) for rule in definition.apnea)


def _trackers(definition: Definition, interval_ms: int) -> tuple[tuple[EpisodeKind, SignalTracker | ApneaTracker], ...]:
    trackers: list[tuple[EpisodeKind, SignalTracker | ApneaTracker]] = []
    if definition.apnea:
        trackers.append(("A", ApneaTracker(interval_ms, round(definition.gap_s * SECOND_MS))))
    if definition.bradycardia is not None:
        trackers.append(("B", SignalTracker("B", definition.bradycardia, definition, interval_ms)))
    if definition.desaturation is not None:
        trackers.append(("D", SignalTracker("D", definition.desaturation, definition, interval_ms)))
    return tuple(trackers)
