"""Who lies where: units, cots, patients, admissions, sources."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nicu_dashboard.domain.errors import Told
from nicu_dashboard.domain.patients import Cot, Patient, Unit
from nicu_dashboard.domain.vitals import Origin
from nicu_dashboard.ports.tick import AuditEntry


class RosterConflict(Told):
    """The change cannot be (cot taken, MRN exists, baby already admitted); the message says which and the remedy."""


class UnitNotChosen(Told):
    """The store holds several units and none was named, or none of this name; the message lists them."""


class NotFound(Told):
    """No such cot, patient or record; the message names what was asked for and the remedy."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A baby in a cot: the open part of an admission."""

    id: int
    patient: Patient
    cot: Cot
    began_at: int


@dataclass(frozen=True, slots=True)
class PastStay:
    """Which baby lay in a cot from when until when (None = still), epoch ms."""

    patient_id: int
    began_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where readings come from, with its usual interval in seconds."""

    id: int
    name: str
    origin: Origin
    interval_s: float
    unit_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What a person or a feed says of a baby at admission; birth in epoch ms, weight in grams, gestation in days."""

    mrn: str
    name: str | None = None
    sex: str | None = None
    born_at: int | None = None
    ga_days: int | None = None
    birth_weight_g: int | None = None
    synthetic: bool = False


class Roster(Protocol):
    """Each change commits at once together with its audit entry."""

    def version(self) -> object:
        """Return a value that differs whenever cots, patients or stays have changed; one cheap query."""
        ...

    def units(self) -> Sequence[Unit]:
        """Return every unit, the oldest first."""
        ...

    def unit(self, named: str | None = None) -> Unit:
        """Return the unit of this name or number; with none named the only one, created as "NICU" on first use.

        Raises UnitNotChosen.
        """
        ...

    def add_unit(self, name: str, audit: AuditEntry) -> Unit:
        """Add a unit; raises RosterConflict when the name exists."""
        ...

    def rename_unit(self, unit_id: int, name: str, audit: AuditEntry) -> Unit:
        """Give a unit another name; raises RosterConflict when the name exists."""
        ...

    def cots(self, unit_id: int | None = None) -> Sequence[Cot]:
        """Return the cots of a unit in their fixed order, or of every unit, one after the other."""
        ...

    def add_cot(self, label: str, audit: AuditEntry, unit_id: int | None = None) -> Cot:
        """Add a cot at the end of a unit (by default the only one); raises RosterConflict, UnitNotChosen."""
        ...

    def stays(self, unit_id: int | None = None) -> Sequence[Stay]:
        """Return who lies where now in a unit, or in every unit."""
        ...

    def stay_of(self, patient_id: int) -> Stay | None:
        """Return where a baby lies now, in whatever unit; None when it is not admitted."""
        ...

    def patient(self, patient_id: int) -> Patient:
        """Return a baby; raises NotFound."""
        ...

    def patient_by_mrn(self, mrn: str) -> Patient:
        """Return a baby; raises NotFound."""
        ...

    def patients(
        self, after: int = 0, limit: int = 100, search: str = "", units: frozenset[int] | None = None
    ) -> Sequence[Patient]:
        """Return babies by id above `after`, filtered by MRN or name, and by unit when any are named."""
        ...

    def add_patient(self, new: NewPatient, audit: AuditEntry) -> Patient:
        """Create a baby; raises RosterConflict when the MRN exists."""
        ...

    def change_patient(self, patient_id: int, new: NewPatient, audit: AuditEntry) -> Patient:
        """Replace what is said of a baby; raises NotFound or RosterConflict."""
        ...

    def admit(self, patient_id: int, cot: str, at: int, audit: AuditEntry) -> Stay:
        """Put a baby into a free cot; raises NotFound or RosterConflict."""
        ...

    def transfer(self, patient_id: int, cot: str, at: int, audit: AuditEntry) -> Stay:
        """Move a baby to another free cot; the history stays with the baby."""
        ...

    def discharge(self, patient_id: int, at: int, audit: AuditEntry) -> None:
        """End the stay; raises NotFound when the baby is not admitted."""
        ...

    def stay_history(self, cot_id: int) -> Sequence[PastStay]:
        """Return every stay in a cot, ended ones too."""
        ...

    def first_stay_began(self, patient_id: int) -> int | None:
        """Return when the baby first came, epoch ms, for the whole-stay chart."""
        ...

    def source(self, name: str, origin: Origin, interval_s: float | None = None, unit_id: int | None = None) -> Source:
        """Return the source of this name and origin, made on first use, for a unit; a given interval is kept."""
        ...

    def sources(self) -> Sequence[Source]:
        """Return all sources."""
        ...
