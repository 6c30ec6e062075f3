"""How large the store is, and how large it will be."""

import json

import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations import planning, sizes
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill, run
from tests.operations.test_optimizing import TODAY


def test_the_plan_of_forty_cots_for_a_month_uses_the_measured_figures() -> None:
    made = planning.plan(40, 1.0, 1.0)
    assert made.readings == 40 * 30 * 86_400
    totals = {room.name: round(room.total / 1e9, 1) for room in made.rooms}
    assert totals == {
        "PostgreSQL, plain": 27.9,
        "PostgreSQL, partitioned, past days packed": 20.6,
        "PostgreSQL with TimescaleDB, compressed": 1.3,
        "SQLite": 10.1,
    }


def test_a_hundred_megabytes_a_month_are_a_reading_every_seven_seconds_on_plain_postgresql() -> None:
    guide = [round(room.guide_interval_s, 1) for room in planning.plan(1, 1, 1).rooms]
    assert guide == [7.0, 5.2, 0.3, 2.5]


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("500ms", 0.5), ("2", 2), ("1min", 60), ("1.5 s", 1.5)])
def test_an_interval_is_written_with_its_unit(text: str, seconds: float) -> None:
    assert planning.interval_s(text) == seconds


@pytest.mark.parametrize("text", ["", "fast", "0s", "-1s", "1ms", "2d", "1e9s"])
def test_an_interval_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(CannotCare, match="--interval takes the time between two readings"):
        planning.interval_s(text)


def test_sizes_are_the_servers_own(database: Database, store_url: str) -> None:
    fill(database, 12_000)
    found = {table.name: table for table in sizes.sizes(database)}
    (total,) = ask(store_url, "SELECT pg_total_relation_size('vitals')")[0]
    assert (found["vitals"].rows, found["vitals"].total) == (12_000, total)
    assert "idx_vitals_dashboard" in [index.name for index in found["vitals"].indexes]
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    divided = {table.name: table for table in sizes.sizes(database)}
    assert divided["vitals"].rows == 12_000
    assert divided["vitals"].partitions > 5
    assert "vitals_past" not in divided
    measured = dict(planning.measured(list(divided.values())))
    assert 50 < measured["this store, its readings alone"] < 1_000


def test_sizes_of_a_sqlite_file_add_up_to_it(sqlite_store: Database) -> None:
    ward = Ward(sqlite_store)
    ward.store(*(ward.reading(second, heart_rate=140.0) for second in range(500)))
    found = sizes.sizes(sqlite_store)
    whole = sizes.whole(sqlite_store)
    assert next(table for table in found if table.name == "vitals").rows == 500
    assert 0.8 * whole < sum(table.total for table in found) <= whole
    assert planning.measured(found) == []  # too few to judge by


def test_the_command_prints_the_plan(sqlite_store: Database) -> None:
    url = f"sqlite:///{sqlite_store.address.database}"
    told = run("db", "size", "--plan", "--cots", "40", "--interval", "1s", "--json", DATABASE_URL=url)
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert document["plan"]["readings"] == 103_680_000
    assert document["plan"]["stores"][0]["bytes"] == 27_889_920_000
    plain = run("db", "size", "--plan", DATABASE_URL=url)
    assert "40 cots, a reading every 1 s, 1 month of 30 days: 103,680,000 readings" in plain.stderr
    assert "27.9 GB" in plain.stdout
    wrong = run("db", "size", "--plan", "--interval", "soon", DATABASE_URL=url)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
