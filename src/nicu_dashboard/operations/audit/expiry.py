"""Retention of the audit trail: what is older than six years may go, and the trail itself says where it begins now."""

from sqlalchemy import Connection, delete, func, select

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.adapters.sql.tables.guards import SQLITE
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.operations.audit.verify import EXPIRED
from nicu_dashboard.services.actor import Actor

# 45 CFR 164.316(b)(2)(i): six years; two leap days may lie in them.
LEAST_MS = (6 * 365 + 2) * DAY_MS
_BATCH = 50_000
_OFF = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_log_keeps_rows",),
    "postgresql": (
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_keeps_rows",
        "ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY",
    ),
}
_ON = {
    "sqlite": (next(one for one in SQLITE if "BEFORE DELETE" in one),),
    "postgresql": ("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_keeps_rows",),
}
_SECURED = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('audit_log')"


def expire(database: Database, before: int, at: int, actor: Actor) -> int:
    """Remove the rows before this instant (epoch ms) and return how many; the newest row always stays.

    Raises StoreUnavailable where this user does not own the table; then nothing was removed.
    """
    with database.reading() as connection:
        newest = connection.scalar(select(func.max(audit_log.c.seq))) or 0
    removed = 0
    # Each round appends a row of its own: only what was there at the beginning is looked at.
    while count := _expire_some(database, before, at, actor, newest):
        removed += count
    return removed


def _expire_some(database: Database, before: int, at: int, actor: Actor, newest: int) -> int:
    with database.writing() as connection:
        first = _first_kept(connection, before, newest)
        if first is None:
            return 0
        seq, previous_hash = first
        detail = {"first": seq, "previous_hash": previous_hash, "before": before}
        # Appended while the rows are still there: the new row names the start that is left.
        database.trail.append(connection, [actor.entry(at, EXPIRED, "audit trail", None, **detail)])
        return _delete_below(connection, seq)


def _first_kept(connection: Connection, before: int, newest: int) -> tuple[int, str] | None:
    """Return number and previous seal of the row that the trail is to begin with, None when nothing is old enough."""
    oldest = connection.scalar(select(func.min(audit_log.c.seq)))
    if oldest is None:
        return None
    young = connection.scalar(select(func.min(audit_log.c.seq)).where(audit_log.c.at >= before))
    seq = min(newest if young is None else min(young, newest), oldest + _BATCH)
    if seq <= oldest:
        return None
    previous = connection.scalar(select(audit_log.c.previous_hash).where(audit_log.c.seq == seq))
    return seq, str(previous)


def _delete_below(connection: Connection, seq: int) -> int:
    dialect = connection.dialect.name
    secured = dialect == "postgresql" and bool(connection.exec_driver_sql(_SECURED).scalar())
    for statement in _OFF[dialect]:
        connection.exec_driver_sql(statement)
    removed = connection.execute(delete(audit_log).where(audit_log.c.seq < seq)).rowcount
    for statement in (*_ON[dialect], *(["ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY"] if secured else [])):
        connection.exec_driver_sql(statement)
    return removed
