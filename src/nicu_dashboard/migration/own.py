"""The dashboard's own schema: each column becomes what the tables of adapters/sql say, nothing is inferred."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, Boolean, Column, Float, Identity, Integer, LargeBinary, Table, Text

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.columns import Instant, Json
from nicu_dashboard.adapters.sql.moved import MOVED_TABLE
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration.catalog import Catalog, SourceTable
from nicu_dashboard.migration.chunks import MOST_CHUNK_ROWS, rows_per_chunk
from nicu_dashboard.migration.errors import MigrationError, SourceUnreadable
from nicu_dashboard.migration.kinds import Kind
from nicu_dashboard.migration.lanes import sound_json
from nicu_dashboard.migration.mapping import row_bytes
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.orphans import orphans_of
from nicu_dashboard.migration.plan import OWN, ColumnPlan, NotCarried, Plan, TablePlan

OF_THE_MOVE = "nicu_migration"
"""Names of the tables that a move keeps in the source begin with this."""

KINDS: tuple[tuple[type, str], ...] = (
    (Boolean, "boolean"), (BigInteger, "bigint"), (Integer, "integer"), (Float, "double"), (LargeBinary, "bytea"),
    (Text, "text"),
)  # fmt: skip
FITS = {
    "boolean": "typeof({0}) = 'integer' AND {0} IN (0, 1)",
    "bigint": "typeof({0}) = 'integer'",
    "integer": f"typeof({{0}}) = 'integer' AND {{0}} BETWEEN {-(2**31)} AND {2**31 - 1}",
    "double": "typeof({0}) = 'real' OR (typeof({0}) = 'integer' AND abs({0}) <= 9007199254740992)",
    "timestamptz": "typeof({0}) = 'integer' AND {0} BETWEEN -210866803200000 AND 9224318015999999",
    "text": "typeof({0}) = 'text'",
    "bytea": "typeof({0}) = 'blob'",
}


@dataclass
class Own:
    """A SQLite file of this dashboard, into its own tables on PostgreSQL (see own_target.py for how they are made)."""

    schema: str = "public"
    chunk_rows: int = MOST_CHUNK_ROWS
    way = OWN

    def plan(self, connection: sqlite3.Connection, catalog: Catalog, sample: bool) -> Plan:
        """Return the plan for a file; counts what does not fit unless `sample`. Raises when its schema is another."""
        refuse_other_revision(connection)
        sources = {table.name: table for table in catalog.tables}
        refuse_other_tables(sources)
        tables = tuple(
            self.plan_table(connection, catalog, table, sources[table.name], sample) for table in metadata.sorted_tables
        )
        found = sorted(orphans_of(connection, catalog).items())
        orphans = tuple((table, parent, count) for (table, parent), count in found)
        return Plan(
            self.schema, tables, (), strangers(connection, catalog), (), catalog.page_size, catalog.encoding, orphans,
            OWN,
        )  # fmt: skip

    def plan_again(self, connection: sqlite3.Connection, catalog: Catalog, plan: Plan, source: str) -> Plan:
        """Return the same plan: nothing of it was sampled."""
        return plan

    def plan_table(
        self, connection: sqlite3.Connection, catalog: Catalog, table: Table, source: SourceTable, sample: bool
    ) -> TablePlan:
        """Return the plan of one table of ours from the source table that holds its rows."""
        rows = int(connection.execute(f"SELECT count(*) FROM {quoted(source.name)}").fetchone()[0])
        columns = tuple(_column(column, source) for column in table.columns)
        if not sample:
            columns = _profiled(connection, source.name, columns)
        size = row_bytes(connection, source)
        return TablePlan(
            source.name, self.schema, str(table.name), columns, source.rowid, source.alias, source.key, rows, size,
            rows_per_chunk(size, self.chunk_rows), False, False, catalog.sequences.get(source.name, 0), True,
        )  # fmt: skip


def refuse_other_revision(connection: sqlite3.Connection) -> None:
    """Raise SourceUnreadable unless the file has this program's own schema revision; say which command helps."""
    found = [str(row[0]) for row in connection.execute("SELECT version_num FROM alembic_version")]
    if found == [revisions.head()]:
        return
    if found and set(found) <= revisions.known():
        raise SourceUnreadable(
            f"the file has the schema of an older version ({found[0]}; this version has {revisions.head()}).",
            "Back it up, then run `nicu db upgrade` with DATABASE_URL=sqlite:///FILE, and repeat.",
        )
    raise SourceUnreadable(
        "the file was made by a newer version of the dashboard.", "Install that version of nicu-dashboard and repeat."
    )


def refuse_other_tables(sources: dict[str, SourceTable]) -> None:
    """Raise MigrationError where a table of ours is missing or has other columns than its revision."""
    for table in metadata.sorted_tables:
        found = sources.get(table.name)
        has = [] if found is None else [column.name for column in found.columns]
        if sorted(has) != sorted(table.columns.keys()):
            raise MigrationError(
                f"the table {table.name} of the file is not as its revision says.",
                "Look with `nicu db check`; or copy the file as it is with --as-is.",
            )


def kind_of(column: Column[object]) -> Kind:
    """Return the kind of a column of ours."""
    if column.type is Instant:
        return Kind("timestamptz", "epoch_ms")
    if column.type is Json:
        return Kind("jsonb")
    return Kind(next(name for base, name in KINDS if isinstance(column.type, base)))


def _column(column: Column[object], source: SourceTable) -> ColumnPlan:
    name = str(column.name)  # SQLAlchemy's own kind of text does not go into the journal
    own = next(item for item in source.columns if item.name == name)
    return ColumnPlan(
        name,
        name, kind_of(column), own.affinity, quoted(name), own.declared,
        not_null=not column.nullable, identity=isinstance(column.server_default, Identity),
    )  # fmt: skip


def _profiled(connection: sqlite3.Connection, table: str, columns: tuple[ColumnPlan, ...]) -> tuple[ColumnPlan, ...]:
    """Return the columns with what they hold, NULLs counted, and values that do not fit."""
    terms = [f"count({column.read}), total(NOT coalesce({_fits(column)}, true))" for column in columns]
    row = connection.execute(f"SELECT count(*), {', '.join(terms)} FROM {quoted(table)}").fetchone()
    found = []
    for place, column in enumerate(columns):
        values, misfits = row[1 + 2 * place], int(row[2 + 2 * place])
        shown = "no value" if not values else "every row" if values == row[0] else f"{values:,} of {row[0]:,} rows"
        found.append(replace(column, profile=shown, misfits=misfits, nulls=row[0] - values))
    return tuple(found)


def _fits(column: ColumnPlan) -> str:
    said = sound_json(column.read) if column.kind.name == "jsonb" else FITS[column.kind.name].format(column.read)
    return f"CASE WHEN {column.read} IS NOT NULL THEN ({said}) END"


def strangers(connection: sqlite3.Connection, catalog: Catalog) -> tuple[NotCarried, ...]:
    """Return the tables of a file of ours that are none of the dashboard's: their rows stay where they are."""
    known = {*metadata.tables, "alembic_version", MOVED_TABLE}
    return tuple(
        NotCarried("table", table.name, f"it is none of the dashboard's: {_rows(connection, table)} stay in the file")
        for table in catalog.tables
        if table.name not in known and not table.name.startswith(OF_THE_MOVE)
    )


def _rows(connection: sqlite3.Connection, table: SourceTable) -> str:
    try:
        count = int(connection.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])
    except sqlite3.OperationalError:  # a virtual table whose module is not here
        return "its rows"
    return f"its {count:,} row(s)"
