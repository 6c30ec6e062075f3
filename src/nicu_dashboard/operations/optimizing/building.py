"""Making one index beside a running ward: concurrently, partition by partition, its progress told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import partitions
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.ports.tick import StoreUnavailable

_PROGRESS = "SELECT blocks_done, nullif(blocks_total, 0) FROM pg_stat_progress_create_index WHERE pid = {pid}"
# idx_ of one partition: what CREATE INDEX would have called it is not needed, only that it is ours and stays short.
_LONGEST = 63
# Partitions without their part of an index; one that is made meanwhile has it from the beginning.
_BARE = """
SELECT relid::regclass::text FROM pg_partition_tree('{table}') WHERE isleaf AND level > 0 AND relid NOT IN (
    SELECT indrelid FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid WHERE inhparent = to_regclass('{index}'))
ORDER BY 1
"""


def build(database: Database, connection: Connection, name: str, table: str, definition: str, report: Report) -> None:
    """Make the index of this definition, of any name, under `name`; each part of it is finished or not there."""
    head, tail = definition[: definition.index("INDEX")], definition.partition(f" ON {table} ")[2]
    kind = partitions.kind(connection, table)
    if kind == "hypertable":  # TimescaleDB makes none concurrently; what is compressed is not read for it
        report.stage(f"index {name}")
        connection.exec_driver_sql(f"{head}INDEX {name} ON {table} {tail}")
        return
    if kind == "plain":
        statement = f"{head}INDEX CONCURRENTLY {name} ON {table} {tail}"
        _concurrently(database, connection, statement, f"index {name}", report)
        return
    # A partitioned table takes no CONCURRENTLY: its own index is a frame that those of the partitions are hung into.
    connection.exec_driver_sql(f"{head}INDEX {name} ON ONLY {table} {tail}")
    for part in connection.exec_driver_sql(_BARE.format(table=table, index=name)).scalars().all():
        own = f"{part.rpartition('.')[2]}_{name}"[:_LONGEST]
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {own}")
        statement = f"{head}INDEX CONCURRENTLY {own} ON {part} {tail}"
        _concurrently(database, connection, statement, f"index {name} of {part}", report)
        connection.exec_driver_sql(f"ALTER INDEX {name} ATTACH PARTITION {own}")


def drop(connection: Connection, name: str) -> None:
    """Drop an index, if it is there, as far as possible without holding anybody up."""
    kind = connection.exec_driver_sql(f"SELECT relkind FROM pg_class WHERE oid = to_regclass('{name}')").scalar()
    if kind is not None:
        connection.exec_driver_sql(f"DROP INDEX {'' if kind == 'I' else 'CONCURRENTLY '}{name}")


def _concurrently(database: Database, connection: Connection, statement: str, what: str, report: Report) -> None:
    """Run one CREATE INDEX CONCURRENTLY and report how far it is."""
    report.stage(what)
    with _watching(database, connection, report):
        connection.exec_driver_sql(statement)


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
