"""What every room of tests may ask for: the browser's program, an event loop, patient property tests."""

from pathlib import Path

import hypothesis
import pytest

from tests.memory import keep_in_memory
from tools.ensure import NotToBeHad, find

keep_in_memory()

# No deadline per example: two busy cores make any figure here a lie. How many examples run is left to each test.
hypothesis.settings.register_profile("nicu", deadline=None, print_blob=True)
hypothesis.settings.load_profile("nicu")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """`async def test_…` runs on asyncio, as the program does."""
    return "asyncio"


def program(name: str) -> Path:
    """The path of a program from tools/ensure.py; without it the test fails, as a skipped test would prove nothing."""
    try:
        found = find(name)
    except NotToBeHad as reason:
        pytest.fail(str(reason))
    return found or pytest.fail(f"{name} is missing: run .venv/bin/python tools/ensure.py {name}")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser that the screens are tested in."""
    return program("chromium")
