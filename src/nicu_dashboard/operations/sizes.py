"""How large the store is: bytes and rows of every table and index, as the database itself counts them."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import timescale

# Counting is exact up to here; above, the planner's estimate does, which ANALYZE keeps fresh.
_COUNTED_BYTES = 64 * 2**20

_POSTGRES = """
SELECT c.relname AS name, c.oid,
       leaves.rows, leaves.known, leaves.bytes, leaves.parts,
       -- A standby has no rows of an unlogged table, and refuses to look.
       row_security_active(c.oid) OR (c.relpersistence = 'u' AND pg_is_in_recovery()) AS hidden
FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0)::int8 AS rows,
           coalesce(bool_and(leaf.reltuples >= 0), true) AS known,
           coalesce(sum(pg_table_size(leaf.oid)), 0)::int8 AS bytes,
           count(*) FILTER (WHERE leaf.oid <> c.oid) AS parts
    FROM pg_class AS leaf
    WHERE leaf.oid IN (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf)
       OR (leaf.oid = c.oid AND c.relkind = 'r')
) AS leaves
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""
_POSTGRES_INDEXES = """
SELECT t.relname AS table_name, i.relname AS name,
       pg_relation_size(i.oid)
       + (SELECT coalesce(sum(pg_relation_size(relid)), 0)::int8 FROM pg_partition_tree(i.oid) WHERE relid <> i.oid)
       AS bytes
FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid JOIN pg_class AS t ON t.oid = indrelid
WHERE t.relnamespace = current_schema()::regnamespace AND NOT t.relispartition
ORDER BY bytes DESC, i.relname
"""


@dataclass(frozen=True, slots=True)
class IndexSize:
    """An index and its bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table: its rows (`exact` says whether they were counted), its bytes without and with its indexes."""

    name: str
    rows: int
    exact: bool
    data: int
    indexes: tuple[IndexSize, ...]
    partitions: int = 0

    @property
    def total(self) -> int:
        """Return the bytes of the table with its indexes."""
        return self.data + sum(index.size for index in self.indexes)

    @property
    def bytes_per_row(self) -> float | None:
        """Return bytes per row, indexes included; None for an empty table."""
        return self.total / self.rows if self.rows else None


def sizes(database: Database) -> list[TableSize]:
    """Return every table of the store, largest first."""
    with database.reading() as connection:
        found = _postgresql(connection) if database.engine_name == "postgresql" else _sqlite(connection)
    return sorted(found, key=lambda table: -table.total)


def whole(database: Database) -> int:
    """Return the bytes of the whole database, the parts no table accounts for included."""
    with database.reading() as connection:
        if database.engine_name == "postgresql":
            statement = "SELECT pg_database_size(current_database())"
        else:
            statement = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.exec_driver_sql(statement).scalar_one())


def _postgresql(connection: Connection) -> list[TableSize]:
    indexes: dict[str, list[IndexSize]] = defaultdict(list)
    for table, name, size in connection.exec_driver_sql(_POSTGRES_INDEXES):
        indexes[table].append(IndexSize(name, size))
    chunked = {table.name: table for table in timescale.hypertables(connection)}
    found = []
    for row in connection.exec_driver_sql(_POSTGRES).all():
        if row.name in chunked:
            found.append(_hypertable(connection, chunked[row.name], row.oid))
            continue
        counted = not row.hidden and row.bytes <= _COUNTED_BYTES and _may_read(connection, row.oid)
        rows = _count(connection, row.name) if counted else row.rows
        found.append(TableSize(row.name, rows, counted, row.bytes, tuple(indexes[row.name]), row.parts))
    return found


def _hypertable(connection: Connection, table: timescale.Hypertable, oid: int) -> TableSize:
    """Return a hypertable's size; rows are counted where that is quick, or where TimescaleDB knows of none yet."""
    counted = (table.rows == 0 or table.data <= _COUNTED_BYTES) and _may_read(connection, oid)
    rows = _count(connection, table.name) if counted else table.rows
    indexes = sorted(table.indexes.items(), key=lambda index: -index[1])
    sized = tuple(IndexSize(name, size) for name, size in indexes)
    return TableSize(table.name, rows, counted, table.data, sized, table.chunks)


def _may_read(connection: Connection, oid: int) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT has_table_privilege({oid}::oid, 'SELECT')").scalar_one())


def _sqlite(connection: Connection) -> list[TableSize]:
    bytes_of = _pages(connection)
    listed = "SELECT name, tbl_name, type FROM sqlite_schema WHERE type IN ('table', 'index')"
    tables, indexes = [], defaultdict(list)
    for name, table, kind in connection.exec_driver_sql(listed).all():
        if kind == "table":
            tables.append(name)
        else:
            indexes[table].append(IndexSize(name, bytes_of.get(name, 0)))
    return [
        TableSize(
            name,
            _count(connection, name),
            True,
            bytes_of.get(name, 0),
            tuple(sorted(indexes[name], key=lambda index: -index.size)),
        )
        for name in tables
        if not name.startswith("sqlite_")
    ]


def _pages(connection: Connection) -> dict[str, int]:
    """Return bytes by table or index; nothing where this SQLite was built without its page statistics."""
    options = connection.exec_driver_sql("PRAGMA compile_options").scalars().all()
    if "ENABLE_DBSTAT_VTAB" not in options:
        return {}
    rows = connection.exec_driver_sql("SELECT name, pgsize FROM dbstat WHERE aggregate = 1").all()
    return {row[0]: row[1] for row in rows}


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())
