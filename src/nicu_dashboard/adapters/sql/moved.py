"""A store that was moved to another home: it says so to whoever opens it, and takes nothing any more."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from nicu_dashboard.adapters.sql.errors import MOVED_SIGN, StoreMoved

MOVED_TABLE = "nicu_moved"
_REFUSALS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Home:
    """Where a store has gone: the setting for its new home (no password), when, and the token of the move."""

    setting: str
    moved_at: str
    token: str


def refuse_moved(connection: Connection, where: str) -> None:
    """Raise StoreMoved, with the new home and the way to undo it, when this store has moved."""
    row = connection.execute(text(f"SELECT setting, moved_at FROM {MOVED_TABLE}")).first()
    if row is not None:
        raise StoreMoved(
            f"{where} has moved ({row.moved_at}) and takes no more service; set {row.setting} and start again. "
            "To undo: nicu migrate abort DATABASE"
        )


def closing_statements(tables: list[str]) -> list[str]:
    """Return what closes a SQLite store: a table for the new home, and triggers that refuse every write."""
    refusals = [
        f'CREATE TRIGGER "{MOVED_TABLE}_{table}_{verb.lower()}" BEFORE {verb} ON "{table}"'
        f" BEGIN SELECT RAISE(ABORT, '{MOVED_SIGN}'); END"
        for table in tables
        for verb in _REFUSALS
    ]
    return [
        f"CREATE TABLE {MOVED_TABLE} (setting TEXT NOT NULL, moved_at TEXT NOT NULL, token TEXT NOT NULL)",
        *refusals,
    ]


def opening_statements(tables: list[str]) -> list[str]:
    """Return what opens it again."""
    names = [f"{MOVED_TABLE}_{table}_{verb.lower()}" for table in tables for verb in _REFUSALS]
    return [f'DROP TRIGGER IF EXISTS "{name}"' for name in names] + [f"DROP TABLE IF EXISTS {MOVED_TABLE}"]


def closing_function(schema: str) -> list[str]:
    """Return the same for PostgreSQL, first half: the table, and what refuses."""
    return [
        f'CREATE TABLE "{schema}".{MOVED_TABLE} (setting text NOT NULL, moved_at text NOT NULL, token text NOT NULL)',
        f'GRANT SELECT ON "{schema}".{MOVED_TABLE} TO PUBLIC',
        f'CREATE FUNCTION "{schema}".{MOVED_TABLE}_refuses() RETURNS trigger LANGUAGE plpgsql AS'
        f" $$ BEGIN RAISE EXCEPTION '{MOVED_SIGN}'; END $$",
    ]


def closing_triggers(schema: str, tables: list[str]) -> list[str]:
    """Return the second half: a trigger on each table."""
    return [
        f'CREATE TRIGGER {MOVED_TABLE} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{schema}"."{table}"'
        f' FOR EACH STATEMENT EXECUTE FUNCTION "{schema}".{MOVED_TABLE}_refuses()'
        for table in tables
    ]
