"""The roles as SQL: what `nicu db roles` runs, or prints for whoever may."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.operations.roles import guard
from nicu_dashboard.operations.roles.tables import (
    AUDITED,
    AUDITED_USERS,
    SEEN,
    WRITTEN,
    app_rights,
    reader_tables,
)

DUTIES = {
    "owner": "owns the tables; for nicu db upgrade, optimize and maintain",
    "app": "the program; reads and writes, changes no table, deletes almost nothing",
    "readonly": "reads the units granted to it",
    "audit": "reads the audit trail",
}
# Without these a duration threshold logs parameters, and a broken rule logs the row's values.
QUIET = {"log_parameter_max_length": "0", "log_error_verbosity": "terse", "log_min_error_statement": "panic"}
_SETTINGS = {
    "app": {"nicu.units": "'*'"},
    "readonly": {"default_transaction_read_only": "on", "statement_timeout": "'60s'"},
    "audit": {"default_transaction_read_only": "on", "statement_timeout": "'60s'"},
}


# Nobody works past the parent: the parts of the trail have no rights and no policy.
_PARTS = """DO $parts$ DECLARE part text; BEGIN
    FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{table}'::regclass LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {owner}', part);
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, {others}', part);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
    END LOOP;
END $parts$"""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the script; an optional one may fail where only a superuser may run it."""

    text: str
    optional: bool = False


def role_names(prefix: str) -> dict[str, str]:
    """Return the role of each duty: nicu_owner, nicu_app, nicu_readonly, nicu_audit."""
    return {duty: f"{prefix}_{duty}" for duty in DUTIES}


def create_roles(prefix: str, existing: Sequence[str]) -> list[Statement]:
    """Return what makes the roles that are not there; they cannot log in by password before they have one."""
    attributes = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    return [
        Statement(f"CREATE ROLE {name} {attributes}") for name in role_names(prefix).values() if name not in existing
    ]


def settings(prefix: str) -> list[Statement]:
    """Return the settings of the roles: nothing of patients in the server's log, a pace for readers."""
    made = []
    for duty, name in role_names(prefix).items():
        for setting, value in {**QUIET, **_SETTINGS.get(duty, {})}.items():
            made.append(Statement(f"ALTER ROLE {name} SET {setting} = {value}", optional=True))
    return made


def rights(prefix: str, schema: str, database: str) -> list[Statement]:
    """Return who owns and who may do what; what was granted to these roles before is taken back first."""
    names = role_names(prefix)
    owner, app, reader, auditor = names["owner"], names["app"], names["readonly"], names["audit"]
    everyone = ", ".join(names.values())
    tables = [*metadata.tables, "alembic_version"]
    listed = ", ".join(tables)
    return [
        Statement(text)
        for text in (
            f"GRANT CONNECT ON DATABASE {database} TO {everyone}",
            f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA {schema} TO {everyone}",
            f"GRANT CREATE ON SCHEMA {schema} TO {owner}",
            *(f"ALTER TABLE {name} OWNER TO {owner}" for name in tables),
            f"ALTER FUNCTION audit_log_refuses() OWNER TO {owner}",
            f"REVOKE ALL ON {listed} FROM PUBLIC, {app}, {reader}, {auditor}",
            f"REVOKE ALL (id, name, display_name, role, created_at, disabled_at) ON users FROM {auditor}",
            *(f"GRANT {allowed} ON {name} TO {app}" for name, allowed in app_rights().items()),
            f"GRANT SELECT ON {', '.join(reader_tables())} TO {reader}",
            f"GRANT SELECT ON {', '.join(AUDITED)} TO {auditor}",
            f"GRANT SELECT ({', '.join(AUDITED_USERS)}) ON users TO {auditor}",
        )
    ]


def policies(prefix: str, schema: str) -> list[Statement]:
    """Return row level security: the guard, then every table with patients' data, forced upon its owner too."""
    names = role_names(prefix)
    everyone = ", ".join(names.values())
    texts = [statement.format(schema=schema) for statement in guard.STATEMENTS]
    texts += [f"ALTER {thing} OWNER TO {names['owner']}" for thing in guard.OBJECTS]
    texts.append(f"GRANT USAGE ON SCHEMA nicu_guard TO {everyone}")
    texts += [f"GRANT EXECUTE ON FUNCTION nicu_guard.{function} TO {everyone}" for function in guard.CALLED]
    texts += [
        f"INSERT INTO nicu_guard.unit_grants VALUES ('{names[duty]}', '*') ON CONFLICT DO NOTHING"
        for duty in ("owner", "app")
    ]
    for table, seen in SEEN.items():
        check = f" WITH CHECK ({WRITTEN[table]})" if table in WRITTEN else ""
        texts += [
            f"DROP POLICY IF EXISTS nicu_units ON {table}",
            f"CREATE POLICY nicu_units ON {table} USING ({seen}){check}",
            *_force(table),
        ]
    # The trail is read and continued as a whole; without a policy for it, nobody changes or deletes a row, its owner
    # included.
    texts += [
        "DROP POLICY IF EXISTS nicu_read ON audit_log",
        "DROP POLICY IF EXISTS nicu_append ON audit_log",
        "CREATE POLICY nicu_read ON audit_log FOR SELECT USING (true)",
        "CREATE POLICY nicu_append ON audit_log FOR INSERT WITH CHECK (true)",
        *_force("audit_log"),
        _PARTS.format(
            table="audit_log", owner=names["owner"], others=", ".join(names[duty] for duty in DUTIES if duty != "owner")
        ),
    ]
    return [Statement(text) for text in texts]


def script(prefix: str, schema: str, database: str, existing: Sequence[str], mighty: bool) -> list[Statement]:
    """Return everything in order; who is no superuser must belong to the owner to give tables to it."""
    join = Statement(f"GRANT {role_names(prefix)['owner']} TO CURRENT_USER")
    return [
        *create_roles(prefix, existing),
        *([] if mighty else [join]),
        *settings(prefix),
        *rights(prefix, schema, database),
        *policies(prefix, schema),
    ]


def as_text(statements: Sequence[Statement]) -> str:
    """Return a script for psql that does all or nothing."""
    body = ";\n".join(statement.text for statement in statements)
    return f"BEGIN;\n{body};\nCOMMIT;\n"


def _force(table: str) -> tuple[str, str]:
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
