"""Guessing is held off by what the store counts: two processes, a restart, many at a time."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.services.accounts import AccountRefused
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.entering import Entered
from nicu_dashboard.services.lockout import TooManyAttempts
from nicu_dashboard.settings import Settings
from tests.postgres import PostgresServer
from tests.templates import copy_of_empty_store

PASSWORD = "correct horse battery"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store with one nurse."""
    if request.param == "sqlite":
        yield _with_nurse(f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as fresh:
        yield _with_nurse(fresh)


def _with_nurse(url: str) -> str:
    settings = Settings.model_validate({"DATABASE_URL": url})
    store = bootstrap.open_store(settings)
    accounts = bootstrap.accounts(store, bootstrap.system_clock(), settings)
    accounts.add_user("osei", "M. Osei", "nurse", PASSWORD, Actor("test", "operator"))
    store.close()
    return url


def attack(url: str, passwords: list[str]) -> list[str]:
    """Try passwords in a worker process of its own; return how each try ended."""
    settings = Settings.model_validate({"DATABASE_URL": url})
    store = bootstrap.open_store(settings)
    accounts = bootstrap.accounts(store, bootstrap.system_clock(), settings)
    ended = []
    for password in passwords:
        try:
            came = accounts.log_in("osei", password, "10.0.0.7")
            ended.append("in" if isinstance(came, Entered) else "factor")
        except TooManyAttempts:
            ended.append("held off")
        except AccountRefused:
            ended.append("wrong")
    store.close()
    return ended


def test_two_workers_count_together_and_a_restart_forgets_nothing(url: str) -> None:
    guesses = [[f"guess {worker} {number}" for number in range(8)] for worker in range(2)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as workers:
        ended = [one for answers in workers.map(attack, [url, url], guesses) for one in answers]
    assert (ended.count("wrong"), ended.count("held off")) == (5, 11)
    assert attack(url, [PASSWORD]) == ["held off"]


def test_somebody_elsewhere_is_not_locked_out_by_a_stranger(url: str) -> None:
    attack(url, [f"guess {number}" for number in range(6)])
    settings = Settings.model_validate({"DATABASE_URL": url})
    store = bootstrap.open_store(settings)
    came = bootstrap.accounts(store, bootstrap.system_clock(), settings).log_in("osei", PASSWORD, "10.0.0.8")
    assert isinstance(came, Entered)
    store.close()
