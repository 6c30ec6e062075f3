"""Following a source in service: triggers note the keys of changed rows; what is only appended needs no trigger.

Readings come late and out of order in *time*, but their ids are given in the order of their commits: SQLite has one
writer, and AUTOINCREMENT never gives an id again. So a mark on the id finds every new row of the appended tables. What
changes in place there (a corrected or merged reading) and everything in all other tables, roll-ups above all, is noted
by triggers, one key per row or per minute of a baby however often it changes.

Notes carry a generation. A pass first raises it in a commit of its own: what was noted before is then surely seen by
the pass and may be forgotten after it, and what is noted meanwhile stays for the next.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from nicu_dashboard.adapters.sql.moved import MOVED_TABLE, Home, closing_statements, opening_statements
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration.errors import SourceUnreadable
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.own import OF_THE_MOVE
from nicu_dashboard.migration.source import refuse_unreadable, surrogate_text

APPENDED = {
    "vitals": "id", "vitals_superseded": "id", "alarm_transitions": "id", "limit_versions": "id", "audit_log": "seq",
}  # fmt: skip
"""Tables whose rows come in the order of this number, given once."""

COARSE = {"vitals_minute": ("patient_id", "bucket_at"), "vitals_hour": ("patient_id", "bucket_at")}
"""Tables noted by a part of their key: all vitals of a baby's minute change together."""

CONTROL = f"{OF_THE_MOVE}_control"
WAIT_S = 20.0


def key_of(table: str) -> tuple[str, ...]:
    """Return the columns by which changes of a table are noted."""
    return COARSE.get(table) or tuple(str(column.name) for column in metadata.tables[table].primary_key.columns)


def notes_of(table: str) -> str:
    """Return the name of the table that holds the noted keys of another."""
    return f"{OF_THE_MOVE}_{table}"


