"""What of a source a move knows nothing of: tables, columns and declarations that came or went since."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from nicu_dashboard.migration.catalog import Catalog, SourceTable, read_catalog
from nicu_dashboard.migration.comparing import NOT_MOVED, THERE, Difference
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.own import strangers
from nicu_dashboard.migration.plan import OWN, NotCarried
from nicu_dashboard.migration.prisma import of_theirs

TABLES = ("table", "virtual table")
CAME, CHANGED = "it came into the source since the move", "it is declared otherwise in the source since the move"
OTHER_FILE = "Name the file that was moved."


def counted_again(file: sqlite3.Connection, run: Run) -> Run:
    """Return the run with the rows that the file holds now; raises MigrationError when a table or column is gone."""
    known = {table.name: table for table in read_catalog(file).tables}
    tables = []
    for table in run.plan.tables:
        if table.source not in known:
            raise MigrationError(f"the source no longer has the table {table.source}.", OTHER_FILE)
        has = {column.name for column in known[table.source].columns}
        if gone := [column.source for column in table.columns if column.source not in has]:
            raise MigrationError(f"the source no longer has the column {table.source}.{gone[0]}.", OTHER_FILE)
        rows = int(file.execute(f"SELECT count(*) FROM {quoted(table.source)}").fetchone()[0])
        tables.append(replace(table, rows=rows))
    return replace(run, plan=replace(run.plan, tables=tuple(tables)))


def not_moved(file: sqlite3.Connection, run: Run) -> list[Difference]:
    """Return the tables and columns of a source that the move knows nothing of: they came since, or it is another.

    A table that is none of the dashboard's is no difference in a file of ours: see told_again.
    """
    tables, told = read_catalog(file).tables, {item.name for item in run.plan.not_carried if item.what in TABLES}
    known = {table.source for table in run.plan.tables}
    new = [table for table in tables if table.name not in known | told and run.plan.mapping != OWN]
    found = [Difference(table.name, "", "table", THERE, NOT_MOVED) for table in new]
    found += [
        Difference(table.name, "", f"column {name}", THERE, NOT_MOVED)
        for table in tables
        for name in _new_columns(table, run)
    ]
    return sorted(found, key=lambda item: (item.table, item.column))


def _new_columns(table: SourceTable, run: Run) -> Iterator[str]:
    for planned in run.plan.tables:
        if planned.source == table.name:
            known = {column.source for column in planned.columns}
            yield from (column.name for column in table.columns if column.name not in known)


def told_again(file: sqlite3.Connection, run: Run) -> Run:
    """Return the run with what is not carried as the file is now."""
    catalog = read_catalog(file)
    if run.plan.mapping == OWN:
        kept = tuple(item for item in run.plan.not_carried if item.what != "table")
        now = (*kept, *strangers(file, catalog))
    else:
        now = (*run.plan.not_carried, *_declared_since(of_theirs(catalog), run))
    return replace(run, plan=replace(run.plan, not_carried=now))


def _declared_since(catalog: Catalog, run: Run) -> Iterator[NotCarried]:
    """Yield the indexes, views and triggers that are new, and the tables whose declaration alone is another."""
    before = {(item.kind, item.name): item.sql for item in run.plan.objects}
    grown = {table.name for table in catalog.tables if [*_new_columns(table, run)]}
    for item in catalog.objects:
        said = before.get((item.kind, item.name))
        if said is None and item.kind != "table":
            yield NotCarried(item.kind, item.name, CAME)
        elif said not in (None, item.sql) and item.name not in grown:
            yield NotCarried(item.kind, item.name, CHANGED)
