"""The store is opened by its address: what is said about pools holds, poolers are gone past where needed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault
from nicu_dashboard.adapters.sql.addresses.idle import IdlingPool
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.errors import is_away
from nicu_dashboard.ports.tick import StoreUnavailable
from tests.adapters.addresses.conftest import ESCAPED, GuardedServer
from tests.adapters.addresses.pooler import pgbouncer
from tests.postgres import PostgresServer, free_port
from tests.waiting import within


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with postgres_server.database() as url:
        yield url


def session(store: Database) -> int:
    """Return which session of the server a transaction runs in."""
    with store.writing() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_no_more_connections_are_open_than_the_pool_may_hold(url: str) -> None:
    store = connect(url, environ={"DB_POOL_SIZE": "2", "DB_CONNECT_TIMEOUT": "300"})
    with store.writing(), store.writing():
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="every connection is busy"), store.writing():
            pass
        waited = time.monotonic() - began
    assert 0.25 < waited < 3
    store.close()


def sessions(url: str, name: str) -> int:
    """Return how many sessions of that name the server has for this database."""
    counted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    with psycopg.connect(url, application_name="onlooker") as onlooker:
        row = onlooker.execute(counted, (name,)).fetchone()
    assert row
    return int(row[0])


def test_a_connection_is_kept_while_it_is_used_and_closed_at_the_server_once_it_lay_idle(url: str) -> None:
    store = connect(f"{url}?application_name=ward", environ={"DB_IDLE_TIMEOUT": "1000", "DB_POOL_SIZE": "3"})
    with store.writing(), store.writing(), store.writing():
        assert sessions(url, "ward") == 3
    first = session(store)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert session(store) == first
        time.sleep(0.05)
    assert sessions(url, "ward") == 1  # two lay there; the third was used all the time
    within(10, lambda: not sessions(url, "ward"), "the third is closed too")
    with store.writing(), store.writing():
        assert session(store) != first
    store.close()
    closers = [thread for thread in threading.enumerate() if thread.name == "pool: idle"]
    for closer in closers:
        closer.join(1)
    assert not any(closer.is_alive() for closer in closers)


def test_connections_that_come_and_go_are_never_closed_in_use_nor_lost(url: str) -> None:
    store = connect(url, environ={"DB_POOL_SIZE": "3", "DB_CONNECT_TIMEOUT": "5000"})
    assert isinstance(store.writer.pool, IdlingPool)
    store.writer.pool.idle_s = 0.002

    def ask(turn: int) -> int:
        time.sleep(turn % 5 / 1_000)
        return session(store)

    with ThreadPoolExecutor(6) as people:
        assert len(list(people.map(ask, range(400)))) == 400
    assert store.writer.pool.checkedout() == 0
    with store.writing(), store.writing(), store.writing():
        pass
    store.close()


def test_the_alarm_path_keeps_its_connection_however_short_the_others_are_kept(url: str) -> None:
    store = connect(f"{url}?application_name=ward", environ={"DB_IDLE_TIMEOUT": "1000"})
    store.serve()
    with store.writing(), store.ticking():
        pass
    within(10, lambda: not sessions(url, "ward"), "what lay idle is closed at the server")
    assert sessions(url, "ward alarms") == 1
    store.close()


def test_whoever_is_told_at_once_that_the_server_is_away_is_told_that_waiting_helps() -> None:
    store = connect(f"postgresql://postgres@127.0.0.1:{free_port()}/ward", environ={})
    store.serve()
    for _ in range(3):  # the first one finds it out, the others are told without a try
        with pytest.raises(StoreUnavailable, match="start the server") as told, store.reading():
            pass
        assert is_away(told.value)
    store.close()


def test_the_arguments_go_before_the_environment(url: str) -> None:
    store = connect(url, pool_size=4, environ={"DB_POOL_SIZE": "7"})
    assert "size: 4" in store.writer.pool.status()
    store.close()


def test_a_fault_comes_through_the_store_as_one_line(guarded: GuardedServer) -> None:
    store = connect(guarded.url("nicu:wrong"), environ={})
    with pytest.raises(StoreUnavailable, match="refuses this user or password") as refused, store.reading():
        pass
    assert isinstance(refused.value, ConnectFault)
    assert "wrong" not in str(refused.value)
    store.close()


def test_no_password_is_in_the_repr_of_the_engines(guarded: GuardedServer) -> None:
    store = connect(guarded.url(), environ={})
    with store.reading() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    for shown in (repr(store.writer), repr(store.writer.url), store.writer.pool.status(), store.where):
        assert "Kirsch" not in shown
        assert ESCAPED not in shown
    store.close()


def test_a_missing_privilege_is_named(guarded: GuardedServer) -> None:
    guarded.execute("CREATE TABLE IF NOT EXISTS public.kept_away (id integer)")
    store = connect(guarded.url(database="postgres"), environ={})
    with pytest.raises(StoreUnavailable, match="lacks a privilege"), store.reading() as connection:
        connection.execute(text("SELECT * FROM public.kept_away"))
    store.close()


def test_a_read_only_server_is_named_at_the_first_write(guarded: GuardedServer) -> None:
    store = connect(guarded.url(database="standby"), environ={})
    with pytest.raises(StoreUnavailable, match="takes no writes"), store.writing() as connection:
        connection.execute(text("CREATE TABLE notes (id integer)"))
    store.close()


def test_a_store_is_set_up_and_opened_again_behind_a_pooler(postgres_server: PostgresServer, url: str) -> None:
    name = url.rpartition("/")[2]
    with pgbouncer(postgres_server, size=3) as port:
        pooled = f"postgresql://postgres@127.0.0.1:{port}/{name}?pgbouncer=true"
        revisions.open_store(pooled).close()
        store = revisions.open_store(pooled)
        assert revisions.current(store) == revisions.head()
        store.close()


def test_a_pooler_that_cannot_reach_the_database_is_named(postgres_server: PostgresServer) -> None:
    with pgbouncer(postgres_server, size=3) as port:
        store = connect(f"postgresql://postgres@127.0.0.1:{port}/no_ward?pgbouncer=true", environ={})
        with pytest.raises(StoreUnavailable, match="no database of this name"), store.reading():
            pass
        store.close()


def test_migrations_go_past_the_pooler(url: str) -> None:
    pooled = "postgresql://postgres@127.0.0.1:1/ward?pgbouncer=true"
    with pytest.raises(AddressFault, match="set DATABASE_DIRECT_URL"):
        connect(pooled, environ={}, purpose="migrations")
    store = connect(pooled, environ={"DATABASE_DIRECT_URL": url}, purpose="migrations")
    with store.writing() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    store.close()
