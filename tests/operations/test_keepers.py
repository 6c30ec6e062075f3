"""The index that keeps readings unique: always there, or the store takes none; its successor comes before it goes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic import command

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import KeyMissing
from nicu_dashboard.operations.checking import check_connection
from nicu_dashboard.operations.optimizing import indexes
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill
from tests.operations.test_optimizing import TODAY, Writer

KEEPER = "idx_vitals_dashboard"
_GUARDS = """
SELECT min((SELECT count(*) FROM pg_index AS i WHERE i.indrelid = t.oid AND indisunique AND NOT indisprimary
            AND (indisready OR t.relkind = 'p')))
FROM pg_class AS t WHERE t.oid = 'vitals'::regclass
OR t.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'vitals'::regclass)
"""
_NAMES = "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') AND relname ~ '_made$'"


@contextmanager
def watched(url: str) -> Iterator[list[int]]:
    """Count all the while how many indexes at least keep any table of readings unique."""
    counts: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            counts.append(int(str(ask(url, _GUARDS)[0][0])))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(WEEKLY)], ids=["plain", "divided"])
def test_an_unusable_keeper_stops_the_store_and_is_succeeded_without_a_moment_between(
    database: Database, store_url: str, wishes: Wishes
) -> None:
    fill(database, 3_000)
    optimize(database, wishes, TODAY, Report())
    ward = Ward(database)
    reading = ward.reading(5, heart_rate=120.0)
    assert ward.store(reading) == ["accepted"]
    for _ in range(2):  # the names that the first successor left do not hinder the second
        ask(store_url, f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{KEEPER}'::regclass")
        with pytest.raises(KeyMissing, match="run: nicu db optimize"):
            ward.store(reading)
        found = check_connection(database, {}, 1)
        assert f"the index {KEEPER}, which keeps rows unique, is missing or unusable" in found.faults[0]
        assert any("nicu db optimize" in step for step in found.steps)
        with watched(store_url) as counts:
            optimize(database, Wishes(), TODAY, Report())
        assert min(counts) >= 1
        assert (indexes.lacking(database), ask(store_url, _NAMES)) == ([], [])
        assert ward.store(reading) == ["duplicate"]


def test_another_index_under_its_name_is_succeeded_while_the_ward_writes(database: Database, store_url: str) -> None:
    fill(database, 3_000)
    ask(store_url, f"ALTER INDEX {KEEPER} RENAME TO stranger")
    ask(store_url, f"CREATE INDEX {KEEPER} ON vitals (patient_id, recorded_at DESC)")
    assert [(index.name, index.broken) for index in indexes.lacking(database)] == [(KEEPER, True)]
    writer = Writer(Ward(database))
    with writer.at_work():
        optimize(database, Wishes(), TODAY, Report())
    assert writer.sent > 0
    assert indexes.lacking(database) == []


def test_doubled_readings_of_a_server_are_told_and_left_as_they_are(database: Database) -> None:
    doubled_readings_are_told_and_left_as_they_are(database)


def test_doubled_readings_of_a_file_are_told_and_left_as_they_are(sqlite_store: Database) -> None:
    doubled_readings_are_told_and_left_as_they_are(sqlite_store)


def doubled_readings_are_told_and_left_as_they_are(database: Database) -> None:
    """On either store."""
    ward = Ward(database)
    ward.store(ward.reading(5, heart_rate=120.0))
    with database.writing() as connection:
        connection.exec_driver_sql(f"DROP INDEX {KEEPER}")
        connection.exec_driver_sql(
            "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id)"
            " SELECT patient_id, recorded_at, received_at, source_id FROM vitals"
        )
    with pytest.raises(KeyMissing):
        ward.store(ward.reading(6, heart_rate=121.0))
    with pytest.raises(CannotCare, match=r"vitals holds more than one row of the same key \(1 keys\).*HAVING count"):
        optimize(database, Wishes(), TODAY, Report())
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM vitals WHERE id = (SELECT max(id) FROM vitals)")
    optimize(database, Wishes(), TODAY, Report())
    assert ward.store(ward.reading(5, heart_rate=120.0), ward.reading(6, spo2=90.0)) == ["duplicate", "accepted"]


def test_an_upgrade_has_the_index_made_beside_the_running_ward(database: Database, store_url: str) -> None:
    fill(database, 3_000)
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    down(database, "0008")
    identity = f"SELECT oid FROM pg_class WHERE relname IN ('{KEEPER}_made', '{KEEPER}') ORDER BY relname DESC LIMIT 1"
    writer, report = Writer(Ward(database)), Report()
    with writer.at_work():
        indexes.prepare(database, report)
    assert writer.sent > 0
    assert report.deeds == [f"made the index {KEEPER} on vitals beside the old one, writers went on"]
    made = ask(store_url, identity)
    assert revisions.bring_up(database)
    assert (ask(store_url, identity), ask(store_url, _NAMES), indexes.lacking(database)) == (made, [], [])


def down(database: Database, to: str) -> None:
    """Go down to a revision."""
    with database.writing() as connection:
        config = revisions._config()
        config.attributes["connection"] = connection
        command.downgrade(config, to)
