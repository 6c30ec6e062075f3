"""`nicu db roles`: how the roles stand, putting them in order, granting units."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing.api import must_be_current
from nicu_dashboard.operations.optimizing.partitions import kind, own_as_parent
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import script
from nicu_dashboard.operations.roles.tables import SEEN
from nicu_dashboard.operations.sessions import (
    CannotCare,
    in_a_quiet_moment,
    must_own,
    must_take_writes,
    only_postgresql,
    unfiltered,
)

_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,30}")
_ME = "SELECT rolsuper, rolcreaterole, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
_STANDING = """
SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS mighty,
       coalesce(rolconfig, '{}') AS settings
FROM pg_roles WHERE rolname IN ({names}) ORDER BY rolname
"""
_FORCED = """
SELECT count(*) FILTER (WHERE relrowsecurity AND relforcerowsecurity) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname IN ({tables})
"""


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it stands: whether it is there, may more than it should, has which settings and units.

    `units` is None where this user may not look at the grants.
    """

    name: str
    duty: str
    exists: bool
    mighty: bool
    settings: tuple[str, ...]
    units: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The roles, and on how many of the tables with patients' data row level security is forced."""

    roles: tuple[Role, ...]
    forced: int
    secured: int

    @property
    def in_order(self) -> bool:
        """Return whether every role is there, none too mighty, and every table forced."""
        return self.forced == self.secured and all(role.exists and not role.mighty for role in self.roles)


def standing(database: Database, prefix: str) -> Standing:
    """Return how the roles stand."""
    _check(database, prefix)
    names = script.role_names(prefix)
    tables = [*SEEN, "audit_log"]
    with database.reading() as connection:
        connection.execution_options(no_parameters=True)
        listed = _STANDING.replace("{names}", _quoted(names.values()))
        found = {row.rolname: row for row in connection.exec_driver_sql(listed)}
        forced = connection.exec_driver_sql(_FORCED.replace("{tables}", _quoted(tables))).scalar_one()
        granted = _granted(connection)
    roles = tuple(
        Role(
            name,
            script.DUTIES[duty],
            name in found,
            name in found and found[name].mighty,
            tuple(found[name].settings) if name in found else (),
            None if granted is None else tuple(granted.get(name, ())),
        )
        for duty, name in names.items()
    )
    return Standing(roles, forced, len(tables))


def apply(database: Database, prefix: str, report: Report) -> list[str]:
    """Put roles, rights and policies in order, all or nothing; return the settings only a superuser could make."""
    must_be_current(database)
    statements = plan(database, prefix)
    with unfiltered(database) as connection:
        must_take_writes(connection)
        _may_apply(connection, prefix)
        if kind(connection) == "hypertable":
            raise CannotCare(
                "TimescaleDB takes no row level security on a table it compresses, and vitals is one; a store that is"
                " to have both roles and division by time needs partitions: nicu db optimize --partition"
            )

    def work(connection: Connection) -> list[str]:
        refused = []
        report.stage("roles, rights, policies", len(statements))
        for place, statement in enumerate(statements, start=1):
            if not statement.optional:
                connection.exec_driver_sql(statement.text)
            elif not _tried(connection, statement.text):
                refused.append(statement.text)
            report.at(place)
        own_as_parent(connection, "vitals")
        return refused

    refused = in_a_quiet_moment(database, work)
    report.did(f"put {len(script.DUTIES)} roles, their rights and row level security in order")
    return refused


def plan(database: Database, prefix: str) -> list[script.Statement]:
    """Return the whole script for this database."""
    _check(database, prefix)
    with database.reading() as connection:
        schema, name = connection.exec_driver_sql(
            "SELECT quote_ident(current_schema()), quote_ident(current_database())"
        ).one()
        existing = connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars().all()
        mighty = connection.exec_driver_sql(_ME).one().rolsuper
    return script.script(prefix, schema, name, existing, mighty)


def grant(database: Database, role: str, unit: str, report: Report, *, revoke: bool = False) -> None:
    """Grant a unit (its number, its name or *) to a role, or take it back; raises CannotCare."""
    only_postgresql(database, "granting units")
    with unfiltered(database) as connection:
        must_take_writes(connection)
        if connection.exec_driver_sql("SELECT to_regclass('nicu_guard.unit_grants')").scalar() is None:
            raise CannotCare("row level security is not set up in this database; run: nicu db roles --apply")
        connection.execution_options(no_parameters=False)
        if connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).first() is None:
            raise CannotCare(f"there is no role {role}; make it first, or look at the names: nicu db roles")
        number = _unit(connection, unit)
        if revoke:
            connection.exec_driver_sql(
                "DELETE FROM nicu_guard.unit_grants WHERE grantee = %s AND unit = %s", (role, number)
            )
        else:
            connection.exec_driver_sql(
                "INSERT INTO nicu_guard.unit_grants VALUES (%s, %s) ON CONFLICT DO NOTHING", (role, number)
            )
    report.did(
        f"{role} {'no longer sees' if revoke else 'may see'} {'every unit' if number == '*' else f'unit {number}'}"
    )


def _unit(connection: Connection, unit: str) -> str:
    if unit == "*":
        return unit
    listed = "SELECT id::text FROM units WHERE id::text = %s OR name = %s ORDER BY id LIMIT 1"
    number = connection.exec_driver_sql(listed, (unit, unit)).scalar()
    if number is None:
        raise CannotCare(f"there is no unit {unit}; give its number or name, or * for every unit")
    return str(number)


def _check(database: Database, prefix: str) -> None:
    only_postgresql(database, "row level security")
    if not _PREFIX.fullmatch(prefix):
        raise CannotCare("--prefix takes small letters, digits and _, such as nicu")


def _may_apply(connection: Connection, prefix: str) -> None:
    mighty, creates, sees_all = connection.exec_driver_sql(_ME).one()
    there = connection.exec_driver_sql(
        f"SELECT count(*) FROM pg_roles WHERE rolname IN ({_quoted(script.role_names(prefix).values())})"
    ).scalar_one()
    if not (mighty or creates or there == len(script.DUTIES)):
        raise CannotCare(
            "creating roles needs a superuser or CREATEROLE; name such a user in DATABASE_DIRECT_URL, or let one run"
            " what this prints: nicu db roles --print-sql"
        )
    if not mighty:
        must_own(connection, "vitals")
    if not sees_all and connection.exec_driver_sql("SELECT row_security_active('admissions')").scalar_one():
        raise CannotCare("row level security hides rows from this user; use a superuser or a role with BYPASSRLS")


def _tried(connection: Connection, text: str) -> bool:
    """Run a statement that may be refused, without losing what was done before."""
    connection.exec_driver_sql(
        f"DO $try$ BEGIN EXECUTE $run${text}$run$; PERFORM set_config('nicu.tried', 'done', true);"
        " EXCEPTION WHEN insufficient_privilege THEN PERFORM set_config('nicu.tried', 'refused', true); END $try$"
    )
    return bool(connection.exec_driver_sql("SELECT current_setting('nicu.tried') = 'done'").scalar_one())


def _granted(connection: Connection) -> dict[str, list[str]] | None:
    """Return the units of each role, None where this user may not look."""
    may = (
        "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = 'nicu_guard' AND relname = 'unit_grants'"
    )
    allowed = connection.exec_driver_sql(may).scalar()
    if not allowed:
        return {} if allowed is None else None
    found: dict[str, list[str]] = {}
    for name, unit in connection.exec_driver_sql("SELECT grantee, unit FROM nicu_guard.unit_grants ORDER BY 1, 2"):
        found.setdefault(name, []).append(unit)
    return found


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
