"""Rows of the ward (babies, cots, stays, sources) and the domain's words for them."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from nicu_dashboard.adapters.sql.tables import admissions, cots, patients
from nicu_dashboard.domain.patients import Cot, GestationalAge, Patient
from nicu_dashboard.ports.roster import NewPatient, NotFound, RosterConflict, Source, Stay

STAYS: Select[Any] = (
    select(
        admissions.c.id.label("stay_id"),
        admissions.c.admitted_at,
        cots.c.id.label("cot_id"),
        cots.c.unit_id,
        cots.c.label,
        cots.c.position,
        patients,
    )
    .join(cots, cots.c.id == admissions.c.cot_id)
    .join(patients, patients.c.id == admissions.c.patient_id)
    .where(admissions.c.ended_at.is_(None))
)


def cot_of(row: RowMapping) -> Cot:
    """Return the cot of a row of cots."""
    return Cot(row["id"], row["unit_id"], row["label"], row["position"])


def patient_of(row: RowMapping) -> Patient:
    """Return the baby of a row of patients."""
    return Patient(
        id=row["id"],
        mrn=row["mrn"],
        name=row["name"],
        born_at=row["born_at"],
        gestation=None if row["ga_days"] is None else GestationalAge(row["ga_days"]),
        sex=row["sex"],
        birth_weight_g=row["birth_weight_g"],
        synthetic=row["synthetic"],
    )


def stay_of(row: RowMapping) -> Stay:
    """Return the stay of a row of STAYS."""
    cot = Cot(row["cot_id"], row["unit_id"], row["label"], row["position"])
    return Stay(row["stay_id"], patient_of(row), cot, row["admitted_at"])


def source_of(row: RowMapping) -> Source:
    """Return the source of a row of sources."""
    return Source(row["id"], row["name"], row["origin"], row["interval_s"], row["unit_id"])


def patient_row(new: NewPatient) -> dict[str, Any]:
    """Return the columns that say this of a baby."""
    names = ("mrn", "name", "sex", "born_at", "ga_days", "birth_weight_g", "synthetic")
    return {name: getattr(new, name) for name in names}


def must_exist(connection: Connection, patient_id: int) -> None:
    """Raise NotFound unless there is such a baby."""
    one(connection, select(patients.c.id).where(patients.c.id == patient_id), f"baby {patient_id}")


def one(connection: Connection, query: Select[Any], what: str) -> RowMapping:
    """Return the row that a query finds; raises NotFound saying that there is no such thing."""
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(f"There is no {what}; look it up in the list and try again.")
    return row


def open_stay(connection: Connection, patient_id: int) -> Stay | None:
    """Return where a baby lies now."""
    row = connection.execute(STAYS.where(patients.c.id == patient_id)).mappings().first()
    return None if row is None else stay_of(row)


def must_be_admitted(connection: Connection, patient_id: int) -> Stay:
    """Return where a baby lies now; raises NotFound when it is not admitted."""
    must_exist(connection, patient_id)
    stay = open_stay(connection, patient_id)
    if stay is None:
        raise NotFound("This baby is not admitted; admit it first.")
    return stay


def lay_into(connection: Connection, patient_id: int, label: str, at: int) -> Stay:
    """Begin a stay in a free cot; raises NotFound or RosterConflict."""
    cot = cot_of(one(connection, select(cots).where(cots.c.label == label), f"cot {label}"))
    taken = select(admissions.c.id).where(admissions.c.cot_id == cot.id, admissions.c.ended_at.is_(None))
    if connection.scalar(taken):
        raise RosterConflict(f"{label} is taken; discharge or transfer the baby in it first.")
    connection.execute(insert(admissions), {"patient_id": patient_id, "cot_id": cot.id, "admitted_at": at})
    stay = open_stay(connection, patient_id)
    assert stay is not None
    return stay


def end_stay(connection: Connection, stay: Stay, at: int, ended_by: str) -> None:
    """End a stay; raises RosterConflict when it would end before it began."""
    if at < stay.began_at:
        raise RosterConflict(f"The stay in {stay.cot.label} began later than it would end; look at the time given.")
    connection.execute(update(admissions).where(admissions.c.id == stay.id).values(ended_at=at, ended_by=ended_by))
