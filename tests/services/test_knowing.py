"""What a process keeps in mind of log-ins that only another one has seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.ports.people import Session
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.accounts import IDLE_MS
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.entering import Entered
from nicu_dashboard.settings import Settings
from tests.services.unit import HandClock
from tests.templates import copy_of_empty_store

ADMIN = Actor("command line", "administrator")
GRETE = Actor("grete", "nurse")
PASSWORD = "correct horse battery"


class FailingPeople(SqlPeople):
    """The store of people, which stops answering for sessions when it is told to."""

    away = False

    def session(self, token_hash: str) -> Session | None:
        """Return the session while the store is there."""
        if self.away:
            raise StoreUnavailable("the store is away")
        return super().session(token_hash)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[bootstrap.Store]:
    """An empty store."""
    settings = Settings.model_validate({"DATABASE_URL": f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}"})
    opened = bootstrap.open_store(settings)
    yield opened
    opened.close()


def test_a_log_in_of_another_process_is_known_while_the_store_is_away_and_forgotten_when_it_ends(
    store: bootstrap.Store,
) -> None:
    clock = HandClock()
    there = bootstrap.accounts(store, clock)
    people = FailingPeople(store.database)
    here = bootstrap.accounts(replace(store, people=people), clock)
    there.add_user("grete", "Grete", "nurse", PASSWORD, ADMIN)
    stays, leaves = (there.log_in("grete", PASSWORD, None) for _ in range(2))
    key = there.add_key("gateway", ADMIN)
    assert isinstance(stays, Entered)
    assert isinstance(leaves, Entered)
    here.know()
    there.log_out(leaves.token, GRETE)
    here.know()
    people.away = True
    kept = here.session(stays.token)
    assert kept is not None
    assert kept.user.name == "grete"
    assert here.device(key) is not None
    with pytest.raises(StoreUnavailable):
        here.session(leaves.token)
    clock.at += IDLE_MS + 1
    assert here.session(stays.token, used=False) is None
