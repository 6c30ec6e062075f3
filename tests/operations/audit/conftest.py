"""A filled trail on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.audit.trail import Trail, filled
from tests.operations.conftest import set_up
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def audited_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nicu.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(set_up(server)) as url:
            yield url


@pytest.fixture
def sqlite_trail(tmp_path: Path) -> Iterator[Trail]:
    yield from filled(f"sqlite:///{tmp_path / 'nicu.db'}", tmp_path)


@pytest.fixture
def trail(audited_url: str, tmp_path: Path) -> Iterator[Trail]:
    yield from filled(audited_url, tmp_path)
