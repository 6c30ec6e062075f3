"""A hall of servers for each test, ended whatever happened in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.faults.hall import Hall
from tests.faults.roles import House, furnished
from tests.faults.site import Site, small_server
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]
Halls = Callable[[int], Hall]


@pytest.fixture
def hall_of(tmp_path: Path) -> Iterator[Halls]:
    """Build a hall with so many cots."""
    with ExitStack() as ends:

        def build(cots: int) -> Hall:
            hall = Hall(tmp_path, cots)
            ends.callback(hall.stop)
            return hall

        yield build


@pytest.fixture(scope="session")
def _small_server() -> Iterator[PostgresServer]:
    with small_server() as server:
        yield server


@pytest.fixture
def small_postgres(_small_server: PostgresServer) -> PostgresServer:
    """The server that the fault tests of one session stop, starve and crash; up again, however the last one ended."""
    if _small_server.process is None:
        _small_server.start()
    return _small_server


@pytest.fixture
def site(small_postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    """A ward on a database of its own."""
    with ExitStack() as ends:
        yield Site(small_postgres, tmp_path, ends)


@pytest.fixture
def house(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[House]:
    """A ward of two babies on PostgreSQL, with nothing started yet."""
    template = postgres_server.template("nicu_head", lambda url: open_store(url).close())
    with postgres_server.database(template) as url, furnished(url, tmp_path) as furnished_house:
        yield furnished_house
