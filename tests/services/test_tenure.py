"""Who may work for a unit, and when: the lease on a real store, time moved by the test."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nicu_dashboard.adapters.process_identity import has_ended, this_process
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.services.tasks import Tasks
from nicu_dashboard.services.tenure import Tenure
from tests.services.unit import HandClock, slow_store
from tests.templates import copy_of_empty_store
from tests.waiting import soon

HIRE_MS = 60_000
Hire = Callable[..., Tenure]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    opened = open_store(f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}")
    yield opened
    opened.close()


@pytest.fixture
def said() -> list[str]:
    """What people were told."""
    return []


@pytest.fixture
def hire(store: Database, said: list[str]) -> Hire:
    """An engine that asks for the lease of the unit, held for a minute unless told otherwise."""
    unit_id = SqlRoster(store).unit().id

    def hired(name: str, clock: HandClock, ttl_ms: int = HIRE_MS, ended: tuple[str, ...] = ()) -> Tenure:
        lease = SqlLease(store, unit_id, ttl_ms)
        return Tenure(lease, clock, name, f"http://{name}", lambda holder: holder in ended, said.append)

    return hired


async def looks(tenure: Tenure, clock: HandClock, times: int, every_ms: int = 500) -> int | None:
    """Look so many times at the lease; return the epoch when it was taken."""
    for _ in range(times):
        clock.at += every_ms
        if (epoch := await tenure._try()) is not None:
            return epoch
    return None


async def test_the_first_engine_works_at_once_and_the_second_waits_and_says_so(hire: Hire, said: list[str]) -> None:
    clock = HandClock()
    first, second = hire("one", clock), hire("two", clock)
    await first.win()
    assert (first.state, first.epoch) == ("starting", 1)
    tasks = Tasks(lambda error: pytest.fail(str(error)))
    tasks.start(second.win(), "wait")
    assert "another engine works" in (await soon(10, lambda: said, "the second says that it waits"))[0]
    assert second.state == "waiting"
    await first.end()
    await soon(10, lambda: second.state == "starting", "the second works")
    assert (second.epoch, len(said)) == (2, 1)
    await tasks.stop()


async def test_an_engine_says_whether_it_starts_or_waits_and_for_what(hire: Hire) -> None:
    clock = HandClock()
    alone = hire("one", clock)
    assert alone.in_words() == "this engine is starting"
    await alone.win()
    assert alone.in_words() == "this engine is starting"
    for other, words in (
        (hire("two", clock), "another engine works for this unit; this one waits"),
        (hire("two", clock, ended=("one",)), "this engine is starting"),
    ):
        other._note(other._lease.look())
        assert other.in_words() == words
        assert other.is_starting() == words.endswith("starting")
    alone.state = "lost"
    assert alone.in_words().startswith("another engine works")
    await asyncio.to_thread(alone._lease.give_back, 1)
    silent = hire("three", clock, ttl_ms=0)
    assert await silent._try() == 2
    waits = hire("four", clock)
    assert await looks(waits, clock, 1) is None
    assert waits.in_words().startswith("the engine of this unit has fallen silent")
    assert not waits.is_starting()


async def test_a_lease_that_ran_out_is_taken_after_it_stood_unchanged_for_a_while(hire: Hire) -> None:
    clock = HandClock()
    assert await hire("one", clock, ttl_ms=0)._try() == 1
    second = hire("two", clock)
    assert await looks(second, clock, 6) is None
    assert await looks(second, clock, 1) == 2


async def test_an_engine_that_renews_in_time_is_never_followed(hire: Hire) -> None:
    clock = HandClock()
    first, second = hire("one", clock, ttl_ms=0), hire("two", clock)
    assert await first._try() == 1
    for _ in range(10):
        assert await looks(second, clock, 5) is None
        await asyncio.sleep(0.002)
        await asyncio.to_thread(first._lease.renew, 1)


async def test_after_the_database_was_away_the_engine_of_before_comes_back_first(hire: Hire) -> None:
    """While nobody could look, nobody could renew: what was not watched proves nothing."""
    clock = HandClock()
    assert await hire("one", clock, ttl_ms=0)._try() == 1
    second = hire("two", clock)
    assert await looks(second, clock, 5) is None
    clock.at += 60_000
    assert await looks(second, clock, 6) is None
    assert await looks(second, clock, 1) == 2


async def test_the_lease_of_a_process_that_has_ended_is_taken_at_once(hire: Hire) -> None:
    clock = HandClock()
    assert await hire("one", clock)._try() == 1
    assert await hire("two", clock, ended=("one",))._try() == 2


async def test_an_engine_that_was_followed_is_told(hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    first = hire("one", clock)
    await first.win()
    assert await hire("two", clock, ended=("one",))._try() == 2
    monkeypatch.setattr("nicu_dashboard.services.tenure.RENEW_S", 0.01)
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(first.keep(), 5)
    assert first.state == "lost"


async def test_the_lease_is_renewed_while_every_common_thread_waits_for_the_store(
    hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nicu_dashboard.services.tenure.RENEW_S", 0.01)
    engine = hire("one", HandClock())
    await engine.win()
    before = engine._lease.look()
    assert before is not None
    with slow_store():
        keeping = asyncio.create_task(engine.keep())
        for _ in range(500):
            await asyncio.sleep(0.01)
            if (seen := engine._lease.look()) is not None and seen.expires_at > before.expires_at:
                break
        else:
            pytest.fail("not renewed within five seconds")
        keeping.cancel()
        await engine.end()


def test_a_process_is_known_to_have_ended_only_where_one_can_know() -> None:
    mine = this_process()
    host, boot, space, pid, started = mine.split("/")
    assert not has_ended(mine)
    assert has_ended("/".join([host, boot, space, pid, str(int(started) - 1)]))
    assert has_ended("/".join([host, boot, space, "4194304", started]))
    assert not has_ended("/".join([host, "another boot", space, "4194304", started]))
    assert not has_ended("/".join([host, boot, "1", "4194304", started]))
    for unreadable in ("", "one", "a/b/c/d/e", f"{host}/{boot}/{space}/x/{started}"):
        assert not has_ended(unreadable)
