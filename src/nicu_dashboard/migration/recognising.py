"""Telling what kind of SQLite file this is, and so which way its tables go."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping as Lookup
from typing import Protocol

from nicu_dashboard.migration.errors import MigrationError, SourceUnreadable
from nicu_dashboard.migration.mapping import AsIs, Mapping
from nicu_dashboard.migration.plan import OWN, PRISMA, Plan
from nicu_dashboard.migration.prisma_columns import is_prisma


class Choice(Protocol):
    """What a person chose."""

    @property
    def as_is(self) -> bool:
        """Return whether the file is copied with its own tables."""
        ...

    @property
    def schema(self) -> str:
        """Return the schema that takes the tables."""
        ...

    @property
    def kinds(self) -> Lookup[str, str]:
        """Return the types chosen by `table.column`."""
        ...

    @property
    def chunk_rows(self) -> int:
        """Return how many rows go at a time."""
        ...


def choose(connection: sqlite3.Connection, chosen: Choice) -> Mapping:
    """Return the way for this file; raises MigrationError when it is not ours and no plain copy was asked for."""
    if not _tables(connection):
        raise SourceUnreadable("the file holds no table: there is nothing to move.", "Name the file that holds data.")
    if chosen.as_is:
        return AsIs(chosen.schema, chosen.kinds, chosen.chunk_rows)
    kind = kind_of_file(connection)
    if kind is None:
        raise MigrationError(
            "this file is not one of the dashboard's own.", "Add --as-is to copy it with its own tables and names."
        )
    if chosen.kinds:
        raise MigrationError("--type is for --as-is: the dashboard's own tables have their types.")
    return _of_a_dashboard(kind, chosen.schema, chosen.chunk_rows)


def kind_of_file(connection: sqlite3.Connection) -> str | None:
    """Return which dashboard wrote the file, None for any other."""
    names = _tables(connection)
    if {"alembic_version", "patients", "vitals"} <= names:
        return OWN
    return PRISMA if is_prisma(names) else None


def _tables(connection: sqlite3.Connection) -> set[str]:
    statement = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return {str(row[0]) for row in connection.execute(statement)}


def mapping_of(plan: Plan, chunk_rows: int) -> Mapping:
    """Return the way by which a plan was made."""
    if plan.mapping in (OWN, PRISMA):
        return _of_a_dashboard(plan.mapping, plan.schema, chunk_rows)
    return AsIs(plan.schema, plan.choices, chunk_rows)


def _of_a_dashboard(kind: str, schema: str, chunk_rows: int) -> Mapping:
    from nicu_dashboard.migration.own import Own  # both load SQLAlchemy, a quarter of a second
    from nicu_dashboard.migration.prisma import Prisma

    return Own(schema, chunk_rows) if kind == OWN else Prisma(schema, chunk_rows)
