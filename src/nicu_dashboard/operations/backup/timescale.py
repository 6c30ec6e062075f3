"""Dumps of a store with TimescaleDB: its own catalogue of chunks is restored with its workers held still."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nicu_dashboard.adapters.sql.addresses.dialling import Connection
from nicu_dashboard.operations.backup import programs
from nicu_dashboard.operations.sessions import CannotCare

_OFFERED = "SELECT installed_version FROM pg_available_extensions WHERE name = 'timescaledb'"


def is_in(program: Path, copied: Path) -> bool:
    """Return whether a dump was made of a store with TimescaleDB."""
    return " EXTENSION - timescaledb " in programs.listed(program, copied)


@contextmanager
def restoring(connection: Connection) -> Iterator[None]:
    """Let a dump with chunks be restored into this database; the connection must commit each statement.

    Raises CannotCare where the server has no TimescaleDB.
    """
    offered = connection.execute(_OFFERED).fetchone()
    if offered is None:
        raise CannotCare(
            "the copy is of a store with TimescaleDB, and this server has none; restore it on one that has"
        )
    connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    connection.execute("SELECT timescaledb_pre_restore()")
    try:
        yield
    except BaseException:
        connection.execute("SELECT timescaledb_post_restore()")
        if offered[0] is None:
            connection.execute("DROP EXTENSION timescaledb")
        raise
    connection.execute("SELECT timescaledb_post_restore()")
