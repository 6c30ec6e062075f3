"""Damage in a database, looked for by the database itself."""

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database

MOST = 20
_FAILED_CHECKSUMS = "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"


def damage(database: Database) -> list[str]:
    """Return what is wrong: in a SQLite file 20 of a kind at most, on PostgreSQL pages whose checksum failed.

    The texts name pages, tables and row numbers, never values.
    """
    with database.reading() as connection:
        if database.engine_name == "sqlite":
            return _broken(connection) + _orphans(connection)
        failed = int(connection.exec_driver_sql(_FAILED_CHECKSUMS).scalar() or 0)
    return [f"the server found {failed} pages whose checksum is wrong; look at its log and disk"] if failed else []


def _broken(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA quick_check({MOST})").scalars().all()
    return [] if found == ["ok"] else [str(text) for text in found]


def _orphans(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST)
    return [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there" for row in rows]
