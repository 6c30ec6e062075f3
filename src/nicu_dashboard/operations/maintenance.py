"""Upkeep of a PostgreSQL store: statistics, dead rows, what holds the clean-up back, partitions ahead, retention."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.operations.optimizing import partitions, timescale
from nicu_dashboard.operations.optimizing.periods import DAY_MS
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, alone, in_a_quiet_moment, unfiltered

# When autovacuum would act too, were it in time: so many rows and this share of the table.
_FEW, _STALE_SHARE, _DEAD_SHARE = 1_000, 0.1, 0.2
# A transaction this old keeps dead rows of the whole database from being cleared.
LONG_TRANSACTION_S = 300
# PostgreSQL stops taking writes near two thousand million.
_OLD_XID, _ALARMING_XID = 150_000_000, 1_000_000_000

_TABLES = """
SELECT c.oid::regclass::text AS name, c.relkind, greatest(s.n_live_tup, 0) AS live, greatest(s.n_dead_tup, 0) AS dead,
       s.n_mod_since_analyze AS changed, pg_table_size(c.oid) AS bytes,
       greatest(s.last_vacuum, s.last_autovacuum)::text AS vacuumed,
       greatest(s.last_analyze, s.last_autoanalyze)::text AS analyzed,
       greatest(s.last_analyze, s.last_autoanalyze) > now() - interval '1 day' AS analyzed_today,
       CASE WHEN c.relkind = 'r' THEN age(c.relfrozenxid) ELSE 0 END AS age
FROM pg_class AS c JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p') AND (c.relnamespace = current_schema()::regnamespace
   -- Chunks of a hypertable lie in a schema of TimescaleDB's own.
   OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('vitals')))
ORDER BY pg_table_size(c.oid) DESC, c.relname
"""
_TRANSACTIONS = f"""
SELECT pid, coalesce(usename, '?'), coalesce(state, '?'), extract(epoch FROM now() - xact_start)::int AS age
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()
  AND xact_start < now() - interval '{LONG_TRANSACTION_S} s'
ORDER BY xact_start
"""
_HOLDERS = """
SELECT 'the prepared transaction of ' || owner || ' is ' || extract(epoch FROM now() - prepared)::int / 60
       || ' min old; commit or roll it back'
FROM pg_prepared_xacts WHERE database = current_database() AND prepared < now() - interval '5 minutes'
UNION ALL
SELECT 'the replication slot ' || slot_name || ' is not read and keeps '
       || pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) || ' of log; start its reader or drop it'
FROM pg_replication_slots
WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1073741824
"""


@dataclass(frozen=True, slots=True)
class TableState:
    """A table as the server's statistics tell: live and dead rows, changes since the planner looked, bytes."""

    name: str
    live: int
    dead: int
    changed: int
    size: int
    vacuumed: str | None
    analyzed: str | None
    stale_statistics: bool
    stale_vacuum: bool

    @property
    def bloat(self) -> int:
        """Return the bytes that dead rows take, estimated from their share."""
        return round(self.size * self.dead / (self.live + self.dead)) if self.dead else 0


def tables(database: Database) -> list[TableState]:
    """Return the state of every table and partition, largest first."""
    with unfiltered(database) as connection:
        rows = connection.exec_driver_sql(_TABLES).all()
    return [
        TableState(
            row.name, row.live, row.dead, row.changed, row.bytes, row.vacuumed, row.analyzed,
            _stale_statistics(row), row.dead > _FEW + _DEAD_SHARE * row.live or row.age > _OLD_XID,
        )
        for row in rows
    ]  # fmt: skip


def refresh(database: Database, found: Sequence[TableState], report: Report) -> None:
    """VACUUM and ANALYZE what is stale; both let writers and readers go on."""
    due = [state for state in found if state.stale_vacuum or state.stale_statistics]
    report.stage("looking at tables", len(due))
    with alone(database) as connection:
        for place, state in enumerate(due, start=1):
            connection.exec_driver_sql(f"{'VACUUM (ANALYZE)' if state.stale_vacuum else 'ANALYZE'} {state.name}")
            report.at(place)
    vacuumed = [state.name for state in due if state.stale_vacuum]
    analyzed = [state.name for state in due if not state.stale_vacuum]
    if vacuumed:
        report.did(f"cleared dead rows of {_some(vacuumed)}")
    if analyzed:
        report.did(f"looked at the contents of {_some(analyzed)}, for the planner")


def hindrances(database: Database) -> list[str]:
    """Return what keeps the server from clearing up, each with what to do; what may not be seen is said as unknown."""
    with unfiltered(database) as connection:
        found = [
            f"the transaction of {user} (process {pid}, {state}) is {age // 60} min old and keeps dead rows from being"
            f" cleared; end it: SELECT pg_terminate_backend({pid})"
            for pid, user, state, age in connection.exec_driver_sql(_TRANSACTIONS)
        ]
        found += connection.exec_driver_sql(_HOLDERS).scalars().all()
        age = connection.exec_driver_sql(
            "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"
        ).scalar_one()
        if age > _ALARMING_XID:
            found.append(f"transaction numbers are {age:,} old; run as the owner: VACUUM FREEZE")
        if not connection.exec_driver_sql("SELECT pg_has_role('pg_read_all_stats', 'USAGE')").scalar_one():
            found.append("unknown: transactions of other users; GRANT pg_monitor to this user to see them")
    return found


def keep_partitions(database: Database, now: int, retention_ms: int | None, report: Report) -> list[str]:
    """Make partitions ahead and, only when asked, drop the readings older than the retention; return what was dropped.

    Roll-ups of minutes and hours stay. Raises CannotCare where the readings are one plain table.
    """
    with unfiltered(database) as connection:
        kind = partitions.kind(connection)
    if kind == "partitioned":
        partitions.make_ahead(database, now, report)
    if retention_ms is None:
        return []
    before = now - retention_ms
    if kind == "hypertable":
        names = in_a_quiet_moment(database, lambda connection: timescale.drop_before(connection, before))
        report.did(f"dropped {len(names)} chunks of readings before {format_instant(before)[:10]}")
        return names
    with unfiltered(database) as connection:
        must_be_divided(connection)
    return [part.name for part in partitions.drop_before(database, before, report)]


def must_be_divided(connection: Connection) -> None:
    """Raise CannotCare where the readings are one plain table, from which no time can be dropped as a whole."""
    if partitions.kind(connection) not in ("partitioned", "hypertable"):
        raise CannotCare("readings are one plain table here; divide it by time first: nicu db optimize --partition")


def retention_ms(text: str) -> int:
    """Return the ms of `90d`, `26w` or `2y` (of 365 days); raises CannotCare below a week."""
    unit = {"d": 1, "w": 7, "y": 365}.get(text[-1:], 0)
    number = text[:-1]
    days = int(number) * unit if number.isdecimal() and len(number) < 6 else 0
    if days < 7:
        raise CannotCare("--retention takes how long readings are kept, a week at least: 90d, 26w or 2y")
    return days * DAY_MS


def _stale_statistics(row: object) -> bool:
    kind, live, changed = (getattr(row, name) for name in ("relkind", "live", "changed"))
    if kind == "p":  # autovacuum never looks at a partitioned table as a whole
        return not row.analyzed_today  # type: ignore[attr-defined]
    return bool(changed > _FEW + _STALE_SHARE * live)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
