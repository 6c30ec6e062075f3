"""A whole station over a real SQLite file, with a clock that the test moves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.unit import TestUnit
from tests.templates import copy_of_empty_store


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[TestUnit]:
    """A started unit with two cots and a baby of 31+2 weeks in the first."""
    async with TestUnit.opened(copy_of_empty_store(tmp_path / "nicu.db")) as opened:
        await opened.admit("NICU-01", "A-1")
        yield opened
