"""SQLite files for the tests of the move, and what they hold in a form that can be compared."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from nicu_dashboard.migration.source import surrogate_text

Contents = dict[str, Counter[tuple[tuple[str, object], ...]]]


def make(path: Path, script: str, rows: Iterable[tuple[str, Iterable[tuple[object, ...]]]] = ()) -> Path:
    """Write a SQLite file from a script, then (statement, parameters) pairs; foreign keys are not enforced."""
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(script)
        for statement, parameters in rows:
            file.executemany(statement, parameters)
    return path


def contents(path: Path) -> Contents:
    """Return every row of every table as (storage class, value) pairs, counted."""
    with closing(sqlite3.connect(path)) as file:
        file.text_factory = surrogate_text
        names = [
            str(name)
            for (name,) in file.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
                " AND name NOT LIKE 'sqlite_sch%'"
            )
        ]
        return {name: _rows(file, name) for name in names}


def _rows(file: sqlite3.Connection, name: str) -> Counter[tuple[tuple[str, object], ...]]:
    quoted = '"' + name.replace('"', '""') + '"'
    found = [row for row in file.execute(f"PRAGMA table_xinfo({quoted})") if row[6] != 1]
    columns = ['"' + row[1].replace('"', '""') + '"' for row in found]
    listed = ", ".join(f"typeof({column}), {column}" for column in columns)
    return Counter(
        tuple((row[place], row[place + 1]) for place in range(0, len(row), 2))
        for row in file.execute(f"SELECT {listed} FROM {quoted}")
    )


def schema(path: Path) -> list[tuple[object, ...]]:
    """Return what sqlite_schema declares."""
    with closing(sqlite3.connect(path)) as file:
        return sorted(file.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
