"""One suite, every store: SQLite, the oldest and newest PostgreSQL, and one behind PgBouncer in transaction mode.

Servers named in the environment join them: any PostgreSQL, and one whose `vitals` is a hypertable of TimescaleDB.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import make_url

from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.reporting import Report
from tests.adapters.addresses.pooler import pgbouncer
from tests.contracts.ward import NIGHT, Ward
from tests.postgres import PostgresServer, newest_postgres_server, oldest_postgres_server, postgres_server

__all__ = ["newest_postgres_server", "oldest_postgres_server", "postgres_server"]


_GIVEN = "NICU_TEST_POSTGRES_URL"
_CHUNKED = "NICU_TEST_TIMESCALE_URL"
_NAMED = [kind for kind, name in (("given postgresql", _GIVEN), ("timescale", _CHUNKED)) if os.environ.get(name)]
_STORES = ["sqlite", "oldest postgresql", "newest postgresql", "pgbouncer"]


@pytest.fixture(scope="session")
def transaction_pooler(postgres_server: PostgresServer) -> Iterator[int]:
    """The port of a PgBouncer in transaction mode before the usual server."""
    with pgbouncer(postgres_server, size=4) as port:
        yield port


@pytest.fixture(params=[*_STORES, *_NAMED])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that is set up and empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nicu.db'}"
    elif request.param == "given postgresql":
        yield from _database_on(os.environ[_GIVEN])
    elif request.param == "timescale":
        for url in _database_on(os.environ[_CHUNKED]):
            store = open_store(url)
            optimize(store, Wishes(timescale=True), NIGHT, Report())
            store.close()
            yield url
    elif request.param == "pgbouncer":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        port: int = request.getfixturevalue("transaction_pooler")
        with server.database(_set_up(server)) as url:
            yield url.replace(f":{server.port}/", f":{port}/") + "?pgbouncer=true"
    else:
        server = request.getfixturevalue(request.param.replace(" postgresql", "_postgres_server"))
        with server.database(_set_up(server)) as url:
            yield url


def _set_up(server: PostgresServer) -> str:
    return server.template("nicu_head", lambda url: open_store(url).close())


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """The store itself."""
    store = open_store(store_url)
    yield store
    store.close()


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    return SqlJournal(database)


@pytest.fixture
def roster(database: Database) -> SqlRoster:
    return SqlRoster(database)


@pytest.fixture
def chart(database: Database) -> SqlChart:
    return SqlChart(database)


@pytest.fixture
def limit_book(database: Database) -> SqlLimitBook:
    return SqlLimitBook(database)


@pytest.fixture
def people(database: Database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def ward(database: Database) -> Ward:
    """A ward with two cots and a baby, Ada, in the first."""
    return Ward(database)


def _database_on(given: str) -> Iterator[str]:
    name = f"nicu_test_{uuid.uuid4().hex[:12]}"
    with dial(read_address(given, {}), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(given).set(database=name).render_as_string(hide_password=False)
    finally:
        with dial(read_address(given, {}), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
