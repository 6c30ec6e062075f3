"""The way back to a dashboard's own SQLite file: a new store of the same schema, filled and verified."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import connect as open_database
from nicu_dashboard.adapters.sql.moved import MOVED_TABLE, closing_function, closing_triggers
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.own import Own
from nicu_dashboard.migration.own_target import tables_in
from nicu_dashboard.migration.plan import REVISION_TABLE, Plan, TablePlan
from nicu_dashboard.migration.rejects import Reject
from nicu_dashboard.migration.restarting import dashboards
from nicu_dashboard.migration.roll_back import WayBack
from nicu_dashboard.migration.target import Connection


@dataclass
class OwnWayBack(WayBack):
    """Writes a store of ours; `old` is the plan of the move, by which rejected rows were kept."""

    old: Plan | None = None

    def write(self, path: Path) -> None:
        """Fill the store that set_up has made; what SQLite cannot hold is kept in `unfit`."""
        self.progress.start("copy", sum(table.rows for table in self.plan.tables), "rows")
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("PRAGMA journal_mode = DELETE")
            file.execute("PRAGMA synchronous = OFF")
            file.execute("BEGIN")
            for table in reversed(self.plan.tables):
                file.execute(f"DELETE FROM {quoted(table.source)}")
            for table in self.plan.tables:
                self.counted.append(replace(table, rows=self._fill(file, table)))
            self._set_sequences(file)
            file.execute("COMMIT")
        self.progress.finish("copy")

    def _restore(self, file: sqlite3.Connection, statement: str, table: TablePlan, reject: Reject) -> int:
        """Put a rejected row back by the columns it was kept with."""
        kept = next((item for item in self.old.tables if item.source == table.source), table) if self.old else table
        columns = [column.source for column in kept.copied]
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {quoted(table.source)} ({quoted_list(columns)}) VALUES ({marks})"
        return super()._restore(file, insert, kept, reject)


def own_plan(connection: Connection, path: Path, schema: str) -> Plan:
    """Set up an empty store at `path` and return the plan that fills it; raises TargetRefused on another revision."""
    row = connection.execute(f"SELECT version_num FROM {quoted(schema)}.{REVISION_TABLE}".encode()).fetchone()
    if row is None or row[0] != revisions.head():
        raise TargetRefused("the database has another version's schema.", "Run `nicu db upgrade` on it first.")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(open_database(f"sqlite:///{path.absolute()}", environ={})) as database:
        revisions.upgrade(database)
    with closing(sqlite3.connect(path)) as file:
        plan = Own(schema).plan(file, read_catalog(file), sample=True)
    return replace(plan, tables=tuple(replace(table, rows=_estimate(connection, table)) for table in plan.tables))


def _estimate(connection: Connection, table: TablePlan) -> int:
    row = connection.execute(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", (table.target,)
    ).fetchone()
    return int(str(row[0])) if row else 0


def is_own(connection: Connection, schema: str) -> bool:
    """Return whether a schema holds a dashboard's store."""
    return {REVISION_TABLE, "patients", "vitals"} <= set(tables_in(connection, schema))


def hold_writers(connection: Connection, schema: str) -> None:
    """Let nobody write our tables until this transaction ends; raises TargetRefused while a dashboard is there."""
    if dashboards(connection):
        raise TargetRefused(
            "a dashboard is at work on this database: what it takes meanwhile would wait in its spool.",
            "Let its spool drain, stop it, and repeat; without --close it may go on working.",
        )
    names = ", ".join(f"{quoted(schema)}.{quoted(str(name))}" for name in metadata.tables)
    connection.execute(f"LOCK TABLE {names} IN SHARE MODE".encode())


def close_database(connection: Connection, schema: str, setting: str) -> None:
    """Let the database refuse every write from now on and name the new home, in the caller's transaction.

    One that was closed before, by a way back whose file is gone, names the new file.
    """
    open_database_again(connection, schema)
    tables = [str(name) for name in metadata.tables]
    for statement in (*closing_function(schema), *closing_triggers(schema, tables)):
        connection.execute(statement.encode())
    connection.execute(
        f"INSERT INTO {quoted(schema)}.{MOVED_TABLE} VALUES (%s, to_char(clock_timestamp() AT TIME ZONE 'UTC',"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')".encode(),
        (setting,),
    )


def database_home(connection: Connection, schema: str) -> str:
    """Return the setting of the home that a closed database names, "" where it is open."""
    name = f"{quoted(schema)}.{MOVED_TABLE}"
    if connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() == (None,):
        return ""
    row = connection.execute(f"SELECT setting FROM {name}".encode()).fetchone()
    return str(row[0]) if row else ""


def open_database_again(connection: Connection, schema: str) -> bool:
    """Let a database that was closed serve again, in the caller's transaction; return whether it was closed."""
    was = connection.execute("SELECT to_regclass(%s)", (f"{quoted(schema)}.{MOVED_TABLE}",)).fetchone() != (None,)
    if was:
        connection.execute(f"DROP FUNCTION IF EXISTS {quoted(schema)}.{MOVED_TABLE}_refuses() CASCADE".encode())
        connection.execute(f"DROP TABLE {quoted(schema)}.{MOVED_TABLE}".encode())
    return was
