"""The way down and up again of a server whose roles and row level security are in force."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from tests.contracts.ward import by_nurse
from tests.operations.conftest import set_up
from tests.postgres import PostgresServer, newest_postgres_server, oldest_postgres_server

__all__ = ["newest_postgres_server", "oldest_postgres_server"]
KEY = "k" * 64


@pytest.fixture(params=["oldest", "newest"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A filled store whose roles are applied."""
    server: PostgresServer = request.getfixturevalue(f"{request.param}_postgres_server")
    with server.database(set_up(server)) as url:
        database = connect(url, environ={"NICU_SECRET_KEY": KEY}, purpose="migrations")
        roles.apply(database, "nicu", Report())
        for number in range(5):
            SqlPeople(database).record(by_nurse(f"act {number}"))
        with psycopg.connect(url) as server_side:
            server_side.execute(
                "INSERT INTO quarantine (source, cot, reason, count, first_at, last_at, raw, unit_id)"
                " SELECT 'm', 'X', 'odd', 1, now(), now(), '', min(id) FROM units"
            )
        database.close()
        yield url


def down(database: Database, to: str) -> None:
    """Go down to a revision."""
    config = revisions._config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def asked(url: str, question: str) -> list[Any]:
    """One column of an answer."""
    with psycopg.connect(url) as server:
        return [row[0] for row in server.execute(question.encode()).fetchall()]


@pytest.mark.parametrize("who", ["postgres", "nicu_owner"])
def test_each_step_down_and_up_keeps_rows_and_policies(url: str, who: str) -> None:
    owner = connect(url.replace("postgres@", f"{who}@"), environ={"NICU_SECRET_KEY": KEY}, purpose="migrations")
    before = asked(url, "SELECT tablename || policyname || coalesce(qual, '') FROM pg_policies ORDER BY 1")
    forced = "SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY 1"
    guarded, rows = asked(url, forced), asked(url, "SELECT count(*) FROM audit_log")
    for to in ("0007", "0006", "0005"):
        down(owner, to)
        assert asked(url, "SELECT version_num FROM alembic_version") == [to]
        assert {*guarded} - {*asked(url, forced)} <= {"audit_log_first"}
        assert asked(url, "SELECT count(*) FROM audit_log") == rows
        assert asked(url, "SELECT count(*) FROM quarantine") == [1]
    revisions.upgrade(owner)
    owner.close()
    database = connect(url, environ={"NICU_SECRET_KEY": KEY}, purpose="migrations")
    roles.apply(database, "nicu", Report())
    database.close()
    assert asked(url, "SELECT tablename || policyname || coalesce(qual, '') FROM pg_policies ORDER BY 1") == before
    assert asked(url, forced) == guarded
