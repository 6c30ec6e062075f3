"""TimescaleDB where the server has it: chunks instead of partitions, compressed after a week, dropped by retention."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing.periods import WEEKLY, literal
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, quietly

_EXTENSION = "SELECT default_version, installed_version FROM pg_available_extensions WHERE name = 'timescaledb'"
COMPRESS_AFTER = "7 days"
_KNOWN = "SELECT to_regclass('timescaledb_information.hypertables')"
_HYPERTABLES = """
SELECT hypertable_name, num_chunks, approximate_row_count(place), size.table_bytes + size.toast_bytes, size.index_bytes
FROM timescaledb_information.hypertables
CROSS JOIN LATERAL (SELECT format('%I.%I', hypertable_schema, hypertable_name)::regclass AS place) AS named
CROSS JOIN LATERAL hypertable_detailed_size(place) AS size
WHERE hypertable_schema = current_schema()
"""
_INDEXES = """
SELECT relname, hypertable_index_size(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass('{table}')
"""


@dataclass(frozen=True, slots=True)
class Timescale:
    """The version the server offers and the one this database has; None where there is none."""

    offered: str | None
    installed: str | None


@dataclass(frozen=True, slots=True)
class Hypertable:
    """A hypertable: its chunks, about how many rows, bytes of its data and of each index.

    What indexes compressed rows has no name in the schema and is counted as data.
    """

    name: str
    chunks: int
    rows: int
    data: int
    indexes: Mapping[str, int]


def detect(connection: Connection) -> Timescale:
    """Return what TimescaleDB this server and this database have."""
    row = connection.exec_driver_sql(_EXTENSION).first()
    return Timescale(None, None) if row is None else Timescale(row[0], row[1])


def must_be_there(connection: Connection) -> Timescale:
    """Return the TimescaleDB of this server; raises CannotCare where there is none or where it cannot compress."""
    found = detect(connection)
    if found.offered is None:
        raise CannotCare(
            "this server has no TimescaleDB; everything works without it, run: nicu db optimize --partition"
        )
    secured = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('vitals')"
    if connection.exec_driver_sql(secured).scalar():
        raise CannotCare(
            "TimescaleDB cannot compress a table with row level security, and vitals has it; choose one of the two:"
            " nicu db optimize --partition goes with row level security"
        )
    return found


def install(database: Database, found: Timescale, report: Report) -> None:
    """Add the extension to this database where it is not there yet."""
    if found.installed is None:
        quietly(database, "CREATE EXTENSION IF NOT EXISTS timescaledb")
        report.did(f"added the extension timescaledb {found.offered}")


def compress(database: Database, report: Report) -> None:
    """Let chunks be compressed once they are a week old; a late reading still finds its place in them."""
    quietly(database, *compress_statements())
    report.did(f"chunks of {WEEKLY.length_ms // 86_400_000} days are compressed after {COMPRESS_AFTER}")


def compress_statements() -> list[str]:
    """Return what sets compression up; both statements may be run again."""
    return [
        "ALTER TABLE vitals SET (timescaledb.compress, timescaledb.compress_segmentby = 'patient_id, source_id',"
        " timescaledb.compress_orderby = 'recorded_at DESC, id DESC')",
        f"SELECT add_compression_policy('vitals', INTERVAL '{COMPRESS_AFTER}', if_not_exists => true)",
    ]


def drop_before(connection: Connection, before: int) -> list[str]:
    """Drop the chunks that end at or before an instant; return their names."""
    statement = f"SELECT drop_chunks('vitals', older_than => timestamptz {literal(before)})"
    return [str(name) for name in connection.exec_driver_sql(statement).scalars()]


def hypertables(connection: Connection) -> list[Hypertable]:
    """Return the hypertables of the schema with the bytes of all their chunks, compressed ones included."""
    if connection.exec_driver_sql(_KNOWN).scalar() is None:
        return []
    # Without bound parameters the percent signs of format() are the statement's own.
    plain = connection.execution_options(no_parameters=True)
    found = []
    for name, chunks, rows, data, index_bytes in plain.exec_driver_sql(_HYPERTABLES).all():
        sizes = plain.exec_driver_sql(_INDEXES.format(table=name)).all()
        indexes = {index: int(size or 0) for index, size in sizes}
        found.append(Hypertable(name, chunks, int(rows), int(data) + int(index_bytes) - sum(indexes.values()), indexes))
    return found
