"""What was built in the target, noted at that moment, so that `verify` finds a rule that is gone or another since."""

from __future__ import annotations

from nicu_dashboard.migration.comparing import AS_BUILT, CHANGED, GONE, Difference
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.plan import Plan
from nicu_dashboard.migration.target import Connection

Rules = dict[tuple[str, str, str, str], str]
"""By schema, table, kind and name: the definition as the server writes it."""

DEFINITION = """
CREATE TABLE IF NOT EXISTS nicu_migration.structure (
    run_id bigint NOT NULL, schema_name text NOT NULL, table_name text NOT NULL, kind text NOT NULL, name text NOT NULL,
    definition text NOT NULL, PRIMARY KEY (run_id, schema_name, table_name, kind, name));
"""
RULES = """
WITH t AS (SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname::text, c.relname::text) IN (SELECT * FROM unnest(%s::text[], %s::text[])))
SELECT schema, name, 'table', '', relkind::text FROM t
UNION ALL SELECT schema, name, 'constraint', conname::text, pg_get_constraintdef(k.oid)
    FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL SELECT schema, name, CASE WHEN indisunique THEN 'unique index' ELSE 'index' END, i.relname::text,
    pg_get_indexdef(i.oid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
    FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
UNION ALL SELECT schema, name, 'column', attname::text, concat_ws(' ', format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'NOT NULL' END, attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid))
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
"""


def note_structure(connection: Connection, run: Run) -> None:
    """Note what stands in the target now, in the caller's transaction."""
    connection.execute(DEFINITION.encode())
    connection.execute("DELETE FROM nicu_migration.structure WHERE run_id = %s", (run.id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO nicu_migration.structure VALUES (%s, %s, %s, %s, %s, %s)",
            [(run.id, *rule, said) for rule, said in _rules(connection, run.plan).items()],
        )


def is_noted(connection: Connection, run: Run) -> bool:
    """Return whether the build of this run has noted its rules, in a transaction; older versions have not."""
    if connection.execute("SELECT to_regclass('nicu_migration.structure')").fetchone() == (None,):
        return False
    noted = "SELECT EXISTS (SELECT FROM nicu_migration.structure WHERE run_id = %s)"
    return connection.execute(noted, (run.id,)).fetchone() == (True,)


def wrong_rules(connection: Connection, run: Run) -> list[Difference]:
    """Return the keys, checks, indexes and column rules that are gone or changed since the build, in a transaction.

    Of the dashboard's own tables indexes are left out, which `nicu db optimize` may take away, and so is a table that
    it has divided since. What a person has added is no difference. A move of an older version has noted nothing
    (see is_noted).
    """
    if not is_noted(connection, run):
        return []
    now, found = _rules(connection, run.plan), list[Difference]()
    sources = {(table.schema, table.name): table.source for table in run.plan.tables}
    noted = connection.execute(
        "SELECT schema_name, table_name, kind, name, definition FROM nicu_migration.structure WHERE run_id = %s"
        " ORDER BY 1, 2, 3, 4",
        (run.id,),
    ).fetchall()
    built = {_rule(*row[:4]): str(row[4]) for row in noted}
    for rule, said in built.items():
        schema, table, kind, name = rule
        whole = (schema, table, "table", "")
        if (schema, table) not in sources or now.get(whole) != built.get(whole):
            continue
        if now.get(rule) != said and not (kind == "index" and run.plan.mapping != "as-is"):
            word = CHANGED if rule in now else GONE
            found.append(Difference(sources[schema, table], "", f"{kind} {name}", AS_BUILT, word))
    return found


def _rules(connection: Connection, plan: Plan) -> Rules:
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")  # so that definitions name schemas the same way
        rows = connection.execute(
            RULES, ([table.schema for table in plan.tables], [table.name for table in plan.tables])
        ).fetchall()
    return {_rule(*row[:4]): str(row[4]) for row in rows}


def _rule(schema: object, table: object, kind: object, name: object) -> tuple[str, str, str, str]:
    return str(schema), str(table), str(kind), str(name)
