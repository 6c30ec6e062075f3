"""Partitions of `vitals`: which there are, making them ahead, dropping the oldest.

Two outer partitions, vitals_past and vitals_future, take whatever lies beyond the others: no reading is ever refused
for want of a partition, and unlike a default partition they let the planner read partitions in the order of time.
"""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.domain.instants import format_instant, parse_instant
from nicu_dashboard.operations.optimizing.periods import Period, literal, partition_name, period_of
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import in_a_quiet_moment, quietly, unfiltered

PAST, FUTURE = "vitals_past", "vitals_future"
# So many readings are moved between partitions in a moment (about 0.2 s).
_MOVED = 20_000
_LISTED = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound, pg_total_relation_size(c.oid) AS bytes,
       greatest(c.reltuples, 0)::int8 AS rows
FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
WHERE inhparent = to_regclass('{table}') ORDER BY c.relname
"""
_BOUND = re.compile(r"FROM \((.+?)\) TO \((.+?)\)")


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition; a bound that is None is open."""

    name: str
    from_at: int | None
    to_at: int | None
    size: int
    rows: int


def kind(connection: Connection, table: str = "vitals") -> str:
    """Return `plain`, `partitioned`, `hypertable` or `missing`."""
    relkind = connection.exec_driver_sql(f"SELECT relkind FROM pg_class WHERE oid = to_regclass('{table}')").scalar()
    if relkind is None:
        return "missing"
    if relkind == "p":
        return "partitioned"
    known = connection.exec_driver_sql("SELECT to_regclass('timescaledb_information.hypertables')").scalar()
    if known is not None:
        listed = f"SELECT 1 FROM timescaledb_information.hypertables WHERE hypertable_name = '{table}'"
        if connection.exec_driver_sql(listed).first() is not None:
            return "hypertable"
    return "plain"


def partitions(connection: Connection, table: str = "vitals") -> list[Partition]:
    """Return the partitions in the order of time; the session's time zone must be UTC."""
    found = []
    for name, bound, size, rows in connection.exec_driver_sql(_LISTED.format(table=table)).all():
        edges = _BOUND.search(bound)
        if edges is None:  # somebody's default partition
            continue
        found.append(Partition(name, _edge(edges[1]), _edge(edges[2]), size, rows))
    return sorted(found, key=lambda part: (part.from_at is not None, part.from_at or 0))


def make_ahead(database: Database, now: int, report: Report) -> list[str]:
    """Make the partitions that the coming weeks need; return their names. Writers wait for a moment at most."""
    with unfiltered(database) as connection:
        parts = partitions(connection)
        inner = [part for part in parts if part.from_at is not None and part.to_at is not None]
        last = next((part for part in parts if part.from_at is not None and part.to_at is None), None)
        if not inner or last is None or last.from_at is None:
            return []
        period = period_of((inner[-1].to_at or 0) - (inner[-1].from_at or 0))
        begin, end = last.from_at, period.start(now) + (1 + period.ahead) * period.length_ms
        late = (
            f"SELECT count(*) FROM (SELECT FROM {last.name} WHERE recorded_at < {literal(end)} LIMIT {_MOVED + 1}) AS t"
        )
        many = int(connection.exec_driver_sql(late).scalar_one()) > _MOVED
    made = []
    if many:
        begin = _keep_overflow(database, last.name, begin, period, now, report)
        made.append(partition_name("vitals", last.from_at))
    if begin >= end:
        return made
    starts = list(range(begin, end, period.length_ms))
    in_a_quiet_moment(database, lambda connection: _extend(connection, last.name, starts, period))
    names = [partition_name("vitals", start) for start in starts]
    report.did(f"made {len(names)} {period.name} partitions ahead, up to {format_instant(end)[:10]}")
    return made + names


def drop_before(database: Database, before: int, report: Report) -> list[Partition]:
    """Drop the partitions that end at or before an instant, empty the outer one where it does; return them."""
    with unfiltered(database) as connection:
        old = [part for part in partitions(connection) if part.to_at is not None and part.to_at <= before]
    dropped = []
    for part in old:
        if part.from_at is None:
            if not _holds_rows(database, part.name):
                continue
            quietly(database, f"TRUNCATE {part.name}")
        else:
            quietly(database, f"DROP TABLE {part.name}")
        dropped.append(part)
        report.did(f"dropped the readings of {part.name}, those up to {format_instant(part.to_at or 0)[:10]}")
    return dropped


def create_statements(table: str, starts: list[int], period: Period) -> list[str]:
    """Return what makes the partitions of an empty partitioned table, the outer ones included."""
    first, end = starts[0], starts[-1] + period.length_ms
    return [
        f"CREATE TABLE {PAST} PARTITION OF {table} FOR VALUES FROM (MINVALUE) TO ({literal(first)})",
        *(_create(table, start, start + period.length_ms) for start in starts),
        f"CREATE TABLE {FUTURE} PARTITION OF {table} FOR VALUES FROM ({literal(end)}) TO (MAXVALUE)",
    ]


