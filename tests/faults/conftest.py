"""A hall of servers for each test, ended whatever happened in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.hall import Hall

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
