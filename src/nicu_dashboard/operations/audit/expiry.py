"""Retention of the audit trail: what is older than six years may go, and the trail itself says where it begins now.

Only a trail that is whole and anchored loses rows. On PostgreSQL whole parts are dropped and no trigger is ever
switched off; on SQLite rows go in batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.adapters.sql.tables.guards import SQLITE
from nicu_dashboard.operations.audit.anchors import ReadAnchors
from nicu_dashboard.operations.audit.exporting import export_rows
from nicu_dashboard.operations.audit.partitions import Part, drop, parts
from nicu_dashboard.operations.audit.verify import EXPIRED, verify
from nicu_dashboard.operations.sessions import CannotCare, in_a_quiet_moment
from nicu_dashboard.services.actor import Actor

_BATCH = 50_000
_OFF = "DROP TRIGGER IF EXISTS audit_log_keeps_rows"
_ON = next(one for one in SQLITE if "BEFORE DELETE" in one)


@dataclass(frozen=True, slots=True)
class Order:
    """Remove the rows before an instant (epoch ms), done at another one by somebody; into a file first, if named."""

    before: int
    at: int
    actor: Actor
    export: Path | None = None
    bare_until: int = 0


@dataclass(frozen=True, slots=True)
class Expired:
    """How many rows were removed, and the parts that were dropped whole."""

    rows: int = 0
    parts: tuple[str, ...] = ()


def expire(database: Database, order: Order, remembered: ReadAnchors) -> Expired:
    """Remove what is old and return it; the newest row always stays.

    Raises CannotCare where the trail is not whole or not anchored so far, StoreUnavailable where this user does not own
    the table; then nothing was removed.
    """
    with database.reading() as connection:
        gone = _old_parts(connection, order.before) if database.engine_name == "postgresql" else []
        newest = connection.scalar(select(func.max(audit_log.c.seq))) or 0
        end = gone[-1].end if gone else None if database.engine_name == "postgresql" else _end(connection, order.before)
        rows = 0 if end is None else _count_below(connection, min(end, newest))
    if end is None or rows == 0:
        return Expired()
    _must_be_proven(database, end - 1, remembered, order.bare_until)
    sha256 = None if order.export is None else export_rows(database, end, order.export)
    facts = {"before": order.before, **({} if sha256 is None else {"export_sha256": sha256})}
    if database.engine_name == "postgresql":
        in_a_quiet_moment(database, lambda connection: _drop(database, connection, gone, order, facts))
        return Expired(rows, tuple(part.name for part in gone))
    removed = 0
    # Each round appends a row of its own: only what was there at the beginning is looked at.
    while count := _delete_some(database, order, newest, facts):
        removed += count
    return Expired(removed)


def _old_parts(connection: Connection, before: int) -> list[Part]:
    """Return the parts at the beginning of which every row is old enough."""
    found: list[Part] = []
    for part in parts(connection):
        if part.end is None:
            break
        inside = (audit_log.c.seq >= (part.first or 0), audit_log.c.seq < part.end)
        if connection.scalar(select(func.max(audit_log.c.at)).where(*inside)) is None:
            continue
        if connection.scalar(select(audit_log.c.seq).where(*inside, audit_log.c.at >= before).limit(1)) is not None:
            break
        found.append(part)
    return found


def _end(connection: Connection, before: int) -> int | None:
    """Return the first number that stays, None when nothing is old enough."""
    young: int | None = connection.scalar(select(func.min(audit_log.c.seq)).where(audit_log.c.at >= before))
    newest: int | None = connection.scalar(select(func.max(audit_log.c.seq)))
    return newest if young is None or newest is None else min(young, newest)


def _count_below(connection: Connection, end: int) -> int:
    return connection.scalar(select(func.count()).where(audit_log.c.seq < end)) or 0


def _must_be_proven(database: Database, last: int, remembered: ReadAnchors, bare_until: int) -> None:
    verdict = verify(database, remembered, bare_until)
    if verdict.faults:
        raise CannotCare(
            f"{verdict.faults[0].text}: nothing is removed from a trail that is not whole; nicu audit verify"
        )
    reach = max((anchor.last.seq for anchor in remembered.anchors), default=0)
    if reach < last:
        raise CannotCare(f"rows up to {last} would go, and anchors reach to {reach}; take one first: nicu audit anchor")


def _drop(
    database: Database, connection: Connection, gone: Sequence[Part], order: Order, facts: dict[str, Any]
) -> None:
    end = gone[-1].end or 0
    _say(database, connection, order, end, {**facts, "parts": [part.name for part in gone]})
    drop(connection, gone)


def _say(database: Database, connection: Connection, order: Order, first: int, facts: dict[str, Any]) -> None:
    """Append, while the rows are still there, which start is left."""
    previous = connection.scalar(select(audit_log.c.previous_hash).where(audit_log.c.seq == first))
    detail = {"first": first, "previous_hash": str(previous), **facts}
    failing = database.trail.owed
    database.trail.append(connection, [order.actor.entry(order.at, EXPIRED, "audit trail", None, **detail)])
    if previous is None or database.trail.failing_since is not None or database.trail.owed > failing:
        raise CannotCare("the trail cannot be written, so nothing is removed from it")


def _delete_some(database: Database, order: Order, newest: int, facts: dict[str, Any]) -> int:
    with database.writing() as connection:
        oldest = connection.scalar(select(func.min(audit_log.c.seq))) or 0
        end = _end(connection, order.before)
        end = min(newest if end is None else end, newest, oldest + _BATCH)
        if end <= oldest:
            return 0
        _say(database, connection, order, end, facts)
        return _delete_below(connection, end)


def _delete_below(connection: Connection, seq: int) -> int:
    connection.exec_driver_sql(_OFF)
    removed = connection.execute(delete(audit_log).where(audit_log.c.seq < seq)).rowcount
    connection.exec_driver_sql(_ON)
    return removed
