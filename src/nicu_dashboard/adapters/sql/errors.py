"""What can go wrong with a store, each with its remedy; driver errors are translated here and nowhere else.

No message holds a value of a row, a password or a host: driver texts are never passed on.
"""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nicu_dashboard.adapters.sql.addresses.faults import PASSING, SENTENCES, ConnectFault, recognised
from nicu_dashboard.ports.tick import StoreRefused, StoreUnavailable


class DirectoryNotWritable(StoreUnavailable):
    """The database file cannot be made or written where it should be."""


class NotADatabase(StoreUnavailable):
    """The file is something else."""


class CorruptDatabase(StoreUnavailable):
    """The file was damaged."""


class DatabaseLocked(StoreUnavailable):
    """Another program holds the database."""


class DiskFull(StoreUnavailable):
    """There is no room left to write."""


class SchemaOlder(StoreUnavailable):
    """The database was made by an older version of this program."""


class SchemaNewer(StoreUnavailable):
    """The database was made by a newer version of this program."""


MOVED_SIGN = "nicu: this database has moved"
"""What the triggers of a store say that was moved to another home (see moved.py)."""


class IndexExchanged(StoreUnavailable):
    """PostgreSQL met an index in the moment in which REINDEX CONCURRENTLY exchanges it; trying again does."""


class KeyMissing(StoreUnavailable):
    """The index that keeps rows unique is not there, so nothing may be written that could be there already."""


class PoolBusy(StoreUnavailable):
    """Every connection of this process is in use; the database itself may be well."""


class StoreMoved(StoreUnavailable):
    """The store was moved to another home and takes no more service."""


class Unreachable(StoreUnavailable):
    """Nothing came back from the server: others need not try at the same moment."""


_KEY_MISSING = "an index that keeps rows unique is missing or unusable, nothing was written; run: nicu db optimize"
_SQLITE: dict[int, tuple[type[StoreUnavailable], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseLocked, "another program is writing to it; stop that one, or wait and try again"),
    sqlite3.SQLITE_LOCKED: (DatabaseLocked, "another connection holds it; try again"),
    sqlite3.SQLITE_FULL: (DiskFull, "the disk is full; free some space, nothing was written"),
    sqlite3.SQLITE_IOERR: (
        DiskFull,
        "the disk cannot be read or written (full, over quota, or failing); look at the disk, nothing was written",
    ),
    sqlite3.SQLITE_CORRUPT: (
        CorruptDatabase,
        "it is damaged; run: nicu db check, then restore a copy: nicu db restore",
    ),
    sqlite3.SQLITE_NOTADB: (NotADatabase, "this is not a database; look at DATABASE_URL"),
    sqlite3.SQLITE_CANTOPEN: (
        DirectoryNotWritable,
        "it cannot be opened; look at DATABASE_URL and the rights of the directory",
    ),
    sqlite3.SQLITE_READONLY: (
        DirectoryNotWritable,
        "it is read-only; look at the owner and rights of file and directory",
    ),
    sqlite3.SQLITE_PERM: (
        DirectoryNotWritable,
        "it may not be opened; look at the owner and rights of file and directory",
    ),
}

