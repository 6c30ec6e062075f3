"""The database that a drill fills beside the store and takes away: also the one of a drill that was killed."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.dialling import Connection
from nicu_dashboard.operations.backup.dump import one, session
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare

# Held by a drill while it lasts: what bears its store's number and is there without it is nobody's.
_ALONE = "SELECT pg_try_advisory_lock(1313424214, hashtext('drill'))"
_MINE = "SELECT 'nicu_drill_' || oid || '_' FROM pg_database WHERE datname = current_database()"
_LEFT = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND pg_has_role(datdba, 'USAGE')"


@contextmanager
def database_beside(address: Address, report: Report) -> Iterator[str]:
    """Enter with the name of a new, empty database beside this one; it is dropped at the end, whatever happens.

    Raises CannotCare where this user may not make one, or where another drill is at work.
    """
    with session(address, autocommit=True) as connection:
        _may(connection)
        (prefix,) = one(connection, _MINE)
        for (left,) in connection.execute(_LEFT, (prefix,)).fetchall():
            _drop(connection, left)
            report.did(f"dropped {left}, a copy that an interrupted drill had left behind")
        name = f"{prefix}{secrets.token_hex(4)}"
        # In the letters and the order of this one, whatever the server takes for new ones.
        (alike,) = one(
            connection,
            "SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate,"
            " datctype) FROM pg_database WHERE datname = current_database()",
        )
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {alike}".encode())
        try:
            yield name
        finally:
            # By a session of its own: the server may have ended this one meanwhile.
            with session(address, autocommit=True) as last:
                _drop(last, name)


def _may(connection: Connection) -> None:
    (may,) = one(connection, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    if not may:
        raise CannotCare(
            "a drill needs a user who may create databases (CREATEDB), or an empty one named in NICU_DRILL_URL"
        )
    (alone,) = one(connection, _ALONE)
    if not alone:
        raise CannotCare("another drill of this store is at work; wait until it has ended, then run this again")


def _drop(connection: Connection, name: str) -> None:
    connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
