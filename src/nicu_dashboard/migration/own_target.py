"""Our own tables in the target: made by the schema's history, bared for the load, dressed again by the plan's steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import connect as open_database
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration.ddl import FOREIGN_KEYS, INDEXES, KEYS, VALIDATION
from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import REVISION_TABLE, Plan, Step
from nicu_dashboard.migration.target import Connection

LISTED = 3
CONSTRAINTS = """
SELECT t.relname, c.conname, c.contype::text, pg_get_constraintdef(c.oid), c.conindid::regclass::text,
    CASE WHEN c.conindid <> 0 AND c.contype <> 'f' THEN pg_get_indexdef(c.conindid) END,
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number),
    (SELECT relname FROM pg_class p WHERE p.oid = c.confrelid), t.relkind = 'p'
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = %s AND c.contype IN ('p', 'u', 'f') AND (t.relkind = 'r' OR c.contype = 'f') AND c.conparentid = 0
ORDER BY c.contype DESC, c.conname
"""
INDEXES_ALONE = """
SELECT t.relname, i.relname, pg_get_indexdef(i.oid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = %s AND t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
ORDER BY i.relname
"""


# What is divided by time keeps its keys on while it is loaded; its parts are no tables of their own.
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""


@dataclass(frozen=True)
class _Constraint:
    table: str
    name: str
    kind: str
    definition: str
    index: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    parent: str
    divided: bool


def address_environment() -> dict[str, str]:
    """Return the environment without a direct address: the target is named by the person, and is direct itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_DIRECT_URL")}


def refusals_of(connection: Connection, schema: str) -> list[str]:
    """Return what speaks against loading our tables into this schema: anything in it but an empty store of ours."""
    names = tables_in(connection, schema)
    if not names:
        return []
    if strangers := [name for name in names if name not in metadata.tables and name != REVISION_TABLE]:
        listed = ", ".join(strangers[:LISTED]) + (f" and {len(strangers) - LISTED} more" if strangers[LISTED:] else "")
        return [
            f"the schema {schema} holds tables that are not the dashboard's ({listed}): name an empty database, or"
            " another schema as postgresql://…?schema=NAME"
        ]
    if full := [name for name in names if name != REVISION_TABLE and _has_rows(connection, schema, name)]:
        return [f"the schema {schema} already holds a dashboard's data (in {full[0]}): name an empty database"]
    row = connection.execute(f"SELECT version_num FROM {quoted(schema)}.{REVISION_TABLE}".encode()).fetchone()
    if row is None or row[0] != revisions.head():
        return ["the target has another version's schema: run `nicu db upgrade` on it first"]
    return []


def tables_in(connection: Connection, schema: str) -> list[str]:
    """Return the tables of a schema, those of extensions left out."""
    return [str(name) for (name,) in connection.execute(TABLES, (schema,)).fetchall()]


def _has_rows(connection: Connection, schema: str, table: str) -> bool:
    statement = f"SELECT EXISTS (SELECT FROM {quoted(schema)}.{quoted(table)})".encode()
    return connection.execute(statement).fetchone() == (True,)


def make_tables(target: str, connection: Connection, schema: str) -> None:
    """Set our schema up at its newest revision where it is missing; commits by itself."""
    present = tables_in(connection, schema)
    connection.rollback()
    if present:
        return
    with closing(open_database(target, 1, environ=address_environment(), purpose="migrations")) as database:
        revisions.upgrade(database)
    if not tables_in(connection, schema):
        raise TargetRefused(
            f"the dashboard's tables do not go into the schema {schema} there.",
            "Leave --schema out; another schema is named in the address: postgresql://…?schema=NAME.",
        )
    connection.rollback()


def bare(connection: Connection, plan: Plan) -> Plan:
    """Take indexes and keys off the empty tables, in the caller's transaction; return the plan that puts them back."""
    steps = list(_steps(connection, plan))
    for statement in _removals(connection, plan.schema):
        connection.execute(statement.encode())
    weights = {table.source: -table.rows * table.row_bytes for table in plan.tables}
    return replace(
        plan, steps=tuple(sorted([*plan.steps, *steps], key=lambda step: (step.stage, weights.get(step.table, 0))))
    )


def _constraints(connection: Connection, schema: str) -> list[_Constraint]:
    rows = connection.execute(CONSTRAINTS, (schema,)).fetchall()
    return [
        _Constraint(
            str(table), str(name), str(kind), str(definition), str(index or ""), _names(columns), _names(onto),
            str(parent), bool(divided),
        )
        for table, name, kind, definition, _, index, columns, onto, parent, divided in rows
        if table in metadata.tables
    ]  # fmt: skip


def _names(found: object) -> tuple[str, ...]:
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


def _steps(connection: Connection, plan: Plan) -> Iterator[Step]:
    sources = {table.name: table.source for table in plan.tables if table.schema == plan.schema}
    for item in _constraints(connection, plan.schema):
        source = sources.get(item.table, item.table)
        table = f"{quoted(plan.schema)}.{quoted(item.table)}"
        if item.kind == "f":
            later = "" if item.divided else " NOT VALID"  # which PostgreSQL before 18 refuses where tables are divided
            yield Step(
                item.name, source, FOREIGN_KEYS,
                f"ALTER TABLE {table} ADD CONSTRAINT {quoted(item.name)} {item.definition}{later}",
                orphans=_orphans(item, plan.schema),
            )  # fmt: skip
            if item.divided:
                continue
            yield Step(
                f"{item.name} valid", source, VALIDATION, f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted(item.name)}"
            )
        else:
            kind = "PRIMARY KEY" if item.kind == "p" else "UNIQUE"
            yield Step(item.name, source, INDEXES, item.index)
            yield Step(
                f"{item.name} key", source, KEYS,
                f"ALTER TABLE {table} ADD CONSTRAINT {quoted(item.name)} {kind} USING INDEX {quoted(item.name)}",
            )  # fmt: skip
    for name, index, definition in connection.execute(INDEXES_ALONE, (plan.schema,)).fetchall():
        if name in metadata.tables:
            yield Step(str(index), sources.get(str(name), str(name)), INDEXES, str(definition))


def _orphans(item: _Constraint, schema: str) -> str:
    same = " AND ".join(
        f"p.{quoted(other)} = c.{quoted(one)}" for one, other in zip(item.columns, item.parent_columns, strict=True)
    )
    filled = " AND ".join(f"c.{quoted(one)} IS NOT NULL" for one in item.columns)
    return f"{filled} AND NOT EXISTS (SELECT FROM {quoted(schema)}.{quoted(item.parent)} p WHERE {same})"


def _removals(connection: Connection, schema: str) -> list[str]:
    order = {"f": 0, "u": 1, "p": 2}
    constraints = sorted(_constraints(connection, schema), key=lambda item: order[item.kind])
    drops = [
        f"ALTER TABLE {quoted(schema)}.{quoted(item.table)} DROP CONSTRAINT {quoted(item.name)}" for item in constraints
    ]
    rows = connection.execute(INDEXES_ALONE, (schema,)).fetchall()
    own = [index for name, index, _ in rows if name in metadata.tables]
    return drops + [f"DROP INDEX {quoted(schema)}.{quoted(str(index))}" for index in own]
