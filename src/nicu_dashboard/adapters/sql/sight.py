"""To which unit a baby belongs: that of its latest stay, as row level security has it (operations/roles)."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, and_, func, literal, not_, or_, select

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import admissions, alarms, audit_log, cots, events, patients
from nicu_dashboard.ports.asking import beyond_units

# Subjects of the trail that speak of many babies: the wall of a unit, a list, an export.
_OF_A_UNIT = ("wall", "list", "unit", "research")


def latest_unit(patient_id: Any) -> ScalarSelect[int]:
    """Return the unit of the latest stay as a scalar subquery; NULL for a baby that was never admitted."""
    query = select(cots.c.unit_id).join(admissions, admissions.c.cot_id == cots.c.id)
    newest = query.where(admissions.c.patient_id == patient_id)
    return newest.order_by(admissions.c.admitted_at.desc(), admissions.c.id.desc()).limit(1).scalar_subquery()


def seen_baby(units: frozenset[int]) -> ColumnElement[bool]:
    """Return the condition that a row of patients is seen by whoever was granted these units."""
    unit = latest_unit(patients.c.id).correlate(patients)
    return or_(unit.in_(units), unit.is_(None))


def seen_alarm(units: frozenset[int]) -> ColumnElement[bool]:
    """Return the condition that a row of alarms is seen by whoever was granted these units."""
    return func.coalesce(latest_unit(alarms.c.patient_id).correlate(alarms), alarms.c.unit_id).in_(units)


def seen_row(units: frozenset[int]) -> ColumnElement[bool]:
    """Return the condition that a row of the trail is seen by whoever was granted these units.

    A row of a baby goes with the baby; one of a cot, a wall or a list with its unit; any other is everybody's.
    """
    trail = audit_log.c
    unit = latest_unit(trail.patient_id).correlate(audit_log)
    cot = select(cots.c.unit_id).where(literal("cot ").concat(cots.c.label) == trail.subject)
    whole = or_(*(trail.subject.like(f"{kind}%") for kind in _OF_A_UNIT))
    own = trail.subject.in_([f"{kind} of unit {one}" for kind in _OF_A_UNIT for one in units])
    of_none = or_(own, cot.correlate(audit_log).scalar_subquery().in_(units))
    plain = and_(not_(whole), not_(trail.subject.like("cot %")))
    return or_(
        and_(trail.patient_id.is_not(None), or_(unit.in_(units), unit.is_(None))),
        and_(trail.patient_id.is_(None), or_(of_none, plain)),
    )


class SqlSight:
    """The port Sight."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unit_of_baby(self, patient_id: int) -> int | None:
        """Return the unit of the baby's latest stay, None for one that was never admitted."""
        with beyond_units(), self._database.reading() as connection:
            return _scalar(connection, select(latest_unit(patient_id)))

    def unit_of_alarm(self, alarm_id: int) -> int | None:
        """Return the unit that now has the baby of an alarm, or that raised an alarm of no baby; None if unknown."""
        now = func.coalesce(latest_unit(alarms.c.patient_id).correlate(alarms), alarms.c.unit_id)
        return self._of(alarms, now, alarm_id)

    def unit_of_event(self, event_id: int) -> int | None:
        """Return the unit that now has the baby of an A/B/D event, None if unknown."""
        return self._of(events, latest_unit(events.c.patient_id).correlate(events), event_id)

    def _of(self, table: Table, unit: Any, row_id: int) -> int | None:
        with beyond_units(), self._database.reading() as connection:
            return _scalar(connection, select(unit).where(table.c.id == row_id))


def _scalar(connection: Connection, query: Any) -> int | None:
    found: int | None = connection.scalar(query)
    return found
