"""Sessions for care of the database: one statement at a time, nothing hidden by row level security."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import DatabaseLocked, translated
from nicu_dashboard.ports.tick import StoreUnavailable

# Whoever waits for a lock holds up all who come after; so we wait this long, step back and try again. It stays below
# the server's deadlock_timeout (1 s): where two wait for each other it is we who give way, never the ward.
LOCK_WAIT_MS = 400
_TRIES = 30
_PAUSE_S = 0.5
_T = TypeVar("_T")
# Indexes and partitions of one schema are the work of one command at a time.
_ELSEWHERE = """
SELECT nspname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE pg_class.oid = to_regclass('alembic_version') AND nspname <> current_schema()
"""
_CARED_FOR = "SELECT pg_try_advisory_lock(1313424214, hashtext(current_schema()))"


class CannotCare(StoreUnavailable):
    """The database cannot be cared for as asked; the message says why and what to do, in one line."""


@contextmanager
def one_at_a_time(database: Database) -> Iterator[None]:
    """Keep other commands from changing indexes and partitions meanwhile; raises CannotCare where one is at work.

    The session that holds the lock does nothing else, so it ends with the command, however that ends.
    """
    if database.engine_name != "postgresql":
        yield
        return
    try:
        with closing(dial(database.address, autocommit=True)) as session:
            (is_ours,) = session.execute(_CARED_FOR).fetchone() or (False,)
            if is_ours is None:  # there is no current schema to look after
                raise translated(psycopg.errors.InvalidSchemaName(), database.where)
            if not is_ours:
                raise CannotCare(
                    "another command looks after this database just now (upgrade, optimize or maintain); wait until it"
                    " has ended, then run this again"
                )
            yield
    except psycopg.Error as error:
        raise translated(error, database.where) from None


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """Enter a connection whose statements commit one by one, as CONCURRENTLY demands; PostgreSQL only."""
    try:
        with database.writer.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
            # A policy must make a statement fail rather than hide rows from it.
            connection.exec_driver_sql("SET row_security = off")
            connection.exec_driver_sql("SET timezone = 'UTC'")
            yield connection
    except (SQLAlchemyError, psycopg.Error) as error:
        raise translated(error, database.where) from None


@contextmanager
def unfiltered(database: Database) -> Iterator[Connection]:
    """Enter a transaction that sees every row or fails, and waits for locks only briefly; PostgreSQL only."""
    with database.writing() as connection:
        connection.execution_options(no_parameters=True)
        connection.exec_driver_sql("SET LOCAL row_security = off")
        connection.exec_driver_sql("SET LOCAL timezone = 'UTC'")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
        yield connection


def in_a_quiet_moment(database: Database, work: Callable[[Connection], _T]) -> _T:
    """Return what `work` returns in a transaction, tried again while others hold what it needs.

    Raises DatabaseLocked when they never let go.
    """
    for _ in range(_TRIES - 1):
        try:
            with unfiltered(database) as connection:
                return work(connection)
        except DatabaseLocked:
            time.sleep(_PAUSE_S)
    with unfiltered(database) as connection:
        return work(connection)


def quietly(database: Database, *statements: str) -> None:
    """Run statements in one transaction, tried again while others hold what they need."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    in_a_quiet_moment(database, work)


def only_postgresql(database: Database, what: str) -> None:
    """Raise CannotCare on SQLite."""
    if database.engine_name != "postgresql":
        raise CannotCare(f"{what} needs PostgreSQL, and this store is a SQLite file; name a server in DATABASE_URL")


def must_own(connection: Connection, *tables: str, read: bool = True) -> None:
    """Raise CannotCare unless this user may alter these tables and, to `read` them, sees every row of them."""
    for table in tables:
        owner, mine, hidden = connection.exec_driver_sql(
            "SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE'), row_security_active(oid)"
            f" FROM pg_class WHERE oid = to_regclass('{table}')"
        ).one()
        if not mine:
            raise CannotCare(f"only the owner of the tables may do this; use the user {owner} in DATABASE_DIRECT_URL")
        if hidden and read:
            raise CannotCare(
                f"row level security hides rows of {table} from this user; use a superuser or a role with BYPASSRLS in"
                " DATABASE_DIRECT_URL"
            )


def lies_elsewhere(database: Database) -> str | None:
    """Say where the tables are, when sessions begin in another schema (as one called like the user is made)."""
    if database.engine_name != "postgresql":
        return None
    with database.reading() as connection:
        schema = connection.exec_driver_sql(_ELSEWHERE).scalar()
    if schema is None:
        return None
    what = f"the tables lie in the schema {schema} and this user's sessions begin in another"
    return f"{what}; add schema={schema} to the URL"


def must_be_at_home(database: Database) -> None:
    """Raise CannotCare where sessions begin in another schema than that of the tables."""
    if told := lies_elsewhere(database):
        raise CannotCare(told)


def must_take_writes(connection: Connection) -> None:
    """Raise CannotCare on a standby and where transactions only read."""
    if connection.exec_driver_sql("SELECT current_setting('transaction_read_only')").scalar_one() == "on":
        if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
            raise CannotCare("this server takes no writes (a standby?); name the primary in DATABASE_URL")
        raise CannotCare(
            "default_transaction_read_only is on here, for this user or for the database; name a user who may write in"
            " DATABASE_URL, or reset it"
        )
