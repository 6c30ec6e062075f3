"""Stores for the care of the database: a SQLite file and databases on real PostgreSQL servers of two major versions."""

import io
import random
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.cli import main
from nicu_dashboard.operations.backup import programs
from tests.contracts.ward import Ward
from tests.postgres import PostgresServer, oldest_postgres_server, postgres_server

__all__ = ["oldest_postgres_server", "postgres_server"]


@pytest.fixture(params=["usual", "oldest"])
def any_server(request: pytest.FixtureRequest) -> PostgresServer:
    """One server after the other."""
    name = "postgres_server" if request.param == "usual" else "oldest_postgres_server"
    server: PostgresServer = request.getfixturevalue(name)
    return server


def set_up(server: PostgresServer) -> str:
    """The name of a template with the newest schema."""
    return server.template("nicu_head", lambda url: open_store(url).close())


@pytest.fixture
def store_url(any_server: PostgresServer) -> Iterator[str]:
    """The URL of a store that is set up and empty, on PostgreSQL."""
    with any_server.database(set_up(any_server)) as url:
        yield url


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """The store on PostgreSQL."""
    store = open_store(store_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Database]:
    """The store as a SQLite file."""
    store = open_store(f"sqlite:///{tmp_path / 'nicu.db'}")
    yield store
    store.close()


@pytest.fixture
def server_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump of the server under test, wherever its programs are."""
    if "any_server" in request.fixturenames:
        server: PostgresServer = request.getfixturevalue("any_server")
        monkeypatch.setenv(programs.SETTING, str(server.bin_dir))


@pytest.fixture
def ward(database: Database) -> Ward:
    """A ward with two cots and a baby, Ada, in the first."""
    return Ward(database)


def fill(database: Database, rows: int, every: str = "10 seconds", since: str = "2026-11-01 00:00:00+00") -> None:
    """Store this many readings of Ada, past the journal, with different values."""
    ward = Ward(database)
    generator = random.Random(1)
    with database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, heart_rate, spo2)"
            f" SELECT {ward.baby.id}, at, at, {ward.monitor.id}, 120 + n * {generator.randint(3, 7)} % 60, 85 + n %% 15"
            f" FROM (SELECT n, timestamptz '{since}' + n * interval '{every}' AS at"
            f" FROM generate_series(1, {rows}) AS n) AS made".replace("% 60", "%% 60")
        )
    # The server counts what a session did when that ends.
    database.close()


@dataclass(frozen=True)
class Told:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, **environment: str) -> Told:
    """Run a command of the program with these settings."""
    out, words = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(words):
        for name, value in environment.items():
            patch.setenv(name, value)
        code = main.run(arguments)
    return Told(code, out.getvalue(), words.getvalue())


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    """What a server says to one statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
