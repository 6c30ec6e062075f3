"""History brought in from a file: stored once however often it is sent, rolled up, searched for events."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nicu_dashboard.domain.instants import HOUR_MS, SECOND_MS
from nicu_dashboard.domain.spells import DEFINITIONS, Spell, find_spells, sampling_interval
from nicu_dashboard.domain.vitals import VITALS, Measured
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.ports.tick import AuditEntry, Journal, Rescan, SpellRow, Tick, VitalsRow
from nicu_dashboard.services.actor import Actor

# Readings per transaction: a server on the same database waits for its turn no longer than one of them takes.
CHUNK = 1_000
# Events that began just before the file or end just after it are found whole.
MARGIN_MS = HOUR_MS // 4

Sample = tuple[int, Mapping[str, Measured]]


@dataclass(frozen=True, slots=True)
class Span:
    """What a first look at the file told: how many readings, from when to when (epoch ms), how far apart, and which
    instants it speaks of more than once.
    """

    readings: int
    first_at: int
    last_at: int
    interval_ms: int
    doubled: frozenset[int] = frozenset()

    @classmethod
    def of(cls, instants: Iterable[int]) -> "Span":
        """Return the span of at least one instant, in any order."""
        ordered = sorted(instants)
        doubled = frozenset(one for one, other in pairwise(ordered) if one == other)
        return cls(len(ordered), ordered[0], ordered[-1], sampling_interval(ordered), doubled)


@dataclass(slots=True)
class Imported:
    """What became of the readings; `repeated` were followed by another word about the same instant, which counts;
    `spells` are the events that begin within the file's time.
    """

    stored: int = 0
    merged: int = 0
    duplicates: int = 0
    repeated: int = 0
    spells: Sequence[Spell] = ()


class Importing:
    """Writes beside a running server, chunk by chunk; an import that broke off is simply repeated."""

    def __init__(self, journal: Journal, roster: Roster, chart: Chart, clock: Clock, definition: str) -> None:
        self._journal = journal
        self._roster = roster
        self._chart = chart
        self._clock = clock
        self._definition = definition

    def take(
        self,
        patient_id: int,
        source: str,
        span: Span,
        samples: Iterable[Sample],
        actor: Actor,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Imported:
        """Store samples of a baby, find its events; `progress` hears how many were taken. Raises StoreUnavailable."""
        stay = self._roster.stay_of(patient_id)
        unit_id = None if stay is None else stay.cot.unit_id
        source_id = self._roster.source(source, "import", span.interval_ms / SECOND_MS, unit_id).id
        received_at = self._clock.now()
        done = Imported()
        rows: list[VitalsRow] = []
        for at, values in _settled(samples, span, done):
            rows.append(VitalsRow(patient_id, source_id, at, received_at, values))
            if len(rows) == CHUNK:
                self._store(rows, done)
                progress(len(rows))
                rows = []
        window = Rescan(patient_id, span.first_at - MARGIN_MS, span.last_at + MARGIN_MS)
        # Should we be killed before the events are found, a server finds them: the window is on record.
        self._store(rows, done, [window], [self._entry(patient_id, source, span, actor)])
        progress(len(rows))
        found = self._spells(window)
        self._journal.replace_spells(window, [SpellRow(patient_id, None, spell) for spell in found])
        done.spells = [spell for spell in found if span.first_at <= spell.started_at <= span.last_at]
        return done

    def _entry(self, patient_id: int, source: str, span: Span, actor: Actor) -> AuditEntry:
        subject = f"patient {patient_id}"
        return actor.entry(
            self._clock.now(), "readings.import", subject, patient_id, source=source, readings=span.readings
        )

    def _store(
        self,
        rows: Sequence[VitalsRow],
        done: Imported,
        rescans: Sequence[Rescan] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> None:
        fates = self._journal.commit(Tick(readings=list(rows), rescans=list(rescans), audit=list(audit)))
        done.stored += fates.count("accepted")
        done.merged += fates.count("merged")
        done.duplicates += fates.count("duplicate")

    def _spells(self, window: Rescan) -> list[Spell]:
        """Return the events that begin in the window, by the installation's definition."""
        readings = self._chart.readings(
            window.patient_id, window.from_at - MARGIN_MS, window.to_at + MARGIN_MS, tuple(VITALS)
        )
        kept = list(readings)
        spells = find_spells(DEFINITIONS[self._definition], kept, sampling_interval([at for at, _ in kept]))
        return [spell for spell in spells if window.from_at <= spell.started_at < window.to_at]


def _settled(samples: Iterable[Sample], span: Span, done: Imported) -> Iterator[Sample]:
    """Yield one sample per instant, so that importing a file again changes nothing: its last word counts."""
    held: dict[int, dict[str, Measured]] = {}
    for at, values in samples:
        if at not in span.doubled:
            yield at, values
        elif at in held:
            held[at].update(values)
            done.repeated += 1
        else:
            held[at] = dict(values)
    yield from held.items()
