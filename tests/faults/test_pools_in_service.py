"""The settings of the pool as the server sees them: how many sessions, for how long unused, whose they are."""

import threading
import time
from collections import Counter
from typing import Self

import psycopg

from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.ports.lease import Claim
from tests.faults.hall import now_ms
from tests.faults.roles import House, Served
from tests.waiting import within

POOL, WORKERS = 3, 2
SCREENS, ALARMS = "nicu-dashboard", "nicu-dashboard alarms"


def sessions(house: House) -> Counter[str]:
    """The server's sessions of this ward by what they call themselves, those that LISTEN apart."""
    found = house.rows(
        "SELECT CASE WHEN query LIKE 'LISTEN%' THEN 'listen' ELSE application_name END FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'nicu%'"
    )
    return Counter(name for (name,) in found)


def pids(house: House) -> set[int]:
    """Which sessions the screens have."""
    asked = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{SCREENS}'"
    return {pid for (pid,) in house.rows(f"{asked} AND query NOT LIKE 'LISTEN%'")}


class Flood:
    """People who ask for history again and again, all at once."""

    def __init__(self, house: House, served: Served, people: int) -> None:
        self.answers: Counter[int] = Counter()
        self._over = threading.Event()
        self._house, self._served = house, served
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(people)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                self.answers[self._house.act(self._served, "GET", "/api/patients/1/annotations")[0]] += 1
            except OSError:
                self.answers[0] += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop asking."""
        self._over.set()
        for thread in self._threads:
            thread.join(30)


def test_a_flood_of_slow_history_takes_the_pools_and_no_more_and_leaves_the_alarm_path_its_own(house: House) -> None:
    served = house.start(
        "--workers", str(WORKERS), DB_POOL_SIZE=str(POOL), DB_CONNECT_TIMEOUT="1000", DB_IDLE_TIMEOUT="2000"
    )
    within(20, lambda: set(served.health().get("processes", {}).values()) == {"healthy"}, "all are healthy")
    with psycopg.connect(house.url) as holder, Flood(house, served, 30) as flood:
        holder.execute("LOCK TABLE annotations IN ACCESS EXCLUSIVE MODE")
        most: Counter[str] = Counter()
        delays = []
        until = time.monotonic() + 5
        while time.monotonic() < until:
            most |= sessions(house)
            began = time.monotonic()
            status, said = house.send(served, now_ms(), heart_rate=40)
            delays.append(time.monotonic() - began)
            assert (status, said.get("spooled")) == (202, None), said
        # Of the pool of each process one connection is the alarm path's: to commit, or to see whose the lease is.
        assert most[SCREENS] <= (POOL - 1) * (WORKERS + 1)
        assert most[SCREENS] >= (POOL - 1) * WORKERS
        assert 1 <= most[ALARMS] <= WORKERS + 1
        assert most["listen"] == WORKERS
        assert max(delays) < 5
        within(5, lambda: flood.answers[503] > 0, "who waits for a connection longer than DB_CONNECT_TIMEOUT gets 503")
        holder.rollback()
    # What lies unused for longer than DB_IDLE_TIMEOUT is closed at the server; the next flood opens others.
    before = pids(house)
    within(10, lambda: len(pids(house)) <= WORKERS + 1, "those that nobody needs are gone from the server")
    assert sessions(house)[ALARMS] >= 1
    with Flood(house, served, 12) as flood:
        within(10, lambda: pids(house) - before, "new ones are opened when they are needed")
    assert flood.answers[200]
    assert len(pids(house)) <= (POOL - 1) * (WORKERS + 1)


def test_where_the_engine_is_can_be_seen_while_every_other_connection_is_taken(house: House) -> None:
    """As in a web worker that begins in a flood."""
    store = open_store(house.url, 2, 1_000)
    store.serve()
    lease = SqlLease(store, SqlRoster(store).unit().id)
    claim = Claim("host/1", "http://127.0.0.1:9", "token")
    with store.reading():
        assert lease.take(claim, lease.look()) == 1
        seen = lease.look()
    assert seen is not None
    assert seen.claim == claim
    store.close()


def test_a_warning_counts_every_process_and_its_listening(house: House) -> None:
    served = house.start("--workers", "4", DB_POOL_SIZE="12")
    (warning,) = [told for told in served.told() if "may ask for" in told]
    # 5 processes with 12 each, and one session of each web worker that listens.
    assert "64 connections" in warning
    assert "Set DB_POOL_SIZE=10 or fewer workers" in warning