@contextmanager
def live(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a source in service that may write to it; raises SourceUnreadable."""
    refuse_unreadable(path)
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, timeout=WAIT_S)
    connection.text_factory = surrogate_text
    with closing(connection):
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "readonly" not in str(error):
                raise
            raise SourceUnreadable(
                f"{path} cannot be written: {error}.", "Following a source needs the right to write it; then repeat."
            ) from None


@contextmanager
def at_once(connection: sqlite3.Connection, how: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Enter a transaction that commits at the end, or leaves nothing behind."""
    connection.execute(how)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def install(connection: sqlite3.Connection) -> str:
    """Begin to note changes, in one transaction; what an earlier move has noted goes. Return the token of this one."""
    token = secrets.token_hex(16)
    with at_once(connection):
        remove(connection)
        connection.execute(f"CREATE TABLE {CONTROL} (token TEXT NOT NULL, generation INTEGER NOT NULL)")
        connection.execute(f"INSERT INTO {CONTROL} VALUES (?, 1)", (token,))
        for table in metadata.tables:
            for statement in _statements(connection, str(table)):
                connection.execute(statement)
    return token


def _statements(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    key, notes, name = key_of(table), notes_of(table), quoted(table)
    columns = ", ".join(f"{quoted(part)} NOT NULL" for part in key)
    made = f"{columns}, generation INTEGER NOT NULL, PRIMARY KEY ({quoted_list(key)})"
    yield f"CREATE TABLE {notes} ({made}) WITHOUT ROWID"
    moved = " OR ".join(f"OLD.{quoted(part)} <> NEW.{quoted(part)}" for part in key)
    below = f" WHEN NEW.{quoted(key[0])} <= {_highest(connection, table)}" if table in APPENDED else ""
    yield f"CREATE TRIGGER {notes}_insert AFTER INSERT ON {name}{below} BEGIN {_note(table, 'NEW')} END"
    yield f"CREATE TRIGGER {notes}_update AFTER UPDATE ON {name} BEGIN {_note(table, 'NEW')} END"
    yield f"CREATE TRIGGER {notes}_rename AFTER UPDATE ON {name} WHEN {moved} BEGIN {_note(table, 'OLD')} END"
    yield f"CREATE TRIGGER {notes}_delete AFTER DELETE ON {name} BEGIN {_note(table, 'OLD')} END"


def _note(table: str, which: str) -> str:
    key = key_of(table)
    values = ", ".join(f"{which}.{quoted(part)}" for part in key)
    return (
        f"INSERT INTO {notes_of(table)} VALUES ({values}, (SELECT generation FROM {CONTROL}))"
        f" ON CONFLICT ({quoted_list(key)}) DO UPDATE SET generation = excluded.generation"
        " WHERE generation <> excluded.generation;"
    )


def _highest(connection: sqlite3.Connection, table: str) -> int:
    """Return the largest number that an appended table has given."""
    most = connection.execute(f"SELECT max({quoted(APPENDED[table])}) FROM {quoted(table)}").fetchone()[0] or 0
    return max(int(most), sequences_of(connection).get(table, 0))


def sequences_of(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the largest id that each AUTOINCREMENT table has ever given."""
    return {str(name): int(last) for name, last in connection.execute("SELECT name, seq FROM sqlite_sequence")}


def marks_of(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how far each appended table is."""
    return {table: _highest(connection, table) for table in APPENDED}


def remove(connection: sqlite3.Connection) -> None:
    """Stop noting changes and leave nothing behind, in the caller's transaction."""
    for table in metadata.tables:
        for kind in ("insert", "update", "rename", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {notes_of(str(table))}_{kind}")
        connection.execute(f"DROP TABLE IF EXISTS {notes_of(str(table))}")
    connection.execute(f"DROP TABLE IF EXISTS {CONTROL}")


def token_of(connection: sqlite3.Connection) -> str | None:
    """Return the token of the move that follows this source, None when none does."""
    if not _has(connection, CONTROL):
        return None
    return str(connection.execute(f"SELECT token FROM {CONTROL}").fetchone()[0])


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def raise_generation(connection: sqlite3.Connection) -> int:
    """Let later changes be noted under the next generation, in a commit of its own; return the one that ended."""
    with at_once(connection):
        connection.execute(f"UPDATE {CONTROL} SET generation = generation + 1")
        return int(connection.execute(f"SELECT generation - 1 FROM {CONTROL}").fetchone()[0])


def forget(connection: sqlite3.Connection, generation: int) -> None:
    """Forget what was noted up to a generation: a pass has brought it."""
    with at_once(connection):
        for table in metadata.tables:
            connection.execute(f"DELETE FROM {notes_of(str(table))} WHERE generation <= ?", (generation,))


def noted(connection: sqlite3.Connection) -> int:
    """Return how many keys are noted."""
    counts = " + ".join(f"(SELECT count(*) FROM {notes_of(str(table))})" for table in metadata.tables)
    return int(connection.execute(f"SELECT {counts}").fetchone()[0])


def close(connection: sqlite3.Connection, home: Home) -> None:
    """Let the source refuse every write from now on and name its new home, in the caller's transaction."""
    remove(connection)
    for statement in closing_statements([str(table) for table in metadata.tables]):
        connection.execute(statement)
    connection.execute(f"INSERT INTO {MOVED_TABLE} VALUES (?, ?, ?)", (home.setting, home.moved_at, home.token))


def open_again(connection: sqlite3.Connection) -> None:
    """Let the source serve again, in the caller's transaction."""
    for statement in opening_statements([str(table) for table in metadata.tables]):
        connection.execute(statement)


def home_of(connection: sqlite3.Connection) -> Home | None:
    """Return where the source has moved to, None when it has not."""
    if not _has(connection, MOVED_TABLE):
        return None
    row = connection.execute(f"SELECT setting, moved_at, token FROM {MOVED_TABLE}").fetchone()
    return None if row is None else Home(*map(str, row))
