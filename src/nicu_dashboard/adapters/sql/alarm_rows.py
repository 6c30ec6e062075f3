"""Alarms, their transitions and the silences, between rows and the domain's words."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.tables import alarm_transitions, alarms, cots, suspensions
from nicu_dashboard.domain.alarms.alarm import Alarm, Transition, withdrawn
from nicu_dashboard.ports.tick import AlarmRow, SuspensionRow

# Where a column is called otherwise: `limit` is a word of SQL, and the schema speaks of alarms that were triggered.
_COLUMN = {"raised_at": "triggered_at", "limit": "limit_value"}
_FIELDS = tuple((field.name, _COLUMN.get(field.name, field.name)) for field in fields(Alarm))
# What is noted at the end of an alarm whose engine was followed by another.
FOLLOWED = "another engine took over"
_TRANSITION_KEY = ("alarm_id", "at", "from_presence", "to_presence", "cause", "priority")


def alarm_of(row: RowMapping) -> Alarm:
    """Return the alarm of a row."""
    return Alarm(**{field: row[column] for field, column in _FIELDS})


def transition_of(row: RowMapping) -> Transition:
    """Return the transition of a row."""
    return Transition(
        row["alarm_id"],
        row["at"],
        row["from_presence"],
        row["to_presence"],
        row["cause"],
        row["priority"],
        row["value"],
        row["actor"],
        row["note"],
    )


def store(connection: Connection, rows: Sequence[AlarmRow]) -> None:
    """Insert alarms or bring them up to date; the last word about an id counts."""
    last = {row.alarm.id: row for row in rows}
    dialects.replace(connection, alarms, ("id",), [_row(row) for row in last.values()])


def store_late(connection: Connection, rows: Sequence[AlarmRow], at: int) -> None:
    """Insert alarms of an engine that was followed at `at`, over by then; one that the store knows stays as it is."""
    if not rows:
        return
    last = {row.alarm.id: row for row in rows}
    ends = {number: withdrawn(row.alarm, at, FOLLOWED) for number, row in last.items() if row.alarm.presence != "off"}
    over = [replace(row, alarm=ends[number][0]) if number in ends else row for number, row in last.items()]
    statement = dialects.insert(connection, alarms).on_conflict_do_nothing(index_elements=("id",))
    new = connection.scalars(statement.returning(alarms.c.id), [_row(row) for row in over]).all()
    store_transitions(connection, [ends[number][1] for number in new if number in ends])


def store_transitions(connection: Connection, transitions: Sequence[Transition]) -> None:
    """Append transitions; one that is there already is not doubled."""
    if not transitions:
        return
    rows = [
        {
            "alarm_id": one.alarm_id,
            "at": one.at,
            "from_presence": one.before,
            "to_presence": one.after,
            "cause": one.trigger,
            "priority": one.priority,
            "value": one.value,
            "actor": one.by,
            "note": one.note,
        }
        for one in transitions
    ]
    statement = dialects.insert(connection, alarm_transitions)
    connection.execute(statement.on_conflict_do_nothing(index_elements=_TRANSITION_KEY), rows)


def store_suspensions(connection: Connection, rows: Sequence[SuspensionRow]) -> None:
    """Insert pauses and switched-off limits, or note their end."""
    keys = ("cot_id", "kind", "scope", "began_at")
    last = {(row.cot_id, row.kind, row.scope, row.began_at): row for row in rows}
    dialects.replace(connection, suspensions, keys, [_suspension_row(row) for row in last.values()])


def store_suspensions_late(connection: Connection, rows: Sequence[SuspensionRow], at: int) -> None:
    """Insert silences of an engine that was followed at `at`, over by then; one that the store knows stays as it is."""
    if not rows:
        return
    last = {(row.cot_id, row.kind, row.scope, row.began_at): row for row in rows}
    over = [replace(row, ended_at=at, ended_by="system") if row.ended_at is None else row for row in last.values()]
    statement = dialects.insert(connection, suspensions)
    keys = ("cot_id", "kind", "scope", "began_at")
    connection.execute(statement.on_conflict_do_nothing(index_elements=keys), [_suspension_row(row) for row in over])


def open_alarms(connection: Connection, unit_id: int) -> list[AlarmRow]:
    """Return the alarms of a unit that have not ended, oldest first."""
    query = select(alarms).where(alarms.c.unit_id == unit_id, alarms.c.status != "ended").order_by(alarms.c.id)
    rows = connection.execute(query).mappings()
    return [AlarmRow(row["unit_id"], row["cot_id"], row["patient_id"], alarm_of(row)) for row in rows]


def open_suspensions(connection: Connection, unit_id: int) -> list[SuspensionRow]:
    """Return the suspensions of a unit that were not ended, oldest first."""
    query = (
        select(suspensions)
        .join(cots, cots.c.id == suspensions.c.cot_id)
        .where(cots.c.unit_id == unit_id, suspensions.c.ended_at.is_(None))
        .order_by(suspensions.c.id)
    )
    return [
        SuspensionRow(
            row.cot_id,
            row.patient_id,
            row.kind,
            row.scope,
            row.began_at,
            row.until_at,
            row.reason,
            row.actor,
            row.ended_at,
            row.ended_by,
        )
        for row in connection.execute(query)
    ]


def _row(row: AlarmRow) -> dict[str, Any]:
    values = {column: getattr(row.alarm, field) for field, column in _FIELDS}
    return values | {
        "unit_id": row.unit_id,
        "cot_id": row.cot_id,
        "patient_id": row.patient_id,
        "status": row.alarm.status,
    }


def _suspension_row(row: SuspensionRow) -> dict[str, Any]:
    names = ("cot_id", "patient_id", "kind", "scope", "began_at", "until_at", "reason", "ended_at", "ended_by")
    return {name: getattr(row, name) for name in names} | {"actor": row.by}
