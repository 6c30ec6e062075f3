"""Copies of a PostgreSQL database by its own pg_dump, checked against one snapshot of the server."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.dialling import Connection, dial
from nicu_dashboard.adapters.sql.addresses.faults import WHERE
from nicu_dashboard.adapters.sql.errors import translated
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.operations.backup import programs, timescale
from nicu_dashboard.operations.backup.manifest import Contents, of_postgresql
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), c.relname, n.nspname = current_schema()
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
  AND nspname NOT LIKE '\\_timescaledb%'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""


def copy(address: Address, target: Path, report: Report) -> dict[str, Contents]:
    """Dump a database in use into a new file readable by its owner alone; return what its snapshot held."""
    with session(address) as connection:
        _must_see_all(connection)
        program = programs.find("pg_dump", _major(connection))
        connection.commit()
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        (snapshot,) = one(connection, "SELECT pg_export_snapshot()")
        (size,) = one(connection, "SELECT pg_database_size(current_database())")
        _need_room(size, target)
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise CannotCare(
                f"{target.name} cannot be written ({(error.strerror or '').lower()}); name another place"
            ) from None
        report.stage("pg_dump")
        options = ("--format=custom", "--no-password", f"--snapshot={snapshot}", f"--file={target}")
        programs.run((program, *options), address, report, grows=target)
        return of_postgresql(connection, report)


def restore(copied: Path, address: Address, report: Report) -> None:
    """Fill an empty database from a dump, all or nothing, and let the planner look at it; raises CannotCare."""
    with session(address) as connection:
        if one(connection, "SELECT current_setting('transaction_read_only')") == ("on",):
            raise CannotCare("this server takes no writes (a standby?); name the primary in DATABASE_URL")
        program = programs.find("pg_restore", _major(connection))
        _clear_what_is_empty(connection)
        connection.commit()
    report.stage("pg_restore")
    with ExitStack() as prepared:
        if timescale.is_in(program, copied):
            beside = prepared.enter_context(session(address, autocommit=True))
            prepared.enter_context(timescale.restoring(beside))
        _run_restore(program, copied, address, report)
    with session(address, autocommit=True) as connection:
        report.stage("ANALYZE")
        connection.execute("ANALYZE")


def _run_restore(program: Path, copied: Path, address: Address, report: Report) -> None:
    programs.run(
        (
            program, "--no-password", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
            f"--dbname={address.database}", copied,
        ),
        address,
        report,
    )  # fmt: skip


def contents(address: Address, report: Report) -> dict[str, Contents]:
    """Return what a database holds."""
    with session(address) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return of_postgresql(connection, report)


def empty_again(address: Address) -> None:
    """Drop what a drill restored into a database of the person's own."""
    with session(address) as connection:
        for quoted, _, __ in connection.execute(_TABLES).fetchall():
            connection.execute(f"DROP TABLE IF EXISTS {quoted} CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS nicu_guard CASCADE")
        connection.commit()


def must_be_empty(address: Address) -> None:
    """Raise CannotCare where a database holds rows or somebody else's tables."""
    with session(address) as connection:
        _filled(connection)


def _filled(connection: Connection) -> list[str]:
    """Return the tables of a freshly set-up, empty store; raises CannotCare where there is anything else."""
    found = connection.execute(_TABLES).fetchall()
    for quoted, name, here in found:
        ours = here and name in {*metadata.tables, "alembic_version"}
        fresh = ours and (
            name in {"alembic_version", "units"}
            or connection.execute(f"SELECT 1 FROM {quoted} LIMIT 1").fetchone() is None
        )
        if not fresh:
            raise CannotCare("the target is not empty; create an empty database (createdb) and name it in DATABASE_URL")
    return [quoted for quoted, _, __ in found]


def _clear_what_is_empty(connection: Connection) -> None:
    for quoted in _filled(connection):
        connection.execute(f"DROP TABLE {quoted} CASCADE")
    connection.execute("DROP SCHEMA IF EXISTS nicu_guard CASCADE")


def _must_see_all(connection: Connection) -> None:
    (hidden,) = one(
        connection,
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
        " AND row_security_active(oid)",
    )
    if hidden:
        raise CannotCare(
            "row level security hides rows from this user, so the copy would be incomplete; use a superuser or a role"
            " with BYPASSRLS in DATABASE_DIRECT_URL"
        )


def _need_room(size: int, target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    # Dumps of readings come to about a sixth of the database.
    if free < size / 6:
        needed = f"about {size / 6e6:,.0f} MB are needed in {target.parent}, {free / 1e6:,.0f} MB are free"
        raise CannotCare(f"{needed}; name another place")


def _major(connection: Connection) -> int:
    return connection.info.server_version // 10_000


def one(connection: Connection, statement: str) -> tuple[Any, ...]:
    """Return the one row of a question."""
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row


@contextmanager
def session(address: Address, autocommit: bool = False) -> Iterator[Connection]:
    """Enter a connection of one's own; its errors are translated."""
    try:
        with dial(address, autocommit=autocommit) as connection:
            yield connection
    except psycopg.Error as error:
        raise translated(error, WHERE) from None
