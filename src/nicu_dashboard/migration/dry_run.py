"""Trying a plan on every value without writing: what would be rejected, and why."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from nicu_dashboard.migration.chunks import Chunk
from nicu_dashboard.migration.exact import exact_rows
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import ColumnPlan, TablePlan
from nicu_dashboard.migration.rejects import Reject

BLOCK_ROWS = 5_000
PROVEN_BY_PROFILE = frozenset({"bigint", "double", "boolean", "bytea", "numeric", "timestamptz", "timestamp", "date"})
CHECKED_IN_BLOCKS = frozenset({"text", "json", "any_json", "any_text"})


def rejects_of(connection: sqlite3.Connection, table: TablePlan, chosen: frozenset[str]) -> Iterator[Reject]:
    """Yield what of a fully profiled table would be rejected; `chosen` are the columns whose type a person chose."""
    doubtful = any(_is_doubtful(connection, table, column, chosen) for column in table.copied)
    if not doubtful:
        return
    for row in exact_rows(connection, table, Chunk(table.source, 0, None, None, table.rows)):
        if row.reject is not None:
            yield row.reject


def _is_doubtful(connection: sqlite3.Connection, table: TablePlan, column: ColumnPlan, chosen: frozenset[str]) -> bool:
    if column.misfits or f"{table.source}.{column.source}" in chosen:
        return True
    if column.kind.name in PROVEN_BY_PROFILE:
        return False
    return column.kind.name not in CHECKED_IN_BLOCKS or _has_unfit_text(connection, table, column)


def _has_unfit_text(connection: sqlite3.Connection, table: TablePlan, column: ColumnPlan) -> bool:
    cursor = connection.execute(
        f"SELECT CAST({column.read} AS BLOB) FROM {quoted(table.source)} WHERE typeof({column.read}) = 'text'"
    )
    while block := cursor.fetchmany(BLOCK_ROWS):
        values = [value for (value,) in block]
        joined = b"\n".join(values)
        try:
            joined.decode()
        except UnicodeDecodeError:
            return True
        if b"\0" in joined and not column.kind.name.startswith("any_"):
            return True
    return False
