"""Which source table becomes which target table: the layer between the file's schema and the target's."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field, replace
from typing import Protocol

from nicu_dashboard.migration.catalog import Catalog, SourceColumn, SourceTable
from nicu_dashboard.migration.chunks import MOST_CHUNK_ROWS, rows_per_chunk
from nicu_dashboard.migration.ddl import not_carried, onto_parents, steps_after_load
from nicu_dashboard.migration.defaults import translate_default
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.generated import same_arithmetic
from nicu_dashboard.migration.names import postgres_name, quoted
from nicu_dashboard.migration.orphans import orphans_of
from nicu_dashboard.migration.plan import AS_IS, ColumnPlan, NotCarried, Plan, TablePlan
from nicu_dashboard.migration.profile import COLUMNS_AT_ONCE, TableProfile, profile_table
from nicu_dashboard.migration.sqltext import has_no_text, module_of
from nicu_dashboard.migration.types import decide, named_kind

MOST_COLUMNS = 1600
PLAIN_TABLE = "its rows are kept as a plain table, its search is not"
NO_WORDS = "it keeps no text, only what finds it: not even the way back has it; fill it again from where its text is"
SHOWING = frozenset({"fts5vocab", "fts4aux", "dbstat"})
"""Modules of virtual tables that hold nothing of their own and cannot be written to."""
BYTES_SAMPLED_ROWS = 500


class Mapping(Protocol):
    """A way from the tables of a file to the tables of the target."""

    @property
    def way(self) -> str:
        """Return AS_IS, OWN or PRISMA."""
        ...

    @property
    def schema(self) -> str:
        """Return the schema that takes the tables."""
        ...

    def plan(self, connection: sqlite3.Connection, catalog: Catalog, sample: bool) -> Plan:
        """Return the plan for a file; `sample` looks at stretches of large tables only."""
        ...

    def plan_again(self, connection: sqlite3.Connection, catalog: Catalog, plan: Plan, source: str) -> Plan:
        """Return the plan with one table looked at again, every row of it."""
        ...


@dataclass
class AsIs:
    """The plain copy of any SQLite file: the same tables and names, into one schema."""

    schema: str = "public"
    choices: Lookup[str, str] = field(default_factory=dict)
    """Kinds by `table.column`, from --type."""
    chunk_rows: int = MOST_CHUNK_ROWS
    way = AS_IS

    def plan(self, connection: sqlite3.Connection, catalog: Catalog, sample: bool) -> Plan:
        """Return the plan for a file; raises MigrationError when a choice names no column."""
        self._refuse_unknown_choices(catalog)
        tables, lost = [], list(not_carried(catalog))
        made = {item.name: item.sql for item in catalog.objects}
        names: set[str] = set()
        for table in catalog.tables:
            if module_of(made.get(table.name, "")) in SHOWING:
                lost.append(NotCarried("virtual table", table.name, "it only shows what another table holds"))
                continue
            try:
                planned = self._plan_table(connection, catalog, table, sample, names)
            except sqlite3.OperationalError as error:
                if not table.virtual:
                    raise
                lost.append(NotCarried("virtual table", table.name, f"it cannot be read: {error}"))
                continue
            names.add(planned.name)
            tables.append(planned)
            lost += _lost_columns(table, planned, made.get(table.name, ""))
        steps, unsaid = steps_after_load(catalog, tuple(tables))
        kept = onto_parents(steps, tuple(tables))
        orphans = tuple(
            (table, parent, count)
            for (table, parent), count in sorted(orphans_of(connection, catalog).items())
            if (table, parent.lower()) in kept
        )
        return Plan(
            self.schema, tuple(tables), steps, (*lost, *unsaid), catalog.objects, catalog.page_size, catalog.encoding,
            orphans, choices=dict(self.choices), marks=catalog.marks,
        )  # fmt: skip

    def plan_again(self, connection: sqlite3.Connection, catalog: Catalog, plan: Plan, source: str) -> Plan:
        """Return the plan with one table looked at again, every row of it."""
        own = next(table for table in catalog.tables if table.name == source)
        tables = []
        for planned in plan.tables:
            if planned.source == source:
                again = self._plan_table(connection, catalog, own, False, set())
                tables.append(replace(again, name=planned.name))
            else:
                tables.append(planned)
        return replace(plan, tables=tuple(tables), steps=steps_after_load(catalog, tuple(tables))[0])

    def _refuse_unknown_choices(self, catalog: Catalog) -> None:
        known = {f"{table.name}.{column.name}" for table in catalog.tables for column in table.columns}
        if unknown := sorted(set(self.choices) - known):
            raise MigrationError(
                f"--type names {unknown[0]}, which the source does not have.", "Run `plan` to see all."
            )

    def _plan_table(
        self, connection: sqlite3.Connection, catalog: Catalog, table: SourceTable, sample: bool, taken: set[str]
    ) -> TablePlan:
        if len(table.columns) > MOST_COLUMNS:
            raise MigrationError(
                f"table {table.name} has {len(table.columns)} columns; PostgreSQL holds {MOST_COLUMNS}.",
                "Divide it, or take columns out of it, in a copy of the file; then move the copy.",
            )
        profile = profile_table(connection, table, sample)
        columns: list[ColumnPlan] = []
        for column in table.columns:
            columns.append(self._plan_column(connection, table, column, profile, {done.name for done in columns}))
        pairs = list(zip(columns, table.columns, strict=True))
        stored = {column.source.lower(): column for column, own in pairs if own.generated is None}
        columns = [_generated(column, own, stored) for column, own in pairs]
        alias = next((column.name for column in columns if column.source == table.alias), None)
        size = row_bytes(connection, table)
        return TablePlan(
            table.name, self.schema, postgres_name(table.name, taken), tuple(columns), table.rowid, alias, table.key,
            profile.rows, size, rows_per_chunk(size, self.chunk_rows), profile.sampled, table.virtual,
            catalog.sequences.get(table.name, 0),
        )  # fmt: skip

    def _plan_column(
        self, connection: sqlite3.Connection, table: SourceTable, column: SourceColumn, profile: TableProfile,
        taken: set[str],
    ) -> ColumnPlan:  # fmt: skip
        chosen = self.choices.get(f"{table.name}.{column.name}")
        found = profile.columns[column.name]
        decision = decide(table, column, found, named_kind(chosen) if chosen else None)
        is_alias = column.name == table.alias
        return ColumnPlan(
            column.name, postgres_name(column.name, taken), decision.kind, column.affinity, quoted(column.name),
            column.declared, found.shown, decision.note, decision.misfits, found.nulls,
            (column.not_null or is_alias) and found.nulls == 0,
            None if is_alias else translate_default(connection, column, decision.kind), is_alias,
        )  # fmt: skip


def _generated(column: ColumnPlan, own: SourceColumn, stored: Lookup[str, ColumnPlan]) -> ColumnPlan:
    if own.generated is None:
        return column
    said = same_arithmetic(own.generated, column, stored)
    return replace(column, generated=said, computed=True)


def _lost_columns(table: SourceTable, planned: TablePlan, made: str) -> list[NotCarried]:
    lost = []
    for column, kept in zip(table.columns, planned.columns, strict=True):
        name = f"{table.name}.{column.name}"
        if (
            column.default is not None
            and column.default.upper() != "NULL"
            and kept.default is None
            and not kept.identity
        ):
            lost.append(NotCarried("default", name, f"DEFAULT {column.default} has no equal for {kept.kind.shown}"))
        if column.generated and not kept.generated:
            lost.append(NotCarried("generated column", name, f"its values are kept; computed AS ({column.generated})"))
        if column.name != kept.name:
            lost.append(NotCarried("column name", name, f"PostgreSQL cannot keep it: it is {kept.name} there"))
        if column.not_null and not kept.not_null:
            lost.append(NotCarried("NOT NULL", name, "the column holds NULLs all the same"))
    if table.name != planned.name:
        lost.append(NotCarried("table name", table.name, f"PostgreSQL cannot keep it: it is {planned.name} there"))
    if table.virtual:
        lost.append(NotCarried("virtual table", table.name, NO_WORDS if has_no_text(made) else PLAIN_TABLE))
    return lost


def row_bytes(connection: sqlite3.Connection, table: SourceTable) -> int:
    """Return about how many bytes a row of a table takes, from its first rows."""
    found = 0.0
    for start in range(0, len(table.columns), COLUMNS_AT_ONCE):  # SQLite adds up no more than 1,000 terms
        part = table.columns[start : start + COLUMNS_AT_ONCE]
        total = " + ".join(f"ifnull(length(CAST({quoted(column.name)} AS BLOB)), 0)" for column in part)
        found += connection.execute(
            f"SELECT ifnull(avg(size), 0) FROM (SELECT {total} AS size FROM {quoted(table.name)}"
            f" LIMIT {BYTES_SAMPLED_ROWS})"
        ).fetchone()[0]
    return int(found) + 8 * len(table.columns)
