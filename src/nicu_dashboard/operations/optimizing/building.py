"""Making one index beside a running ward: concurrently, partition by partition, its progress told."""

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import partitions
from nicu_dashboard.operations.optimizing.beside import beside
from nicu_dashboard.operations.reporting import Report

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
        report.stage(f"index {name}")
        beside(database, connection, statement, report)
        return
    # A partitioned table takes no CONCURRENTLY: its own index is a frame that those of the partitions are hung into.
    connection.exec_driver_sql(f"{head}INDEX {name} ON ONLY {table} {tail}")
    for part in connection.exec_driver_sql(_BARE.format(table=table, index=name)).scalars().all():
        own = f"{part.rpartition('.')[2]}_{name}"[:_LONGEST]
        beside(database, connection, f"DROP INDEX CONCURRENTLY IF EXISTS {own}", report)
        statement = f"{head}INDEX CONCURRENTLY {own} ON {part} {tail}"
        report.stage(f"index {name} of {part}")
        beside(database, connection, statement, report)
        connection.exec_driver_sql(f"ALTER INDEX {name} ATTACH PARTITION {own}")


def drop(database: Database, connection: Connection, name: str, report: Report) -> None:
    """Drop an index, if it is there, as far as possible without holding anybody up."""
    kind = connection.exec_driver_sql(f"SELECT relkind FROM pg_class WHERE oid = to_regclass('{name}')").scalar()
    if kind == "I":
        connection.exec_driver_sql(f"DROP INDEX {name}")
    elif kind is not None:
        beside(database, connection, f"DROP INDEX CONCURRENTLY {name}", report)