# Classes of SQLSTATE, longest first.
_POSTGRES: tuple[tuple[str, type[StoreUnavailable], str], ...] = (
    ("53100", DiskFull, "its disk is full; free some space there, nothing was written"),
    ("55P03", DatabaseLocked, "another session holds what is needed; try again"),
    ("40P01", DatabaseLocked, "two sessions waited for each other; try again"),
    ("XX001", CorruptDatabase, "it is damaged; restore a copy: nicu db restore"),
    ("XX002", CorruptDatabase, "an index is damaged; REINDEX it, or restore a copy: nicu db restore"),
    (
        "3F",
        StoreUnavailable,
        "the schema of its search_path is not there; create it, or look at schema= in DATABASE_URL",
    ),
    ("42P01", SchemaOlder, "a table is missing; run: nicu db upgrade"),
    ("42703", SchemaOlder, "a column is missing; run: nicu db upgrade"),
    ("42P10", KeyMissing, _KEY_MISSING),
    ("25006", StoreUnavailable, "it takes no writes (a standby?); look at DATABASE_URL"),
    ("28", StoreUnavailable, "it refuses this user or password; look at DATABASE_URL"),
    ("53300", StoreUnavailable, SENTENCES["too many connections"]),
    ("42501", StoreUnavailable, SENTENCES["missing privilege"]),
)
# What no further try would change: a limit of the server, a trigger or view that says no.
_REFUSALS = ("54", "44", "P0")
# Classes that tell of a server that went away.
_GONE = ("08", "57P")
# Classes that tell of the connection; behind a pooler its faults come as answers to the first statement.
_CONNECTION = ("08", "3D", "53", "57P", "0A")  # 0A: a standby refuses to begin a transaction that writes


def is_away(fault: StoreUnavailable) -> bool:
    """Return whether the server is only not there (yet), so that waiting helps; a wrong setting never mends itself."""
    return isinstance(fault, Unreachable) or (isinstance(fault, ConnectFault) and fault.kind in PASSING)


def translated(error: Exception, where: str) -> Exception:
    """Return the error to raise instead of a driver's; `where` is the store in words without secrets."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, sqlite3.IntegrityError | psycopg.errors.RaiseException) and MOVED_SIGN in str(origin):
        return StoreMoved(f"{where} has moved; start again with the DATABASE_URL that `nicu migrate` has named.")
    if isinstance(origin, sqlite3.IntegrityError):
        return StoreRefused(f"The store refused a row: {_rule(str(origin))}.")
    if isinstance(origin, psycopg.IntegrityError):
        return StoreRefused(f"The store refused a row: constraint {origin.diag.constraint_name or 'unnamed'}.")
    if isinstance(origin, sqlite3.DataError | psycopg.DataError):
        return StoreRefused("The store refused a row: a value that no column can hold.")
    if isinstance(origin, sqlite3.Error):
        return _sqlite(origin, where)
    if isinstance(origin, psycopg.Error):
        return _postgres(origin, where)
    if isinstance(error, PoolTimeout):
        return PoolBusy(f"{where}: every connection is busy; nothing was written. See: nicu db check")
    return error


def _rule(text: str) -> str:
    # SQLite names table and columns here, never values.
    return text if text.startswith(("UNIQUE", "CHECK", "NOT NULL", "FOREIGN KEY")) else "a constraint failed"


def _sqlite(error: sqlite3.Error, where: str) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_ERROR:
        if str(error).startswith("ON CONFLICT clause does not match"):
            return KeyMissing(f"{where}: {_KEY_MISSING}.")
        missing = str(error).startswith(("no such table", "no such column"))
        return SchemaOlder(f"{where}: a table or column is missing; run: nicu db upgrade.") if missing else error
    kind, remedy = _SQLITE.get(code, (StoreUnavailable, "it cannot be used now; run: nicu db check"))
    return kind(f"{where}: {remedy}.")


def _postgres(error: psycopg.Error, where: str) -> Exception:
    state = error.sqlstate or ""
    for prefix, kind, remedy in _POSTGRES:
        if state.startswith(prefix):
            return kind(f"{where}: {remedy}.")
    if state == "XX000" and "arbiter index" in str(error):
        return IndexExchanged(f"{where}: an index is being exchanged, nothing was written; try again.")
    if (not state or state.startswith(_CONNECTION)) and (fault := recognised(str(error))):
        return ConnectFault(fault)
    if state.startswith("42"):
        return error  # a fault of ours in a statement: no remedy for the person at the screen
    if state.startswith(_REFUSALS):
        return StoreRefused(f"The store refused a row: its rule {state}.")
    kind = Unreachable if not state or state.startswith(_GONE) else StoreUnavailable
    return kind(f"{where}: it does not answer or broke off; nothing was written. See: nicu db check.")
