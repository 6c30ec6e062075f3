"""The boundary of a verification: in a private snapshot, whatever changed after it takes the target's own values.

So those rows cannot differ, and all others are compared by the usual means, though both sides go on living.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration.bringing import Key, keep_keys, read_noted
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.following import APPENDED, key_of, notes_of, open_again, remove
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.kinds import SqliteValue, codec
from nicu_dashboard.migration.marks import Following, Marks
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import Plan, TablePlan
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import fields_of

VIEWS_SCHEMA = "nicu_migration"


def settle(snapshot: Path, target: Connection, run: Run, following: Following) -> int:
    """Bring a snapshot to the boundary, in the caller's transaction; return how many changes lie beyond it."""
    with closing(sqlite3.connect(snapshot, isolation_level=None)) as file:
        file.execute("BEGIN")
        marks = Marks(target, run.id).marks()
        if following.state == "moved":
            open_again(file)
            changed = _corrected_since(target, run)
        else:
            changed = {table.source: _noted(file, table, marks) for table in run.plan.tables}
        _drop_triggers(file)
        beyond = 0
        for table in run.plan.tables:
            if table.source in APPENDED:
                number = quoted(APPENDED[table.source])
                gone = file.execute(
                    f"DELETE FROM {quoted(table.source)} WHERE {number} > ?", (marks.get(table.source, 0),)
                )
                beyond += gone.rowcount
            if keys := changed.get(table.source):
                _take_targets(file, target, table, keys)
                beyond += len(keys)
        remove(file)
        file.execute("COMMIT")
    return beyond


def _noted(file: sqlite3.Connection, table: TablePlan, marks: dict[str, int]) -> list[Key]:
    key = key_of(table.source)
    below = f" WHERE {quoted(key[0])} <= {marks.get(table.source, 0)}" if table.source in APPENDED else ""
    return file.execute(f"SELECT {quoted_list(key)} FROM {notes_of(table.source)}{below}").fetchall()


def _drop_triggers(file: sqlite3.Connection) -> None:
    for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        file.execute(f"DROP TRIGGER {quoted(name)}")


def _take_targets(file: sqlite3.Connection, target: Connection, table: TablePlan, keys: Sequence[Key]) -> None:
    same = " AND ".join(f"{quoted(part)} = ?" for part in key_of(table.source))
    file.executemany(f"DELETE FROM {quoted(table.source)} WHERE {same}", keys)
    keep_keys(target, table, keys)
    columns = [column.source for column in table.columns]
    marks = ", ".join("?" * len(columns))
    file.executemany(
        f"INSERT OR IGNORE INTO {quoted(table.source)} ({quoted_list(columns)}) VALUES ({marks})",
        [_values(table, wire) for wire in read_noted(target, table)],
    )


def _values(table: TablePlan, wire: bytes) -> list[SqliteValue]:
    found = list[SqliteValue]()
    for column, raw in zip(table.columns, fields_of(wire), strict=True):
        try:
            found.append(None if raw is None else codec(column.kind)[1](raw))
        except Unfit:
            found.append(None)
    return found


def _corrected_since(target: Connection, run: Run) -> dict[str, list[Key]]:
    """Return the readings that were corrected or merged on the target since the cut-over."""
    schema = next(table.schema for table in run.plan.tables if table.source == "vitals")
    rows = target.execute(
        f"SELECT id FROM {quoted(schema)}.vitals v JOIN nicu_migration.marks m ON m.source_table = 'vitals'"
        " JOIN nicu_migration.following f ON f.run_id = m.run_id"
        f" WHERE m.run_id = {run.id} AND v.id <= m.mark AND v.received_at > f.moved_at - interval '1 minute'".encode()
    ).fetchall()
    return {"vitals": [(int(str(number)),) for (number,) in rows]}


def view_of(table: str) -> str:
    """Return the name of the view of an appended table as it was at the cut-over."""
    return f"{table}_at_cut_over"


def views_at_cut_over(plan: Plan, marks: dict[str, int]) -> list[str]:
    """Return the statements that make these views: what was appended later is not in them."""
    return [
        f"CREATE OR REPLACE VIEW {VIEWS_SCHEMA}.{quoted(view_of(table.source))} AS SELECT * FROM {table.target}"
        f" WHERE {quoted(APPENDED[table.source])} <= {marks.get(table.source, 0)}"
        for table in plan.tables
        if table.source in APPENDED
    ]


def tables_at_cut_over(plan: Plan) -> tuple[tuple[TablePlan, ...], list[str]]:
    """Return the plans that read these views, and the names of the tables that have none."""
    kept = tuple(
        replace(
            table,
            schema=VIEWS_SCHEMA,
            name=view_of(table.source),
            columns=tuple(replace(column, identity=False) for column in table.columns),
        )
        for table in plan.tables
        if table.source in APPENDED
    )
    return kept, [table.source for table in plan.tables if table.source not in APPENDED]
