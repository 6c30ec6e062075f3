"""Who lies where, on SQLite or PostgreSQL; each change commits with its audit entry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from nicu_dashboard.adapters.sql import audit_trail, dialects, unit_rows
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.fence import Fence, no_fence
from nicu_dashboard.adapters.sql.sight import seen_baby
from nicu_dashboard.adapters.sql.tables import admissions, audit_log, cots, patients, sources
from nicu_dashboard.adapters.sql.ward_rows import (
    STAYS,
    cot_of,
    end_stay,
    lay_into,
    must_be_admitted,
    must_exist,
    one,
    open_stay,
    patient_of,
    patient_row,
    source_of,
    stay_of,
)
from nicu_dashboard.domain.patients import Cot, Patient, Unit
from nicu_dashboard.domain.vitals import Origin
from nicu_dashboard.ports.roster import NewPatient, PastStay, RosterConflict, Source, Stay
from nicu_dashboard.ports.tick import AuditEntry, StoreRefused

_DEFAULT_INTERVAL_S = 1.0
_SOURCE_KEY = ("name", "origin")
_ORDER = (cots.c.unit_id, cots.c.position, cots.c.id)


class SqlRoster:
    """The port Roster."""

    def __init__(self, database: Database, fence: Fence = no_fence) -> None:
        """Take the store, and what may refuse a change at its end."""
        self._database, self._fence = database, fence

    def version(self) -> object:
        """Return the newest audit number: every change of cots, patients and stays leaves an audit row."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(audit_log.c.seq)))

    def units(self) -> Sequence[Unit]:
        """Return every unit, the oldest first."""
        with self._database.reading() as connection:
            return unit_rows.listed(connection)

    def unit(self, named: str | None = None) -> Unit:
        """Return the unit of this name or number; with none named the only one, created as "NICU" on first use.

        Raises UnitNotChosen.
        """
        known = self.units()
        if not known and not named:
            with self._database.writing() as connection:
                unit_rows.make_first(connection)
            known = self.units()
        return unit_rows.choose(known, named or None)

    def add_unit(self, name: str, audit: AuditEntry) -> Unit:
        """Add a unit; raises RosterConflict when the name exists."""
        with self._changing(audit) as connection:
            return unit_rows.add(connection, name)

    def rename_unit(self, unit_id: int, name: str, audit: AuditEntry) -> Unit:
        """Give a unit another name; raises RosterConflict when the name exists."""
        with self._changing(audit) as connection:
            return unit_rows.rename(connection, unit_id, name)

    def cots(self, unit_id: int | None = None) -> Sequence[Cot]:
        """Return the cots of a unit in their fixed order, or of every unit, one after the other."""
        query = select(cots).where(*_of(unit_id)).order_by(*_ORDER)
        with self._database.reading() as connection:
            return [cot_of(row) for row in connection.execute(query).mappings()]

    def add_cot(self, label: str, audit: AuditEntry, unit_id: int | None = None) -> Cot:
        """Add a cot at the end of a unit (by default the only one); raises RosterConflict, UnitNotChosen."""
        unit_id = self.unit().id if unit_id is None else unit_id
        with self._changing(audit) as connection:
            if connection.scalar(select(cots.c.id).where(cots.c.label == label)):
                raise RosterConflict(f"There is a cot {label} already; choose another label.")
            last = connection.scalar(select(func.max(cots.c.position)).where(cots.c.unit_id == unit_id)) or 0
            new = {"unit_id": unit_id, "label": label, "position": last + 1}
            row = connection.execute(insert(cots).returning(cots.c.id), new).one()
        return Cot(row.id, unit_id, label, last + 1)

    def stays(self, unit_id: int | None = None) -> Sequence[Stay]:
        """Return who lies where now in a unit, or in every unit, in the order of the cots."""
        query = STAYS.where(*_of(unit_id)).order_by(*_ORDER)
        with self._database.reading() as connection:
            return [stay_of(row) for row in connection.execute(query).mappings()]

    def stay_of(self, patient_id: int) -> Stay | None:
        """Return where a baby lies now, in whatever unit; None when it is not admitted."""
        with self._database.reading() as connection:
            return open_stay(connection, patient_id)

    def patient(self, patient_id: int) -> Patient:
        """Return a baby; raises NotFound."""
        with self._database.reading() as connection:
            return patient_of(
                one(connection, select(patients).where(patients.c.id == patient_id), f"baby {patient_id}")
            )

    def patient_by_mrn(self, mrn: str) -> Patient:
        """Return a baby; raises NotFound."""
        with self._database.reading() as connection:
            return patient_of(one(connection, select(patients).where(patients.c.mrn == mrn), "baby with this MRN"))

    def patients(
        self, after: int = 0, limit: int = 100, search: str = "", units: frozenset[int] | None = None
    ) -> Sequence[Patient]:
        """Return babies by id above `after`, filtered by part of MRN or name, and by unit when any are named."""
        query = select(patients).where(patients.c.id > after).order_by(patients.c.id).limit(limit)
        if units is not None:
            query = query.where(seen_baby(units))
        if search:
            query = query.where(
                or_(
                    patients.c.mrn.icontains(search, autoescape=True),
                    patients.c.name.icontains(search, autoescape=True),
                )
            )
        with self._database.reading() as connection:
            return [patient_of(row) for row in connection.execute(query).mappings()]

    def add_patient(self, new: NewPatient, audit: AuditEntry) -> Patient:
        """Create a baby; raises RosterConflict when the MRN exists. The audit entry names the baby's new id."""
        with self._changing() as connection:
            if connection.scalar(select(patients.c.id).where(patients.c.mrn == new.mrn)):
                raise RosterConflict("A baby with this MRN exists already; admit that one.")
            row = connection.execute(insert(patients).returning(*patients.c), patient_row(new)).mappings().one()
            self._audit(connection, audit, row["id"])
        return patient_of(row)

    def change_patient(self, patient_id: int, new: NewPatient, audit: AuditEntry) -> Patient:
        """Replace what is said of a baby; raises NotFound or RosterConflict."""
        with self._changing() as connection:
            must_exist(connection, patient_id)
            other = select(patients.c.id).where(patients.c.mrn == new.mrn, patients.c.id != patient_id)
            if connection.scalar(other):
                raise RosterConflict("Another baby has this MRN; look at both before you change one.")
            change = update(patients).where(patients.c.id == patient_id).returning(*patients.c)
            row = connection.execute(change, patient_row(new)).mappings().one()
            self._audit(connection, audit, patient_id)
        return patient_of(row)

    def admit(self, patient_id: int, cot: str, at: int, audit: AuditEntry) -> Stay:
        """Put a baby into a free cot; raises NotFound or RosterConflict."""
        with self._changing() as connection:
            must_exist(connection, patient_id)
            stay = open_stay(connection, patient_id)
            if stay is not None:
                raise RosterConflict(_where_it_lies(connection, stay, cot))
            stay = lay_into(connection, patient_id, cot, at)
            self._audit(connection, audit, patient_id)
        return stay

    def transfer(self, patient_id: int, cot: str, at: int, audit: AuditEntry) -> Stay:
        """Move a baby to another free cot; the history stays with the baby."""
        with self._changing() as connection:
            stay = must_be_admitted(connection, patient_id)
            if stay.cot.label == cot:
                raise RosterConflict(f"This baby already lies in {cot}.")
            end_stay(connection, stay, at, "transfer")
            moved = lay_into(connection, patient_id, cot, at)
            self._audit(connection, audit, patient_id)
        return moved

    def discharge(self, patient_id: int, at: int, audit: AuditEntry) -> None:
        """End the stay; raises NotFound when the baby is not admitted."""
        with self._changing() as connection:
            end_stay(connection, must_be_admitted(connection, patient_id), at, "discharge")
            self._audit(connection, audit, patient_id)

    def stay_history(self, cot_id: int) -> Sequence[PastStay]:
        """Return every stay in a cot in order, ended ones too."""
        query = select(admissions.c.patient_id, admissions.c.admitted_at, admissions.c.ended_at)
        mine = query.where(admissions.c.cot_id == cot_id).order_by(admissions.c.admitted_at)
        with self._database.reading() as connection:
            return [PastStay(*row) for row in connection.execute(mine)]

    def first_stay_began(self, patient_id: int) -> int | None:
        """Return when the baby first came, epoch ms."""
        with self._database.reading() as connection:
            began: int | None = connection.scalar(
                select(func.min(admissions.c.admitted_at)).where(admissions.c.patient_id == patient_id)
            )
        return began

    def source(self, name: str, origin: Origin, interval_s: float | None = None, unit_id: int | None = None) -> Source:
        """Return the source of this name and origin, made on first use, for a unit; a given interval is kept."""
        query = select(sources).where(sources.c.name == name, sources.c.origin == origin)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or interval_s not in (None, row["interval_s"]):
            with self._database.writing() as connection:
                new = {"name": name, "origin": origin, "interval_s": interval_s or _DEFAULT_INTERVAL_S}
                kept = ["unit_id"] if interval_s else ["unit_id", "interval_s"]
                dialects.replace(connection, sources, _SOURCE_KEY, [new | {"unit_id": unit_id}], keep=kept)
                row = connection.execute(query).mappings().one()
        return source_of(row)

    def sources(self) -> Sequence[Source]:
        """Return all sources by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name, sources.c.id)).mappings()
            return [source_of(row) for row in rows]

    @contextmanager
    def _changing(self, audit: AuditEntry | None = None) -> Iterator[Connection]:
        try:
            with self._database.writing() as connection:
                yield connection
                if audit is not None:
                    self._audit(connection, audit, audit.patient_id)
                self._fence(connection)
        except StoreRefused:
            raise RosterConflict("Somebody else changed this at the same time; look again and repeat.") from None

    def _audit(self, connection: Connection, entry: AuditEntry, patient_id: int | None) -> None:
        self._database.trail.append(connection, [audit_trail.about(entry, patient_id)])


def _where_it_lies(connection: Connection, stay: Stay, cot: str) -> str:
    """Tell why a baby cannot be admitted; a cot of another unit is not named to whoever may not see that unit."""
    if connection.scalar(select(cots.c.unit_id).where(cots.c.label == cot)) != stay.cot.unit_id:
        return "This baby is admitted in another unit; whoever may see both units transfers it from there."
    return f"This baby is already admitted in {stay.cot.label}; transfer it instead."


def _of(unit_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if unit_id is None else (cots.c.unit_id == unit_id,)
