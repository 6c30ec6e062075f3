"""Indexes the dashboard needs, made beside the running ward: no writer waits for more than a moment."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Index
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import alone
from nicu_dashboard.ports.tick import StoreUnavailable

_FIRST = ("idx_alarms_active", "idx_vitals_dashboard")
_STATES = """
SELECT i.relname, indisvalid FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid
WHERE i.relnamespace = current_schema()::regnamespace
"""
_PROGRESS = "SELECT blocks_done, nullif(blocks_total, 0) FROM pg_stat_progress_create_index WHERE pid = {pid}"
# idx_ of one partition: what CREATE INDEX would have called it is not needed, only that it is ours and stays short.
_LONGEST = 63


@dataclass(frozen=True, slots=True)
class Lacking:
    """An index that is not there, or that an interrupted command left unusable (`broken`)."""

    name: str
    table: str
    definition: str
    broken: bool


def lacking(database: Database) -> list[Lacking]:
    """Return the indexes of the schema that the database lacks, those of the wall first."""
    with database.reading() as connection:
        states = _states(connection)
    wanted = [index for table in metadata.sorted_tables for index in table.indexes]
    wanted.sort(key=lambda index: (index.name not in _FIRST, str(index.name)))
    return [
        Lacking(str(index.name), _table(index), _definition(database, index), index.name in states)
        for index in wanted
        if not states.get(str(index.name), False)
    ]


def make(database: Database, missing: Sequence[Lacking], report: Report) -> None:
    """Make these indexes one after the other; each is finished or not there."""
    if database.engine_name == "sqlite":
        with database.writing() as connection:
            for index in missing:
                connection.exec_driver_sql(index.definition)
                report.did(f"made the index {index.name} on {index.table}")
        return
    with alone(database) as connection:
        for index in missing:
            if index.broken:
                _drop(connection, index.name)
            _make(database, connection, index, report)
            report.did(f"made the index {index.name} on {index.table}, writers went on")


def concurrently(database: Database, connection: Connection, statement: str, what: str, report: Report) -> None:
    """Run one CREATE INDEX CONCURRENTLY and report how far it is."""
    report.stage(what)
    with _watching(database, connection, report):
        connection.exec_driver_sql(statement)


def leaves(connection: Connection, table: str) -> list[str]:
    """Return the partitions that hold rows of a partitioned table, [] for a plain one."""
    statement = f"SELECT relid::regclass::text FROM pg_partition_tree('{table}') WHERE isleaf AND level > 0 ORDER BY 1"
    return list(connection.exec_driver_sql(statement).scalars())


def _make(database: Database, connection: Connection, index: Lacking, report: Report) -> None:
    parts = leaves(connection, index.table)
    if not parts:
        statement = index.definition.replace("INDEX", "INDEX CONCURRENTLY", 1)
        concurrently(database, connection, statement, f"index {index.name}", report)
        return
    # A partitioned table takes no CONCURRENTLY: its own index is a frame that those of the partitions are hung into.
    connection.exec_driver_sql(index.definition.replace(f" ON {index.table}", f" ON ONLY {index.table}", 1))
    for part in parts:
        name = f"{part.rpartition('.')[2]}_{index.name}"[:_LONGEST]
        statement = index.definition.replace(f"INDEX {index.name} ON {index.table}", f"INDEX {name} ON {part}", 1)
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        statement = statement.replace("INDEX", "INDEX CONCURRENTLY", 1)
        concurrently(database, connection, statement, f"index {index.name} of {part}", report)
        connection.exec_driver_sql(f"ALTER INDEX {index.name} ATTACH PARTITION {name}")


def _drop(connection: Connection, name: str) -> None:
    kind = connection.exec_driver_sql(f"SELECT relkind FROM pg_class WHERE oid = to_regclass('{name}')").scalar()
    connection.exec_driver_sql(f"DROP INDEX {'' if kind == 'I' else 'CONCURRENTLY '}{name}")


def _states(connection: Connection) -> dict[str, bool]:
    """Return whether each index that exists can be used."""
    if connection.dialect.name == "postgresql":
        return {row[0]: row[1] for row in connection.exec_driver_sql(_STATES)}
    names = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'index'").scalars()
    return dict.fromkeys(names, True)


def _table(index: Index) -> str:
    assert index.table is not None
    return index.table.name


def _definition(database: Database, index: Index) -> str:
    dialect = postgresql.dialect() if database.engine_name == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]
    return re.sub(r"\s+", " ", str(CreateIndex(index).compile(dialect=dialect))).strip()


@contextmanager
def _watching(database: Database, connection: Connection, report: Report) -> Iterator[None]:
    """Read from a second connection how far the first one's index is."""
    pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(database, int(pid), over, report), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(database: Database, pid: int, over: threading.Event, report: Report) -> None:
    while not over.wait(0.5):
        try:
            with database.reading() as connection:
                row = connection.exec_driver_sql(_PROGRESS.format(pid=pid)).first()
        except StoreUnavailable:
            return
        if row is not None and row[1]:
            report.stage_of(row[1])
            report.at(row[0])


def settle_statistics(database: Database, tables: Sequence[str], report: Report) -> None:
    """Let the planner look at tables again."""
    if database.engine_name == "sqlite":
        with database.writing() as connection:
            connection.exec_driver_sql("ANALYZE")
        report.did("looked at the contents of every table, for the planner")
        return
    began = time.perf_counter()
    with alone(database) as connection:
        for table in tables:
            report.stage(f"ANALYZE {table}")
            connection.exec_driver_sql(f"ANALYZE {table}")
    report.did(f"looked at the contents of {', '.join(tables)}, for the planner ({time.perf_counter() - began:.1f} s)")
