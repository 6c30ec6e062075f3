"""Which roles may be served from which database, told in one line before anything is started."""

import pytest

from tests.cli.conftest import Nicu

FREE = ("--port", "0")


@pytest.mark.parametrize(
    "options", [("--role", "engine"), ("--role", "web"), ("--workers", "2"), ("--role", "web", "--workers", "3")]
)
def test_on_sqlite_everything_runs_in_one_process(nicu: Nicu, options: tuple[str, ...]) -> None:
    said = nicu("serve", *FREE, *options)
    assert said.code == 2
    assert said.err.splitlines()[-1].startswith("nicu: on SQLite everything runs in one process")


def test_there_is_one_engine(nicu: Nicu) -> None:
    said = nicu("serve", *FREE, "--role", "engine", "--workers", "2")
    assert (said.code, "one engine works for a unit" in said.err) == (2, True)


@pytest.mark.parametrize(
    "options", [("--role", "king"), ("--workers", "0"), ("--workers", "65"), ("--workers", "many")]
)
def test_an_unknown_role_or_number_is_refused(nicu: Nicu, options: tuple[str, ...]) -> None:
    said = nicu("serve", *FREE, *options)
    assert (said.code, len(said.err.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NICU_ENGINE_LISTEN", "8001"),
        ("NICU_ENGINE_LISTEN", "127.0.0.1:99999"),
        ("NICU_ENGINE_URL", "engine.example.org"),
        ("NICU_ENGINE_URL", "ftp://engine.example.org"),
    ],
)
def test_an_address_of_the_engine_that_is_none_is_refused(
    nicu: Nicu, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    said = nicu("serve", *FREE)
    assert (said.code, name in said.err, len(said.err.splitlines())) == (2, True, 1)
