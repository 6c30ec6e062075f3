"""Damage in a database file, looked for by the database itself."""

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database

MOST = 20


def damage(database: Database) -> list[str]:
    """Return what is wrong with a SQLite file, 20 of a kind at most; PostgreSQL keeps watch itself.

    The texts name pages, tables and row numbers, never values.
    """
    if database.engine_name != "sqlite":
        return []
    with database.reading() as connection:
        return _broken(connection) + _orphans(connection)


def _broken(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA quick_check({MOST})").scalars().all()
    return [] if found == ["ok"] else [str(text) for text in found]


def _orphans(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST)
    return [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there" for row in rows]
