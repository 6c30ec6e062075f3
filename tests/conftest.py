"""What every room of tests may ask for: the browser's program, an event loop, patient property tests."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.memory import keep_in_memory
from tools.ensure import NotToBeHad, find

keep_in_memory()

# No deadline per example: two busy cores make any figure here a lie. How many examples run is left to each test.
hypothesis.settings.register_profile("nicu", deadline=None, print_blob=True)
hypothesis.settings.load_profile("nicu")


RECOMMENDED_PASSWORDS = PasswordHash.recommended


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Real hashes of the same kind at the least cost; tests/adapters/test_passwords.py holds the program's own cost."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1_024, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHash, "recommended", lambda: quick)
        yield


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
