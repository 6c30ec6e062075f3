"""Unlogged tables: a crash of the server empties them, so what was brought into them has to be brought again."""

from __future__ import annotations

from collections.abc import Iterable

from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.target import Connection

UNLOGGED = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence = 'u' AND c.relkind = 'r'
"""


def emptied(connection: Connection, tables: Iterable[TablePlan]) -> list[TablePlan]:
    """Return the unlogged tables that hold no row, in the caller's transaction."""
    unlogged = set(connection.execute(UNLOGGED).fetchall())
    return [table for table in tables if (table.schema, table.name) in unlogged and _is_empty(connection, table)]


def _is_empty(connection: Connection, table: TablePlan) -> bool:
    return connection.execute(f"SELECT NOT EXISTS (SELECT FROM {table.target})".encode()).fetchone() == (True,)
