"""What was: readings, buckets, events, alarms, notes of one baby."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.alarms.priority import Priority
from nicu_dashboard.domain.spells import Spell
from nicu_dashboard.domain.trends import Bucket
from nicu_dashboard.domain.vitals import Measured, Origin
from nicu_dashboard.ports.tick import AuditEntry

Tier = Literal["reading", "minute", "hour"]


@dataclass(frozen=True, slots=True)
class StoredAlarm:
    """An alarm of the record: whose, where, how grave it ever was, and when its condition ended: a latched alarm
    stands longer than what it is about.
    """

    alarm: Alarm
    cot_id: int | None
    cot: str | None
    patient_id: int | None
    mrn: str | None
    worst: Priority
    condition_ended_at: int | None


@dataclass(frozen=True, slots=True)
class StoredSpell:
    """An A/B/D event of the record with what a person said of it."""

    id: int
    patient_id: int
    cot: str | None
    spell: Spell
    review: str = "unreviewed"
    state: str | None = None
    note: str | None = None
    reviewed_by: str | None = None
    reviewed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note at an instant of a baby's stay."""

    id: int
    patient_id: int
    at: int
    kind: str
    text: str
    by: str


class Chart(Protocol):
    """Reads of one baby's history; instants in epoch ms, windows half open [from, to)."""

    def readings(
        self, patient_id: int, from_at: int, to_at: int, names: Sequence[str]
    ) -> Iterator[tuple[int, Mapping[str, Measured]]]:
        """Yield stored readings in the order of their own time, only the named vitals, streaming."""
        ...

    def buckets(
        self, patient_id: int, from_at: int, to_at: int, step_ms: int, tier: Tier, names: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[int, Bucket]]]:
        """Return per vital the buckets of step_ms that hold readings, by their start."""
        ...

    def bounds(self, patient_id: int) -> tuple[int, int] | None:
        """Return the first and the last instant with a reading."""
        ...

    def latest(self, patient_ids: Sequence[int]) -> Mapping[int, tuple[int, Mapping[str, Measured]]]:
        """Return the newest stored reading of each baby."""
        ...

    def last_known(self, patient_id: int, since: int) -> Mapping[str, tuple[int, float]]:
        """Return each vital's newest valid value with its instant, as far back as `since`."""
        ...

    def last_source(self, patient_id: int, since: int) -> tuple[Origin, str] | None:
        """Return origin and name of the source of the baby's newest reading, as far back as `since`."""
        ...

    def spark(
        self, patient_ids: Sequence[int], from_at: int, step_ms: int
    ) -> Mapping[int, Mapping[str, Sequence[tuple[int, float]]]]:
        """Return min SpO2 and mean HR (or pulse) per step for the tiles, one query for all babies."""
        ...

    def histogram(self, patient_id: int, name: str, from_at: int, to_at: int) -> Mapping[float | None, int]:
        """Return how many readings had each value (None = sent without a value)."""
        ...

    def alarms(
        self,
        patient_id: int | None = None,
        status: str | None = None,
        after: int | None = None,
        limit: int = 100,
        cot_id: int | None = None,
        units: frozenset[int] | None = None,
    ) -> Sequence[StoredAlarm]:
        """Return alarms newest first, below the id `after`, of these units only when any are named."""
        ...

    def alarm(self, alarm_id: int) -> tuple[StoredAlarm, Sequence[Transition]]:
        """Return an alarm with every change of it; raises NotFound."""
        ...

    def spells(
        self, patient_id: int, from_at: int | None = None, to_at: int | None = None, definition: str | None = None
    ) -> Sequence[StoredSpell]:
        """Return a baby's events, newest first."""
        ...

    def spell(self, spell_id: int) -> StoredSpell:
        """Return one event; raises NotFound."""
        ...

    def review_spell(self, spell_id: int, changes: Mapping[str, Any], audit: AuditEntry) -> StoredSpell:
        """Set review, kind, state, note of an event together with its audit entry."""
        ...

    def annotations(self, patient_id: int, from_at: int, to_at: int) -> Sequence[Annotation]:
        """Return the notes of a window in order."""
        ...

    def annotate(self, patient_id: int, at: int, kind: str, text: str, by: str, audit: AuditEntry) -> Annotation:
        """Add a note."""
        ...

    def quarantine(self, limit: int = 200, unit_id: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return what was received for no baby (by one unit, if it is named), latest first."""
        ...
