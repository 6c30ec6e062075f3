"""A session begins as its server's keeper likes it: the store reads and writes as everywhere, or not at all."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from nicu_dashboard.adapters.sql.addresses.address import PoolMode
from nicu_dashboard.adapters.sql.addresses.engine import postgresql_engine
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.engines import connect
from nicu_dashboard.ports.tick import StoreUnavailable
from tests.adapters.addresses.pooler import pgbouncer
from tests.operations.conftest import ask
from tests.postgres import PostgresServer

PREFERENCES = {
    "datestyle": "'German'",
    "extra_float_digits": "-12",
    "default_transaction_isolation": "'serializable'",
    "timezone": "'Asia/Kathmandu'",
}


@pytest.fixture
def odd(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database that writes dates the German way and few digits of a figure."""
    with postgres_server.database() as url:
        for name, value in PREFERENCES.items():
            ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET {name} = {value}")
        yield url


@pytest.mark.parametrize("mode", ["direct", "session", "transaction"])
def test_dates_and_figures_are_read_as_they_are(odd: str, mode: PoolMode, postgres_server: PostgresServer) -> None:
    with ExitStack() as stack:
        address = dataclasses.replace(read_address(odd, {}), pool_mode=mode)
        if mode != "direct":
            port = stack.enter_context(pgbouncer(postgres_server, 2, mode))
            host = dataclasses.replace(address.hosts[0], port=port)
            address = dataclasses.replace(address, hosts=(host,), prepare_threshold=None)
        engine = postgresql_engine(address)
        stack.callback(engine.dispose)
        for _ in range(3):
            with engine.begin() as connection:
                row = connection.execute(
                    text("SELECT timestamptz '2026-11-05 04:03:02+00', float8 '36.649999999999999'")
                )
                assert row.one() == (datetime(2026, 11, 5, 4, 3, 2, tzinfo=UTC), 36.649999999999999)
                level = connection.scalar(text("SHOW transaction_isolation"))
        # Within a transaction of a pooler it is too late to say so.
        assert level == ("serializable" if mode == "transaction" else "read committed")


def test_a_database_that_was_frozen_takes_no_write_after_a_reader_either(odd: str) -> None:
    ask(odd, f"ALTER DATABASE {odd.rpartition('/')[2]} SET default_transaction_read_only = on")
    store = connect(odd, environ={"DB_POOL_SIZE": "1"})
    with store.reading() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    with pytest.raises(StoreUnavailable, match="takes no writes"), store.writing() as connection:
        connection.execute(text("CREATE TABLE thawed (x int)"))
    store.close()
