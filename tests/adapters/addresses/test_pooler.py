"""Behind a pooler in transaction mode every transaction may run on another connection: nothing may rely on the last."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest
from sqlalchemy import Engine, text

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.dialling import Connection, dial
from nicu_dashboard.adapters.sql.addresses.engine import postgresql_engine
from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from tests.adapters.addresses.pooler import pgbouncer
from tests.postgres import PostgresServer

SERVER_CONNECTIONS = 3
CLIENTS = 8
OPERATIONS = 600


@pytest.fixture(scope="module")
def pooler(postgres_server: PostgresServer) -> Iterator[int]:
    """The port of a pooler with fewer connections than it has clients."""
    with pgbouncer(postgres_server, SERVER_CONNECTIONS) as port:
        yield port


def pooled(port: int, more: str = "") -> Address:
    """Return the address of a database behind the pooler."""
    return read_address(f"postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true&connection_limit=8{more}", {})


@pytest.fixture
def engine(pooler: int) -> Iterator[Engine]:
    """The engine as the dashboard uses it behind a pooler."""
    engine = postgresql_engine(pooled(pooler))
    yield engine
    engine.dispose()


def storm(engine: Engine, operations: int) -> tuple[int, set[int]]:
    """Run statements from many threads; return how many went wrong, and the server's sessions they ran in."""

    def one(number: int) -> int | None:
        try:
            with engine.begin() as connection:
                row = connection.execute(
                    text("SELECT pg_backend_pid(), CAST(:number AS integer) + 1"), {"number": number}
                ).one()
        except Exception:
            return None
        return row[0] if row[1] == number + 1 else None

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = list(threads.map(one, range(operations)))
    return answers.count(None), {answer for answer in answers if answer is not None}


def test_a_storm_of_statements_goes_through_without_an_error(engine: Engine) -> None:
    errors, sessions = storm(engine, OPERATIONS)
    assert errors == 0
    assert len(sessions) > 1  # else the pooler was never put to the test


def session(connection: Connection) -> int:
    """Return which of the server's sessions a transaction runs in; it stays open."""
    row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    assert row is not None
    return int(row[0])


def test_what_one_session_prepared_the_next_does_not_know(pooler: int) -> None:
    """Why prepare_threshold is None: here it is 0, so that the first statement is prepared already."""
    address = pooled(pooler)
    with ExitStack() as open_ones:
        ward = open_ones.enter_context(closing(dial(address, prepare_threshold=0)))
        ward.execute("SELECT 1 AS prepared")
        first = session(ward)
        ward.commit()
        # Every session is taken, then one is given back that is not the first.
        others = [open_ones.enter_context(closing(dial(address))) for _ in range(SERVER_CONNECTIONS)]
        taken = {session(other): other for other in others}
        next(other for place, other in taken.items() if place != first).commit()
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            ward.execute("SELECT 1 AS prepared")


def test_start_up_options_are_what_a_pooler_refuses(pooler: int) -> None:
    with pytest.raises(ConnectFault) as refused:
        dial(read_address(f"postgresql://postgres@127.0.0.1:{pooler}/postgres", {}))
    assert refused.value.kind == "pooler refuses a setting"
    assert "pgbouncer=true" in str(refused.value)


def test_settings_hold_for_the_transaction_and_leak_to_nobody(pooler: int) -> None:
    engine = postgresql_engine(pooled(pooler, "&schema=ward"))
    try:
        with engine.begin() as connection:
            assert connection.execute(text("SHOW search_path")).scalar_one() == '"ward"'
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1min"
        with dial(pooled(pooler)) as other:
            for _ in range(4 * SERVER_CONNECTIONS):
                row = other.execute("SELECT current_setting('search_path'), current_setting('statement_timeout')")
                assert row.fetchone() == ('"$user", public', "0")
                other.commit()
    finally:
        engine.dispose()


def test_a_reading_transaction_may_not_write(engine: Engine) -> None:
    reader = engine.execution_options(postgresql_readonly=True)
    with reader.begin() as connection:
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    with engine.begin() as connection:
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "off"
