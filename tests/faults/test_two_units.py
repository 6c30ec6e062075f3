"""Two units on one PostgreSQL, an engine for each: neither waits for the other, neither falls with the other."""

import signal
import time

import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.settings import Settings
from tests.faults.hall import ADMIN, now_ms
from tests.faults.roles import House, Served
from tests.waiting import within

OTHER = "Special care"
FRESH_MS = 2_500


@pytest.fixture
def house(house: House) -> House:
    """A unit of two babies, and another one with an empty cot."""
    store = bootstrap.open_store(Settings.model_validate({"DATABASE_URL": house.url}))
    unit = store.roster.add_unit(OTHER, ADMIN.entry(now_ms(), "unit.add", f"unit {OTHER}"))
    store.roster.add_cot("SC-01", ADMIN.entry(now_ms(), "cot.add", "cot SC-01"), unit.id)
    store.close()
    return house


def stands_still_ms(house: House, unit: int) -> int:
    """How old the unit's snapshot is, by the database's clock."""
    question = f"SELECT extract(epoch FROM clock_timestamp() - at) * 1000 FROM live_snapshot WHERE unit_id = {unit}"
    ((age,),) = house.rows(question)
    return int(age)


def labels(house: House, at: Served) -> list[str]:
    snapshot = house.wall(at)
    return [] if snapshot is None else [cot["label"] for cot in snapshot["cots"]]


def test_two_engines_work_at_the_same_time_and_one_that_is_killed_leaves_the_other_untouched(house: House) -> None:
    ours, theirs = house.start("--unit", "NICU"), house.start("--role", "engine", "--unit", OTHER)
    screens = house.start("--role", "web", NICU_UNIT=OTHER)
    within(20, lambda: ours.works() and theirs.works(), "an engine works for each unit")
    second = house.start("--role", "engine", "--unit", "NICU")
    assert second.health()["lease"]["state"] == "waiting"
    assert (labels(house, ours), within(10, lambda: labels(house, screens), "a wall")) == (house.labels, ["SC-01"])
    assert house.send(ours, heart_rate=150)[0] == 202
    refused = house.send(screens, heart_rate=150)[1]["rejected"]
    assert "'NICU-01' belongs to another unit" in refused[0]["reason"]

    ours.send_signal(signal.SIGKILL)
    oldest, until = 0, time.monotonic() + 30
    while not second.works() and time.monotonic() < until:
        oldest = max(oldest, stands_still_ms(house, 2))
        time.sleep(0.1)
    assert second.works()
    assert oldest < FRESH_MS
    assert house.rows("SELECT unit_id, epoch FROM lease ORDER BY unit_id") == [(1, 2), (2, 1)]
    assert (labels(house, screens), theirs.works()) == (["SC-01"], True)
