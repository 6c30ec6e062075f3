"""Revision 0005 on a store whose engine had a lease and a snapshot."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.ports.lease import Claim
from tests.postgres import PostgresServer, postgres_server
from tests.revisions.test_revisions import catalogue

__all__ = ["postgres_server"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store of the revision before, with a unit, a lease and a snapshot."""
    if request.param == "sqlite":
        with closing(connect(f"sqlite:///{tmp_path / 'nicu.db'}")) as opened:
            yield _filled(opened)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url, closing(connect(url)) as opened:
        yield _filled(opened)


def _filled(store: Database) -> Database:
    revisions.upgrade(store, "0004")
    at = 1_700_000_000_000 if store.engine_name == "sqlite" else "2023-11-14T22:13:20Z"
    with store.writing() as connection:
        connection.execute(text("INSERT INTO units (name) VALUES ('NICU')"))
        connection.execute(text("INSERT INTO lease VALUES (1, 'engine', 41, :at)"), {"at": at})
        connection.execute(text("INSERT INTO live_snapshot VALUES (1, 9, :at, :payload)"), {"at": at, "payload": b"{}"})
    return store


def test_an_engine_takes_the_lease_of_an_upgraded_store_and_the_way_back_is_open(store: Database) -> None:
    before = catalogue(store)
    revisions.upgrade(store, "0005")
    lease = SqlLease(store, 1)
    epoch = lease.take(Claim("engine", "http://127.0.0.1:1", "token"), lease.look())
    assert epoch is not None
    if store.engine_name == "postgresql":
        with store.reading() as connection:
            kept = connection.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'live_snapshot'"))
        assert kept == "u"
        assert epoch == 42
    with store.writing() as connection:
        config = revisions._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    assert catalogue(store) == before
    with store.reading() as connection:
        assert connection.scalar(text("SELECT seq FROM live_snapshot")) == 9
