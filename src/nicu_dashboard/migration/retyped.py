"""Tables of the target that are no longer as they were moved: their values would be read as what they are not."""

from __future__ import annotations

from collections.abc import Iterator

from nicu_dashboard.migration.comparing import AS_BUILT, CHANGED, GONE, Difference
from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import Plan, TablePlan
from nicu_dashboard.migration.target import Connection

TEXTS = frozenset({"text", "varchar"})
READ_AS = {
    "bigint": {"int8"}, "integer": {"int4"}, "double": {"float8"}, "boolean": {"bool"}, "any_json": {"json"},
    "text": TEXTS, "mixed_text": TEXTS, "any_text": TEXTS,
}  # fmt: skip
"""The types whose binary form is a kind's own; of the other kinds the type bears their name."""
TYPES = """
SELECT n.nspname, c.relname, a.attname, coalesce(b.typname, t.typname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
WHERE (n.nspname::text, c.relname::text) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
    AND a.attnum > 0 AND NOT a.attisdropped
"""
Found = dict[tuple[str, str], dict[str, str]]


def retyped(connection: Connection, plan: Plan) -> list[Difference]:
    """Return the tables and columns that are gone, or of another type, in the caller's transaction."""
    names = [table.schema for table in plan.tables], [table.name for table in plan.tables]
    found: Found = {}
    for schema, table, column, kind in connection.execute(TYPES, names).fetchall():
        found.setdefault((str(schema), str(table)), {})[str(column)] = str(kind)
    return [item for table in plan.tables for item in _of_table(table, found.get((table.schema, table.name)))]


def refuse_retyped(connection: Connection, plan: Plan) -> None:
    """Raise TargetRefused where a way back would read values as what they are not."""
    found = retyped(connection, plan)
    if not found:
        return
    first, more = found[0], f" (and {len(found) - 1} more)" if found[1:] else ""
    table = next(table for table in plan.tables if table.source == first.table)
    column = next((item for item in table.columns if first.column == f"column {item.name}"), None)
    what = f"the column {table.target}.{quoted(column.name)}" if column else f"the table {table.target}"
    state = "gone" if first.target == GONE else "of another type"
    raise TargetRefused(
        f"{what} is {state} since the move{more}: its values cannot be read as what they were.",
        f"Give it its name back, and the type {column.kind.sql_type}." if column else "Give it its name back.",
    )


def _of_table(table: TablePlan, columns: dict[str, str] | None) -> Iterator[Difference]:
    if columns is None:
        yield Difference(table.source, "", "table", AS_BUILT, GONE)
        return
    for column in table.columns:
        now = columns.get(column.name)
        if now not in READ_AS.get(column.kind.name, {column.kind.name}):
            yield Difference(table.source, "", f"column {column.name}", AS_BUILT, CHANGED if now else GONE)
