"""Rows of the source that point at a row that is not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

from nicu_dashboard.migration.catalog import Catalog, SourceForeignKey
from nicu_dashboard.migration.kinds import SqliteValue
from nicu_dashboard.migration.names import quoted

FEW = 1_000
"""So many different values are looked up one by one; where there are more, SQLite checks every row."""


def orphans_of(connection: sqlite3.Connection, catalog: Catalog) -> dict[tuple[str, str], int]:
    """Return how many rows of (table, parent) point at a row that is not there."""
    found: dict[tuple[str, str], int] = {}
    aliases = {table.name.lower(): table.alias for table in catalog.tables}
    for table in catalog.tables:
        try:
            if all(
                _is_sound(connection, table.name, key, aliases.get(key.parent.lower())) for key in table.foreign_keys
            ):
                continue
            checked = connection.execute("SELECT * FROM pragma_foreign_key_check(?)", (table.name,)).fetchall()
        except sqlite3.DatabaseError:
            continue  # a key onto columns that are not unique: ddl.py reports it as not carried
        for row in checked:
            pair = (str(row[0]), str(row[2]))
            found[pair] = found.get(pair, 0) + 1
    return found


def _is_sound(connection: sqlite3.Connection, table: str, key: SourceForeignKey, alias: str | None) -> bool:
    """Return whether an index tells the few values of a key and each is a row id of its parent; False where in doubt.

    A baby's thousand readings each name one baby: going from value to value in the index looks at each baby once.
    """
    if alias is None or len(key.columns) != 1 or any(name.lower() != alias.lower() for name in key.parent_columns):
        return False
    own = quoted(key.columns[0])
    step = f"SELECT {own} FROM {quoted(table)} WHERE {own} > ? ORDER BY {own} LIMIT 1"
    if not _goes_by_index(connection, step):
        return False
    look = f"SELECT 1 FROM {quoted(key.parent)} WHERE {quoted(alias)} = ?"
    values = list(islice(_values(connection, step, table, own), FEW + 1))
    if len(values) > FEW or not all(type(value) is int for value in values):
        return False
    return all(connection.execute(look, (value,)).fetchone() for value in values)


def _values(connection: sqlite3.Connection, step: str, table: str, own: str) -> Iterator[SqliteValue]:
    found = connection.execute(f"SELECT min({own}) FROM {quoted(table)}").fetchone()
    while found is not None and found[0] is not None:
        yield found[0]
        found = connection.execute(step, (found[0],)).fetchone()


def _goes_by_index(connection: sqlite3.Connection, statement: str) -> bool:
    steps = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", (0,))]
    return len(steps) == 1 and steps[0].startswith("SEARCH ")
