"""A server with TimescaleDB, named in NICU_TEST_TIMESCALE_URL: no package index has one, so these tests run by name."""

import os
import uuid
from collections.abc import Iterator

import pytest
from psycopg import sql
from sqlalchemy import make_url

from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store

GIVEN = "NICU_TEST_TIMESCALE_URL"


def server() -> str:
    """The URL of a superuser of the server; without it the test fails, as a skipped test would prove nothing."""
    return os.environ.get(GIVEN) or pytest.fail(f"name a server with TimescaleDB in {GIVEN}; see docs/how-to")


def empty_database() -> Iterator[str]:
    """Yield the URL of an empty database of that server, dropped at the end."""
    name = f"nicu_test_{uuid.uuid4().hex[:12]}"
    with dial(read_address(server(), {}), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield make_url(server()).set(database=name).render_as_string(hide_password=False)
    finally:
        with dial(read_address(server(), {}), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def store_url() -> Iterator[str]:
    """The URL of a store that is set up and empty, its readings still one plain table."""
    for url in empty_database():
        open_store(url).close()
        yield url


@pytest.fixture
def empty_url() -> Iterator[str]:
    """The URL of an empty database."""
    yield from empty_database()


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """The store."""
    store = open_store(store_url)
    yield store
    store.close()
