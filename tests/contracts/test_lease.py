"""The lease on both databases: one engine at a time, and one that lost it can write nothing."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.fence import never
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.live_row import SqlLiveRow
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.adapters.sql.tables import audit_log, rescans, vitals
from nicu_dashboard.domain.limits import default_profile
from nicu_dashboard.ports.lease import Claim, LeaseLost
from nicu_dashboard.ports.limit_book import LimitVersion
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import Rescan, StoreUnavailable, Tick
from tests.contracts.ward import NIGHT, Ward, by_nurse
from tests.postgres import PostgresServer

Engines = Callable[[], SqlLease]


@pytest.fixture
def engine(database: Database, ward: Ward) -> Engines:
    """An engine that asks for the lease of the ward; leases of this test last a fifth of a second."""
    return lambda: SqlLease(database, ward.unit.id, ttl_ms=200)


def claim(name: str) -> Claim:
    return Claim(name, f"http://{name}", f"token of {name}")


def taken(lease: SqlLease, name: str) -> int:
    """The epoch of a lease that is free to take."""
    epoch = lease.take(claim(name), lease.look())
    assert epoch is not None
    return epoch


def test_the_first_engine_takes_the_lease_and_every_next_one_counts_up(database: Database, ward: Ward) -> None:
    first, second = (SqlLease(database, ward.unit.id, ttl_ms=60_000) for _ in range(2))
    assert first.look() is None
    assert taken(first, "one") == 1
    seen = second.look()
    assert seen is not None
    assert (seen.claim, seen.epoch, seen.given_back) == (claim("one"), 1, False)
    assert 0 < seen.left_ms <= 60_000
    assert taken(second, "two") == 2


def test_a_lease_that_was_renewed_since_it_was_seen_is_not_taken(engine: Engines) -> None:
    first, second = engine(), engine()
    epoch = taken(first, "one")
    seen = second.look()
    time.sleep(0.02)
    first.renew(epoch)
    assert second.take(claim("two"), seen) is None
    assert second.look() != seen


def test_a_lease_runs_out_by_the_clock_of_the_database(engine: Engines) -> None:
    first = engine()
    taken(first, "one")
    time.sleep(0.3)
    seen = first.look()
    assert seen is not None
    assert seen.left_ms < 0


def test_who_was_followed_by_another_engine_learns_it_when_it_renews(engine: Engines) -> None:
    first, second = engine(), engine()
    old = taken(first, "one")
    taken(second, "two")
    with pytest.raises(LeaseLost):
        first.renew(old)


def test_a_lease_that_is_given_back_is_free_and_one_of_another_is_left_alone(engine: Engines) -> None:
    first, second = engine(), engine()
    old = taken(first, "one")
    new = taken(second, "two")
    first.give_back(old)
    held = first.look()
    assert held is not None
    assert held.claim == claim("two")
    second.give_back(new)
    free = first.look()
    assert free is not None
    assert (free.given_back, free.epoch) == (True, new)


def test_of_many_that_ask_at_once_exactly_one_gets_it(engine: Engines) -> None:
    taken(engine(), "before")
    seen = engine().look()
    won: list[int | None] = []
    gate = threading.Barrier(6)

    def ask(number: int) -> None:
        lease = engine()
        gate.wait()
        won.append(lease.take(claim(f"engine {number}"), seen))

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(epoch or 0 for epoch in won) == [0, 0, 0, 0, 0, 2]


def test_an_engine_that_lost_its_lease_commits_nothing(database: Database, ward: Ward, engine: Engines) -> None:
    old, new = engine(), engine()
    taken(old, "one")
    before, after = SqlJournal(database, old.fence), SqlJournal(database, new.fence)
    assert before.commit(Tick(readings=[ward.reading(1, heart_rate=150)])) == ["accepted"]
    before.commit(Tick(rescans=[Rescan(ward.baby.id, 0, 1)]))
    taken(new, "two")
    with pytest.raises(LeaseLost):
        before.commit(Tick(readings=[ward.reading(2, heart_rate=151)]))
    with pytest.raises(LeaseLost):
        before.replace_spells(Rescan(ward.baby.id, 0, 1), [])
    assert [row["heart_rate"] for row in ward.rows(vitals)] == [150]
    assert len(ward.rows(rescans)) == 1
    assert after.commit(Tick(readings=[ward.reading(2, heart_rate=151)])) == ["accepted"]


def test_an_engine_that_lost_its_lease_changes_neither_babies_nor_limits(
    database: Database, ward: Ward, engine: Engines
) -> None:
    old, new = engine(), engine()
    taken(old, "one")
    roster, book = SqlRoster(database, old.fence), SqlLimitBook(database, old.fence)
    limits = LimitVersion(ward.baby.id, 1, default_profile(28 * 7), NIGHT, "grete", None)
    assert roster.add_patient(NewPatient("MRN-EVE", "Eve"), by_nurse()).mrn == "MRN-EVE"
    taken(new, "two")
    before = len(ward.rows(audit_log))
    for change in (
        lambda: roster.add_patient(NewPatient("MRN-IDA", "Ida"), by_nurse()),
        lambda: roster.change_patient(ward.baby.id, NewPatient("MRN-X", "X"), by_nurse()),
        lambda: roster.transfer(ward.baby.id, "NICU-02", NIGHT + 1, by_nurse()),
        lambda: roster.discharge(ward.baby.id, NIGHT + 1, by_nurse()),
        lambda: roster.add_cot("NICU-09", by_nurse()),
        lambda: book.change(limits, 0, by_nurse()),
    ):
        with pytest.raises(LeaseLost):
            change()
    assert [stay.cot.label for stay in ward.roster.stays()] == ["NICU-01"]
    assert (book.history(ward.baby.id), len(ward.rows(audit_log))) == ([], before)
    with pytest.raises(StoreUnavailable, match="web worker"):
        SqlRoster(database, never).discharge(ward.baby.id, NIGHT + 1, by_nurse())


def test_an_engine_without_a_lease_commits_nothing(database: Database, ward: Ward, engine: Engines) -> None:
    with pytest.raises(LeaseLost):
        SqlJournal(database, engine().fence).commit(Tick(readings=[ward.reading(1, heart_rate=150)]))
    assert ward.rows(vitals) == []


def test_a_takeover_waits_for_the_commit_that_passed_the_fence(database: Database, ward: Ward, engine: Engines) -> None:
    """What the next engine reads after it took the lease holds everything that the one before has committed."""
    old, new = engine(), engine()
    taken(old, "one")
    seen = new.look()
    passed = threading.Event()
    order: list[str] = []

    def commit() -> None:
        with database.writing() as connection:
            old.fence(connection)
            passed.set()
            time.sleep(0.1)
            order.append("committed")

    committing = threading.Thread(target=commit)
    committing.start()
    passed.wait()
    assert new.take(claim("two"), seen) == 2
    order.append("taken")
    committing.join()
    assert order == ["committed", "taken"]


def test_a_session_that_freezes_behind_the_fence_is_ended_by_the_server(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as url, closing(open_store(url)) as store:
        unit_id = Ward(store).unit.id
        old, new = (SqlLease(store, unit_id, ttl_ms=200) for _ in range(2))
        taken(old, "one")

        def freeze() -> None:
            with store.writing() as connection:
                old.fence(connection)
                assert taken(new, "two") == 2

        with pytest.raises(StoreUnavailable):
            freeze()


def test_the_snapshot_of_the_engine_is_read_with_its_age(database: Database, ward: Ward, engine: Engines) -> None:
    lease = engine()
    taken(lease, "one")
    row = SqlLiveRow(database, ward.unit.id, lease)
    assert row.newest(-1) is None
    row.put(7, b"packed")
    row.put(8, b"packed again")
    time.sleep(0.05)
    found = row.newest(7)
    assert found is not None
    assert (found.seq, found.packed) == (8, b"packed again")
    assert 40 <= found.age_ms < 5_000
    assert row.newest(8) is None


def test_a_snapshot_of_an_engine_that_lost_its_lease_is_refused(
    database: Database, ward: Ward, engine: Engines
) -> None:
    old, new = engine(), engine()
    taken(old, "one")
    SqlLiveRow(database, ward.unit.id, old).put(7, b"old")
    taken(new, "two")
    with pytest.raises(LeaseLost):
        SqlLiveRow(database, ward.unit.id, old).put(8, b"older still")
    found = SqlLiveRow(database, ward.unit.id, new).newest(-1)
    assert found is not None
    assert found.packed == b"old"
