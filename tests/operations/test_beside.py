"""Statements beside the ward: they wait for whoever began earlier, outlive a kill, and are one command's work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.optimizing import beside, indexes, packing
from nicu_dashboard.operations.optimizing.api import Wishes, give_up, optimize
from nicu_dashboard.operations.optimizing.periods import WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, one_at_a_time
from tests.operations.conftest import ask, fill, run, set_up
from tests.operations.test_optimizing import TODAY
from tests.postgres import running_server

KEEPER = "idx_vitals_dashboard"
_MADE = f"SELECT oid, indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname ~ '^{KEEPER}'"


@contextmanager
def impatient(store_url: str) -> Iterator[Database]:
    """The store in sessions that wait for a lock but a moment, as others do for ten seconds."""
    database = open_store(f"{store_url}?options=-c%20lock_timeout%3D300ms")
    try:
        yield database
    finally:
        database.close()


@contextmanager
def a_copy_being_made(store_url: str) -> Iterator[psycopg.Connection]:
    """A session that keeps its picture of the tables, as pg_dump does."""
    with psycopg.connect(store_url) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT count(*) FROM units")
        yield session


class Working(threading.Thread):
    """An optimization in a thread of its own; what it reports, and how it ended."""

    def __init__(self, database: Database, wishes: Wishes) -> None:
        super().__init__(daemon=True)
        self.report, self.fault = Report(), None
        self._database, self._wishes = database, wishes
        self.start()

    def run(self) -> None:
        try:
            optimize(self._database, self._wishes, TODAY, self.report)
        except Exception as error:
            self.fault = error  # type: ignore[assignment]


def test_an_index_waits_for_a_copy_that_began_earlier_and_says_so(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_TOLD_AFTER_S", 0.5)
    with impatient(store_url) as database:
        ask(store_url, "DROP INDEX idx_alarms_active")
        with a_copy_being_made(store_url) as copy:
            working = Working(database, Wishes())
            until = time.monotonic() + 10
            while not (said := working.report.deeds) and working.is_alive() and time.monotonic() < until:
                time.sleep(0.05)
            assert working.is_alive(), working.fault
            assert said[0].startswith("waiting for a transaction of postgres")
            copy.rollback()
        working.join(20)
        assert (working.fault, indexes.lacking(database)) == (None, [])
        # The patience ends with the statement: others are waited for as before.
        with database.writer.connect() as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "300ms"


def test_a_prepared_transaction_that_is_waited_for_has_no_process_and_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "_TOLD_AFTER_S", 0.5)
    with running_server(max_prepared_transactions="2") as server, server.database(set_up(server)) as url:
        ask(url, "DROP INDEX idx_alarms_active")
        with psycopg.connect(url) as session:
            session.execute("LOCK TABLE alarms IN ROW EXCLUSIVE MODE")
            session.execute("PREPARE TRANSACTION 'forgotten'")
        database = open_store(url)
        working = Working(database, Wishes())
        until = time.monotonic() + 10
        while not (said := working.report.deeds) and working.is_alive() and time.monotonic() < until:
            time.sleep(0.05)
        ask(url, "ROLLBACK PREPARED 'forgotten'")
        working.join(20)
        assert said[:1] == ["waiting for a prepared transaction, writers go on; nicu db maintain --dry-run names it"], (
            working.fault
        )
        database.close()


def test_indexes_are_packed_while_a_copy_is_being_made(store_url: str) -> None:
    with impatient(store_url) as database:
        fill(database, 3_000)
        optimize(database, Wishes(WEEKLY), TODAY, Report())
        ((packed,),) = ask(store_url, "SELECT min(relname) FROM pg_class WHERE obj_description(oid) = 'packed'")
        ask(store_url, f"COMMENT ON INDEX {packed} IS NULL")
        report = Report()
        with a_copy_being_made(store_url) as copy:
            packer = threading.Thread(target=packing.pack, args=(database, TODAY, report), daemon=True)
            packer.start()
            time.sleep(0.8)
            assert packer.is_alive()
            copy.rollback()
        packer.join(20)
        assert report.deeds[-1] == "packed the indexes of 1 past partitions, writers went on"


def test_what_the_server_still_makes_for_a_killed_run_is_waited_for_and_taken(
    database: Database, store_url: str
) -> None:
    fill(database, 1_000)
    ((definition,),) = ask(store_url, f"SELECT pg_get_indexdef('{KEEPER}'::regclass)")
    ask(store_url, f"DROP INDEX {KEEPER}")
    begun = str(definition).replace(f"INDEX {KEEPER}", f"INDEX CONCURRENTLY {KEEPER}_made")
    with a_copy_being_made(store_url) as copy:
        left = threading.Thread(target=ask, args=(store_url, begun), daemon=True)
        left.start()
        for _ in range(100):
            if found := ask(store_url, _MADE):
                break
            time.sleep(0.05)
        working = Working(database, Wishes())
        time.sleep(1)
        assert (working.is_alive(), ask(store_url, _MADE)) == (True, found)
        copy.rollback()
    left.join(20)
    working.join(20)
    assert (working.fault, indexes.lacking(database)) == (None, [])
    assert working.report.deeds[0].startswith("the server still makes an index, for a run that was interrupted")
    assert ask(store_url, _MADE) == [(found[0][0], True)]


def test_two_commands_at_once_are_one_too_many(database: Database, store_url: str) -> None:
    ask(store_url, "DROP INDEX idx_alarms_active")
    with one_at_a_time(database):
        for work in (lambda: optimize(database, Wishes(), TODAY, Report()), lambda: give_up(database, Report())):
            with pytest.raises(CannotCare, match="another command looks after this database just now"):
                work()
        for command in ("maintain", "upgrade"):
            told = run("db", command, DATABASE_URL=store_url)
            assert (told.returncode, "another command looks after this database" in told.stderr) == (2, True)
        assert run("db", "optimize", "--dry-run", DATABASE_URL=store_url).returncode == 0
        assert run("db", "maintain", "--dry-run", DATABASE_URL=store_url).returncode == 0
    optimize(database, Wishes(), TODAY, Report())
    assert indexes.lacking(database) == []
