"""Indexes the dashboard needs, made beside the running ward: no writer waits for more than a moment."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Index
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.operations.optimizing import building, partitions, successors
from nicu_dashboard.operations.optimizing.beside import let_finish
from nicu_dashboard.operations.optimizing.successors import Keeper
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, alone
from nicu_dashboard.ports.tick import StoreRefused

_FIRST = ("idx_alarms_active", "idx_vitals_dashboard")
_STATES = """
SELECT i.relname, CASE WHEN indisvalid THEN pg_get_indexdef(i.oid) ELSE '' END
FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid
WHERE i.relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Lacking:
    """An index that is not there, or that is there and cannot be used or is another (`broken`).

    `keeper` tells of one that keeps rows unique: without it the store takes no such rows.
    """

    name: str
    table: str
    definition: str
    broken: bool
    keeper: Keeper | None = None


def lacking(database: Database) -> list[Lacking]:
    """Return the indexes of the schema that the database lacks, those of the wall first."""
    with database.reading() as connection:
        states = _states(connection)
    wanted = [index for table in metadata.sorted_tables for index in table.indexes]
    wanted.sort(key=lambda index: (index.name not in _FIRST, str(index.name)))
    asked = [_asked(database, index, str(index.name) in states) for index in wanted]
    return [index for index in asked if not _serves(index, states.get(index.name))]


def _asked(database: Database, index: Index, is_there: bool) -> Lacking:
    name, table, definition = str(index.name), _table(index), _definition(database, index)
    return Lacking(name, table, definition, is_there, Keeper(name, table, definition) if index.unique else None)


def _serves(index: Lacking, found: str | None) -> bool:
    """Return whether what the database tells of an index is enough; of one that keeps rows unique every word counts."""
    return bool(found) and (index.keeper is None or index.keeper.is_like(found or ""))


def make(database: Database, missing: Sequence[Lacking], report: Report) -> None:
    """Make these indexes one after the other; each is finished or not there. Raises CannotCare where rows are doubled.

    One that keeps rows unique is succeeded, never dropped first.
    """
    if database.engine_name == "sqlite":
        for index in missing:
            _make_in_a_file(database, index)
            report.did(f"made the index {index.name} on {index.table}")
        return
    for index in missing:
        if index.keeper:
            successors.succeed(database, index.keeper, report)
        else:
            with alone(database) as connection:
                building.drop(database, connection, index.name, report)
                building.build(database, connection, index.name, index.table, index.definition, report)
        report.did(f"made the index {index.name} on {index.table}, writers went on")


def prepare(database: Database, report: Report) -> None:
    """Make beside the running ward what an upgrade of a server would make while everybody waits."""
    if database.engine_name == "sqlite":
        return
    let_finish(database, report)
    for index in lacking(database):
        if index.keeper and _is_there(database, index.table):
            successors.prepare(database, index.keeper, report)
            report.did(f"made the index {index.name} on {index.table} beside the old one, writers went on")


def _is_there(database: Database, table: str) -> bool:
    with database.reading() as connection:
        return partitions.kind(connection, table) != "missing"


def _make_in_a_file(database: Database, index: Lacking) -> None:
    """Make an index of SQLite, whose only writer this is: until it commits, the old one is there."""
    try:
        with database.writing() as connection:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {index.name}")
            connection.exec_driver_sql(index.definition)
    except StoreRefused:
        assert index.keeper
        with database.reading() as connection:
            count = len(connection.exec_driver_sql(successors.doubles(index.keeper)).all())
        raise CannotCare(successors.doubled(index.keeper, count)) from None


def _states(connection: Connection) -> dict[str, str]:
    """Return the definition of each index that exists, empty where it cannot be used."""
    if connection.dialect.name == "postgresql":
        return {row[0]: row[1] for row in connection.exec_driver_sql(_STATES)}
    query = "SELECT name, coalesce(sql, name) FROM sqlite_schema WHERE type = 'index'"
    return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


def _table(index: Index) -> str:
    assert index.table is not None
    return index.table.name


def _definition(database: Database, index: Index) -> str:
    dialect = postgresql.dialect() if database.engine_name == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]
    return re.sub(r"\s+", " ", str(CreateIndex(index).compile(dialect=dialect))).strip()


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
