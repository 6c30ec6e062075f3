"""Servers for the tests of the web layer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates import copy_of_empty_store
from tests.web.serving import Serving, serving


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Serving]:
    """A demo with one baby in NICU-01 and an empty NICU-02."""
    with serving(copy_of_empty_store(tmp_path / "nicu.db"), "demo") as running:
        for label in ("NICU-01", "NICU-02"):
            assert running.client.post("/api/cots", json={"label": label}).status_code == 201
        baby = {"cot": "NICU-01", "mrn": "A-1", "name": "Kaur, Baby of Simran", "born": "2026-11-01T04:30:00Z"}
        assert running.client.post("/api/admissions", json=baby | {"ga": "28+3", "sex": "female"}).status_code == 201
        yield running


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Serving]:
    """A server as a hospital runs it: nobody is let in without a session."""
    with serving(copy_of_empty_store(tmp_path / "ward.db"), "live") as running:
        yield running
