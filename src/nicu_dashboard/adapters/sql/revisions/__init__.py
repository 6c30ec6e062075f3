"""The schema's history: Alembic inside the package, run by the program itself."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.errors import NotADatabase, SchemaNewer, SchemaOlder
from nicu_dashboard.adapters.sql.moved import MOVED_TABLE, refuse_moved

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent


def head() -> str:
    """Return the newest revision this program knows."""
    return max(known())


def current(database: Database) -> str | None:
    """Return the revision of a store, None when it was never set up."""
    with database.reading() as connection:
        return _current(connection)


def is_older(database: Database) -> bool:
    """Return whether a store was made by an earlier version of this program."""
    revision = current(database)
    return revision is not None and revision != head() and revision in known()


def upgrade(database: Database, to: str = "head") -> None:
    """Bring a store to a revision, all steps in one transaction."""
    from alembic import command  # a fifth of a second that a store of today need not spend

    with database.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def bring_up(database: Database) -> bool:
    """Set up an empty store or upgrade an older one; return whether it was needed. Raises SchemaNewer, NotADatabase."""
    with database.reading() as connection:
        _refuse_moved(database, connection)
        if _current(connection) == head():
            return False
    try:
        _make_ready(database)
    except SchemaOlder:
        upgrade(database)
    return True


def open_store(
    url: str,
    pool_size: int | None = None,
    connect_timeout_ms: int | None = None,
    idle_timeout_ms: int | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    set_up: bool = True,
) -> Database:
    """Return the store at a URL, ready for use; an empty one is set up, or refused with `set_up` false.

    Raises SchemaOlder, SchemaNewer or another StoreUnavailable, whose message says what to do.
    """
    database = connect(url, pool_size, connect_timeout_ms, idle_timeout_ms, environ=environ)
    try:
        _make_ready(database, set_up)
    except BaseException:
        database.close()
        raise
    return database


def _make_ready(database: Database, set_up: bool = True) -> None:
    with database.reading() as connection:
        revision, tables = _current(connection), inspect(connection).get_table_names()
        _refuse_moved(database, connection)
    if revision == head():
        return
    if revision is None and not tables:
        if not set_up:
            raise SchemaOlder(f"{database.where} is empty; set it up first: nicu db upgrade.")
        upgrade(database)
    elif revision is None:
        raise NotADatabase(
            f"{database.where} holds other tables; name another in DATABASE_URL, or see: nicu migrate plan"
        )
    elif revision in known():
        raise SchemaOlder(f"{database.where} was made by an older version; back it up, then run: nicu db upgrade")
    else:
        raise SchemaNewer(f"{database.where} was made by a newer version; install that version of nicu-dashboard.")


def _refuse_moved(database: Database, connection: Connection) -> None:
    if inspect(connection).has_table(MOVED_TABLE):
        refuse_moved(connection, database.where)


def known() -> set[str]:
    """Return every revision this program knows; their files begin with their numbers."""
    return {file.name.partition("_")[0] for file in (_HERE / "versions").glob("[0-9]*.py")}


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