def own_as_parent(connection: Connection, table: str) -> None:
    """Give every partition its parent's owner."""
    listed = (
        "SELECT c.oid::regclass::text, pg_get_userbyid(p.relowner) FROM pg_inherits"
        " JOIN pg_class AS c ON c.oid = inhrelid"
        f" JOIN pg_class AS p ON p.oid = inhparent WHERE p.oid = to_regclass('{table}') AND c.relowner <> p.relowner"
    )
    for part, owner in connection.exec_driver_sql(listed).all():
        connection.exec_driver_sql(f'ALTER TABLE {part} OWNER TO "{owner}"')


def _extend(connection: Connection, last: str, starts: list[int], period: Period) -> None:
    """Put partitions between the others and the outer one, and into them what few readings it holds of their time."""
    end = starts[-1] + period.length_ms
    connection.exec_driver_sql(f"ALTER TABLE vitals DETACH PARTITION {last}")
    for start in starts:
        connection.exec_driver_sql(_create("vitals", start, start + period.length_ms))
    own_as_parent(connection, "vitals")
    for start in starts:
        which = f"recorded_at >= {literal(start)} AND recorded_at < {literal(start + period.length_ms)}"
        _move(connection, last, which, partition_name("vitals", start))
    bound = f"FROM ({literal(end)}) TO (MAXVALUE)"
    connection.exec_driver_sql(f"ALTER TABLE vitals ATTACH PARTITION {last} FOR VALUES {bound}")


def _keep_overflow(database: Database, last: str, begin: int, period: Period, now: int, report: Report) -> int:
    """Make the filled outer partition an inner one and put a new one behind; return where that begins.

    Its rows stay where they are. The check spares attaching a scan under a lock; it ends a period ahead of now, and a
    reading that far in the future is refused long before. Only where such readings are stored all the same (moved by
    hand, imported), they go into the new outer partition, and attaching reads the table once.
    """
    end = period.start(now) + 2 * period.length_ms
    name = partition_name("vitals", begin)
    report.stage(f"{last} becomes {name}")
    beyond = f"recorded_at >= {literal(end)}"
    with unfiltered(database) as connection:
        odd = connection.exec_driver_sql(f"SELECT 1 FROM {last} WHERE {beyond} LIMIT 1").first() is not None
    check = f"CHECK (recorded_at >= {literal(begin)} AND recorded_at < {literal(end)})"
    drop = f"ALTER TABLE {last} DROP CONSTRAINT IF EXISTS nicu_bound"
    add = f"ALTER TABLE {last} ADD CONSTRAINT nicu_bound {check} NOT VALID"
    for statement in (drop,) if odd else (drop, add, f"ALTER TABLE {last} VALIDATE CONSTRAINT nicu_bound"):
        quietly(database, statement)

    def swap(connection: Connection) -> None:
        connection.exec_driver_sql(f"ALTER TABLE vitals DETACH PARTITION {last}")
        connection.exec_driver_sql(f"ALTER TABLE {last} RENAME TO {name}")
        outer = f"FOR VALUES FROM ({literal(end)}) TO (MAXVALUE)"
        connection.exec_driver_sql(f"CREATE TABLE {last} PARTITION OF vitals {outer}")
        if odd:
            _move(connection, name, beyond, last)
        own = f"FOR VALUES FROM ({literal(begin)}) TO ({literal(end)})"
        connection.exec_driver_sql(f"ALTER TABLE vitals ATTACH PARTITION {name} {own}")
        connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS nicu_bound")
        own_as_parent(connection, "vitals")

    in_a_quiet_moment(database, swap)
    report.did(f"kept the readings that had no partition of their own as {name}; none was moved")
    return end


def _move(connection: Connection, table: str, which: str, to: str) -> None:
    """Move rows of a detached partition to the one they belong to now; by name, as policies are the parent's."""
    connection.exec_driver_sql(f"INSERT INTO {to} SELECT * FROM {table} WHERE {which}")
    connection.exec_driver_sql(f"DELETE FROM {table} WHERE {which}")


def _create(table: str, start: int, end: int) -> str:
    name = partition_name("vitals", start)
    return f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({literal(start)}) TO ({literal(end)})"


def _holds_rows(database: Database, table: str) -> bool:
    with unfiltered(database) as connection:
        return connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None


def _edge(text: str) -> int | None:
    return None if text in {"MINVALUE", "MAXVALUE"} else _instant(text.strip("'"))


def _instant(text: str) -> int:
    """Return epoch ms of what PostgreSQL writes in UTC: 2024-01-01 00:00:00.123+00."""
    return parse_instant(text.replace(" ", "T").removesuffix("+00") + "Z")
