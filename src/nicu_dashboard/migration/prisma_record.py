"""Acknowledgments and the audit log of the earlier dashboard, as transitions and as entries of our sealed chain."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nicu_dashboard.adapters.sql.audit_trail import sealed_content
from nicu_dashboard.adapters.sql.seals import seals_of
from nicu_dashboard.migration.kinds import SqliteValue
from nicu_dashboard.migration.prisma_columns import Found
from nicu_dashboard.migration.prisma_rows import EARLIER
from nicu_dashboard.migration.prisma_words import instant
from nicu_dashboard.migration.rejects import Reject
from nicu_dashboard.migration.settings_to_set import seal_settings

Row = tuple[SqliteValue, ...]
RejectOf = Callable[[Found, str, int, Row, int | None, str], Reject]
TRANSITION = (
    "INSERT OR IGNORE INTO nicu_own_alarm_transitions"
    " (alarm_id, at, from_presence, to_presence, cause, priority, value, actor, note)"
)


def write_acknowledgments(file: sqlite3.Connection, found: Mapping[str, Found], reject_of: RejectOf) -> list[Reject]:
    """Write every alarm's changes: raised, acknowledged by the first who did, cleared. Return what is refused."""
    rejects = list(_acknowledge(file, found, reject_of)) if "acknowledgments" in found else []
    file.execute(
        f"{TRANSITION} SELECT id, triggered_at, 'off', 'on', 'raised', priority, value, NULL, NULL FROM nicu_own_alarms"
        " ORDER BY id"
    )
    file.execute(
        f"{TRANSITION} SELECT a.id, a.acknowledged_at, 'on', 'ack', 'acknowledged', a.priority, NULL,"
        " a.acknowledged_by, n.note FROM nicu_own_alarms a LEFT JOIN temp.nicu_first n ON n.alarm = a.id"
        " WHERE a.acknowledged_at IS NOT NULL ORDER BY a.id"
        if "acknowledgments" in found
        else "SELECT 1"
    )
    file.execute(
        f"{TRANSITION} SELECT id, ended_at, CASE WHEN acknowledged_at IS NULL THEN 'on' ELSE 'ack' END, 'off',"
        " 'cleared', priority, NULL, NULL, NULL FROM nicu_own_alarms WHERE ended_at IS NOT NULL ORDER BY id"
    )
    file.execute("INSERT INTO nicu_own_counters SELECT 'alarm', max(id) FROM nicu_own_alarms HAVING count(*) > 0")
    return rejects


def _acknowledge(file: sqlite3.Connection, found: Mapping[str, Found], reject_of: RejectOf) -> Iterator[Reject]:
    acks, alarms = found["acknowledgments"], found["alarms"]
    at = f"nicu_instant({acks.get('at')})"
    theirs = f"(SELECT p.rowid FROM {alarms.name} p WHERE p.{alarms.key} = {acks.get('alarm')})"
    for condition, what, reason in (
        (f"{theirs} IS NULL", "alarm", "an acknowledgment of an alarm that is not there"),
        (f"{theirs} IS NOT NULL AND {at} IS NULL", "at", "an acknowledgment whose time is no instant"),
    ):
        names = [column.name for column in acks.table.columns]
        place = names.index(acks.columns[what]) if what in acks.columns else None
        for row in file.execute(f"SELECT t.rowid, t.* FROM {acks.name} t WHERE {condition} ORDER BY t.rowid"):
            yield reject_of(acks, "alarm_transitions", row[0], row[1:], place, reason)
    user = (
        f"(SELECT CAST({found['users'].get('name')} AS TEXT) FROM {found['users'].name} t2 WHERE 0)"
        if "users" not in found
        else f"(SELECT u.name FROM nicu_own_users u WHERE u.id = (SELECT p.rowid FROM {found['users'].name} p"
        f" WHERE p.{found['users'].key} = {acks.get('user')}))"
    )
    file.execute(
        "CREATE TEMP TABLE nicu_first AS SELECT alarm, min(at) AS at, who, note FROM"
        f" (SELECT {theirs} AS alarm, {at} AS at, coalesce({user}, CAST({acks.get('user')} AS TEXT)) AS who,"
        f" CAST({acks.get('note')} AS TEXT) AS note FROM {acks.name} t)"
        " WHERE alarm IS NOT NULL AND at IS NOT NULL GROUP BY alarm"
    )
    file.execute(
        "UPDATE nicu_own_alarms SET acknowledged_at = n.at, acknowledged_by = n.who FROM temp.nicu_first n"
        " WHERE n.alarm = nicu_own_alarms.id"
    )


def write_audit(file: sqlite3.Connection, found: Mapping[str, Found], reject_of: RejectOf) -> Iterator[Reject]:
    """Write the audit log in the order of its instants, sealed from now on; yield entries whose time is no instant."""
    log = found["audit_log"]
    names = [column.name for column in log.table.columns]
    people = _people(file, found)
    rows = [
        (instant(_value(log, names, row, "at")), row) for row in file.execute(f"SELECT t.rowid, t.* FROM {log.name} t")
    ]
    at_place = names.index(log.columns["at"]) if log.has("at") else None
    for at, row in rows:
        if at is None:
            yield reject_of(log, "audit_log", row[0], row[1:], at_place, "an entry whose time is no instant")
    previous, number, seals = "", 0, seals_of(seal_settings(), None)
    for at, row in sorted((item for item in rows if item[0] is not None), key=lambda item: (item[0], item[1][0])):
        number += 1
        entry = _entry(log, names, row, people) | {"seq": number, "at": at, "previous_hash": previous}
        previous = entry["hash"] = seals.seal(sealed_content(entry))
        entry["detail"] = json.dumps(entry["detail"], ensure_ascii=False, separators=(",", ":"))
        marks = ", ".join(f":{name}" for name in entry)
        file.execute(f"INSERT INTO nicu_own_audit_log ({', '.join(entry)}) VALUES ({marks})", entry)
    if number:
        file.execute("INSERT INTO nicu_own_counters VALUES ('audit', ?)", (number,))


def _value(log: Found, names: list[str], row: Row, what: str) -> SqliteValue:
    return row[1 + names.index(log.columns[what])] if log.has(what) else None


def _entry(log: Found, names: list[str], row: Row, people: Mapping[SqliteValue, tuple[str, str]]) -> dict[str, Any]:
    said = {what: _value(log, names, row, what) for what in ("user", "action", "kind", "which", "detail", "address")}
    nobody = EARLIER if said["user"] is None else "user " + str(said["user"])
    who, role = people.get(said["user"], (nobody, EARLIER))
    subject = " ".join(str(said[part]) for part in ("kind", "which") if said[part] is not None)
    return {
        "actor": who, "role": role, "action": str(said["action"] or "unknown"), "subject": subject or EARLIER,
        "patient_id": None, "detail": {"earlier": _parsed(said["detail"])},
        "address": None if said["address"] is None else str(said["address"]),
    }  # fmt: skip


def _parsed(detail: SqliteValue) -> Any:
    if isinstance(detail, bytes):
        return detail.hex()
    if not isinstance(detail, str):
        return detail
    try:
        return json.loads(detail)
    except ValueError:
        return detail


def _people(file: sqlite3.Connection, found: Mapping[str, Found]) -> dict[SqliteValue, tuple[str, str]]:
    if "users" not in found:
        return {}
    user = found["users"]
    rows = file.execute(f"SELECT t.{user.key}, {user.get('name')}, {user.get('role')} FROM {user.name} t")
    return {key: (str(name or key), str(role or EARLIER)) for key, name, role in rows}
