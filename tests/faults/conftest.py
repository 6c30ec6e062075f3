"""A hall of servers for each test, ended whatever happened in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.hall import Hall
from tests.faults.site import Site, small_server
from tests.postgres import PostgresServer

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
def small_postgres() -> Iterator[PostgresServer]:
    """The server that the fault tests of one session stop, starve and crash."""
    with small_server() as server:
        yield server


@pytest.fixture
def site(small_postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    """A ward on a database of its own."""
    with ExitStack() as ends:
        yield Site(small_postgres, tmp_path, ends)
