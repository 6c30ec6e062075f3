"""Who lies where, on SQLite or PostgreSQL; each change commits with its audit entry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, func, insert, or_, select, update

from nicu_dashboard.adapters.sql import audit_trail, dialects
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.fence import Fence, no_fence
from nicu_dashboard.adapters.sql.sight import seen_baby
from nicu_dashboard.adapters.sql.tables import admissions, audit_log, cots, patients, sources, units
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


class SqlRoster:
    """The port Roster."""

    def __init__(self, database: Database, fence: Fence = no_fence) -> None:
        """Take the store, and what may refuse a change at its end."""
        self._database, self._fence = database, fence

    def version(self) -> object:
        """Return the newest audit number: every change of cots, patients and stays leaves an audit row."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(audit_log.c.seq)))

    def unit(self) -> Unit:
        """Return the unit, created as "NICU" on first use."""
        first = select(units).order_by(units.c.id).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(first).first()
        if row is None:
            with self._database.writing() as connection:
                connection.execute(dialects.insert(connection, units).values(name="NICU").on_conflict_do_nothing())
                row = connection.execute(first).one()
        return Unit(row.id, row.name)

    def cots(self) -> Sequence[Cot]:
        """Return the cots in their fixed order."""
        with self._database.reading() as connection:
            return [
                cot_of(row) for row in connection.execute(select(cots).order_by(cots.c.position, cots.c.id)).mappings()
            ]

    def add_cot(self, label: str, audit: AuditEntry) -> Cot:
        """Add a cot at the end; raises RosterConflict when the label exists."""
        unit = self.unit()
        with self._changing(audit) as connection:
            if connection.scalar(select(cots.c.id).where(cots.c.label == label)):
                raise RosterConflict(f"There is a cot {label} already; choose another label.")
            last = connection.scalar(select(func.max(cots.c.position)).where(cots.c.unit_id == unit.id)) or 0
            new = {"unit_id": unit.id, "label": label, "position": last + 1}
            row = connection.execute(insert(cots).returning(cots.c.id), new).one()
        return Cot(row.id, unit.id, label, last + 1)

    def stays(self) -> Sequence[Stay]:
        """Return who lies where now, in the order of the cots."""
        query = STAYS.order_by(cots.c.position, cots.c.id)
        with self._database.reading() as connection:
            return [stay_of(row) for row in connection.execute(query).mappings()]

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
                raise RosterConflict(f"This baby is already admitted in {stay.cot.label}; transfer it instead.")
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

    def source(self, name: str, origin: Origin, interval_s: float | None = None) -> Source:
        """Return the source of this name and origin, made on first use; a given interval is kept."""
        query = select(sources).where(sources.c.name == name, sources.c.origin == origin)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or interval_s not in (None, row["interval_s"]):
            with self._database.writing() as connection:
                new = {"name": name, "origin": origin, "interval_s": interval_s or _DEFAULT_INTERVAL_S}
                dialects.replace(connection, sources, _SOURCE_KEY, [new], keep=() if interval_s else ["interval_s"])
                row = connection.execute(query).mappings().one()
        return source_of(row)

    def sources(self) -> Sequence[Source]:
        """Return all sources by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name, sources.c.id)).mappings()
            return [source_of(row) for row in rows]

    def touch_sources(self, received: dict[int, int]) -> None:
        """Note when each source id was last heard, epoch ms."""
        if not received:
            return
        with self._database.writing() as connection:
            for source_id, at in sorted(received.items()):
                connection.execute(update(sources).where(sources.c.id == source_id).values(last_received_at=at))

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
