"""Indexes and partitions on a live database."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import quarantine, vitals
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.domain.spells import Spell
from nicu_dashboard.operations.optimizing import conversion, indexes, packing, partitions, shadow
from nicu_dashboard.operations.optimizing.api import Wishes, give_up, optimize
from nicu_dashboard.operations.optimizing.periods import DAILY, DAY_MS, WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, unfiltered
from nicu_dashboard.ports.tick import Rescan, SpellRow, Tick, VitalsRow
from tests.contracts.ward import NIGHT, Ward
from tests.operations.conftest import ask, fill

TODAY = parse_instant("2026-11-23T08:00:00Z")


class Writer:
    """A monitor that goes on sending, from `since` on, with corrections, while the database is cared for."""

    def __init__(self, ward: Ward, since: int = TODAY) -> None:
        self.ward, self.sent, self.slowest_s = ward, 0, 0.0
        self._shift = (since - NIGHT) / 1_000
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            tick = [self.reading(self.sent)]
            if self.sent % 3 == 2:
                tick.append(self.ward.reading(self._shift + self.sent - 1, heart_rate=99.0, resp_rate=40.0))
            self.ward.store(*tick)
            self.slowest_s = max(self.slowest_s, time.perf_counter() - began)
            self.sent += 1

    def reading(self, second: int) -> VitalsRow:
        """What it sends in one second, before the correction of some."""
        return self.ward.reading(self._shift + second, heart_rate=120.0 + second % 40, spo2=95.0)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()


def rows_of(ward: Ward) -> list[dict[str, object]]:
    return ward.rows(vitals)


def test_missing_and_unusable_indexes_are_made_while_the_ward_writes(database: Database, store_url: str) -> None:
    fill(database, 20_000)
    ask(store_url, "DROP INDEX idx_alarms_active")
    ask(store_url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_vitals_no_value'::regclass")
    assert [(index.name, index.broken) for index in indexes.lacking(database)] == [
        ("idx_alarms_active", False),
        ("idx_vitals_no_value", True),
    ]
    writer = Writer(Ward(database))
    with writer.at_work():
        report = Report()
        optimize(database, Wishes(), TODAY, report)
    assert writer.sent > 0
    assert indexes.lacking(database) == []
    assert "made the index idx_alarms_active on alarms, writers went on" in report.deeds
    assert optimize(database, Wishes(), TODAY, Report()) == []


def test_a_dry_run_says_what_it_would_do_and_does_nothing(database: Database, store_url: str) -> None:
    ask(store_url, "DROP INDEX idx_alarms_active")
    planned = optimize(database, Wishes(WEEKLY), TODAY, Report(), dry_run=True)
    assert planned[0] == "make the index idx_alarms_active on alarms"
    assert planned[1].startswith("divide vitals into weekly partitions; needs about 0.0 GB")
    assert [index.name for index in indexes.lacking(database)] == ["idx_alarms_active"]


def test_readings_are_divided_by_week_while_the_ward_writes_and_none_is_lost(
    database: Database, store_url: str
) -> None:
    fill(database, 60_000)
    ward = Ward(database)
    writer = Writer(ward)
    report = Report()
    with writer.at_work():
        time.sleep(0.3)
        optimize(database, Wishes(WEEKLY), TODAY, report)
        time.sleep(0.3)
    sent = ask(store_url, "SELECT count(*), count(DISTINCT id) FROM vitals")[0]
    assert sent == (60_000 + writer.sent, 60_000 + writer.sent)
    assert writer.sent > 20
    assert writer.slowest_s < 3
    assert any(line.startswith("swapped the tables; writers waited") for line in report.deeds)
    assert ask(store_url, "SELECT relkind FROM pg_class WHERE oid = 'vitals'::regclass") == [("p",)]
    corrected = ask(store_url, "SELECT count(*) FROM vitals WHERE resp_rate = 40")
    assert corrected == [(writer.sent // 3,)]
    assert ask(store_url, "SELECT to_regclass('vitals_before'), to_regclass('vitals_next')") == [(None, None)]
    assert optimize(database, Wishes(WEEKLY), TODAY, Report()) == []


def test_a_divided_table_has_the_names_keys_and_numbers_of_the_plain_one(database: Database, store_url: str) -> None:
    named = "SELECT conname FROM pg_constraint WHERE conrelid = 'vitals'::regclass AND contype <> 'n' ORDER BY 1"
    listed = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'vitals'::regclass ORDER BY 1"
    fill(database, 100)
    before = ask(store_url, named), ask(store_url, listed), rows_of(Ward(database))
    optimize(database, Wishes(DAILY), TODAY, Report())
    assert (ask(store_url, named), ask(store_url, listed), rows_of(Ward(database))) == before
    assert ask(store_url, "SELECT pg_get_serial_sequence('vitals', 'id') LIKE '%.vitals_id_seq'") == [(True,)]
    ward = Ward(database)
    ward.store(ward.reading(5, heart_rate=120))
    assert max(row["id"] for row in rows_of(ward)) == 101  # type: ignore[type-var]
    assert indexes.lacking(database) == []


def test_an_index_of_a_divided_table_is_made_partition_by_partition(database: Database, store_url: str) -> None:
    fill(database, 5_000)
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    ask(store_url, "DROP INDEX idx_vitals_no_value")
    optimize(database, Wishes(), TODAY, Report())
    assert indexes.lacking(database) == []
    optimize(database, Wishes(), TODAY, Report())


def test_a_conversion_that_was_killed_goes_on_where_it_stopped(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 30_000)

    class Killed(Exception):
        pass

    class Counting(Report):
        def at(self, completed: float) -> None:
            if completed >= 10_000:
                raise Killed

    with pytest.raises(Killed):
        optimize(database, Wishes(WEEKLY), TODAY, Counting())
    ward = Ward(database)
    ward.store(ward.reading(1, heart_rate=1))
    ask(store_url, "UPDATE vitals SET spo2 = 1 WHERE id IN (10, 29000)")
    ask(store_url, "DELETE FROM vitals WHERE id IN (11, 29001)")
    report = Report()
    planned = optimize(database, Wishes(WEEKLY), TODAY, report)
    assert planned[0].startswith("go on with an interrupted conversion")
    assert "an earlier conversion was interrupted; going on with it" in report.deeds
    assert ask(store_url, "SELECT count(*), count(*) FILTER (WHERE spo2 = 1) FROM vitals") == [(29_999, 2)]


def test_a_conversion_can_be_given_up_and_leaves_nothing(database: Database, store_url: str) -> None:
    fill(database, 50)
    with unfiltered(database) as connection:
        shadow.prepare(connection, shadow.Shape(WEEKLY, (WEEKLY.start(TODAY),)))
        shadow.mirror(connection)
    assert give_up(database, Report())
    assert not give_up(database, Report())
    left = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'vitals'::regclass AND tgname LIKE 'nicu_mirror%'"
    assert ask(store_url, left) == [(0,)]
    assert ask(store_url, "SELECT count(*) FROM vitals") == [(50,)]


def test_a_copy_that_differs_is_never_put_in_place(database: Database, store_url: str) -> None:
    fill(database, 50)
    with unfiltered(database) as connection:
        shadow.prepare(connection, shadow.Shape(WEEKLY, (WEEKLY.start(TODAY),)))
        last = shadow.mirror(connection)
        connection.exec_driver_sql(shadow.note(last, last))  # as if the rows had been copied
    with pytest.raises(CannotCare, match="the copy differs from the readings in"):
        conversion.convert(database, shadow.Shape(WEEKLY, (WEEKLY.start(TODAY),)), Report())
    assert ask(store_url, "SELECT count(*) FROM vitals") == [(50,)]


def test_partitions_are_made_ahead_and_readings_that_came_before_are_put_into_them(
    database: Database, store_url: str
) -> None:
    fill(database, 10)
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    later = TODAY + 70 * DAY_MS
    fill(database, 5, since="2027-02-01 00:00:00+00")
    assert ask(store_url, "SELECT count(*) FROM vitals_future") == [(5,)]
    made = partitions.make_ahead(database, later, Report())
    assert len(made) == 10
    assert ask(store_url, "SELECT count(*) FROM vitals_future") == [(0,)]
    assert ask(store_url, "SELECT tableoid::regclass::text, count(*) FROM vitals GROUP BY 1 ORDER BY 1") == [
        ("vitals_p20261026", 10),
        ("vitals_p20270201", 5),
    ]
    assert partitions.make_ahead(database, later, Report()) == []


def test_months_without_care_become_one_partition_without_moving_a_row(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_MOVED", 100)
    fill(database, 10)
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    fill(database, 500, every="1 hour", since="2027-01-05 00:00:00+00")
    fill(database, 1, since="2040-01-01 00:00:00+00")
    made = partitions.make_ahead(database, parse_instant("2027-02-01T00:00:00Z"), Report())
    assert made[0] == "vitals_p20270104"
    assert ask(store_url, "SELECT count(*) FROM vitals_p20270104") == [(500,)]
    assert ask(store_url, "SELECT count(*) FROM vitals_future") == [(1,)]
    assert ask(store_url, "SELECT count(*) FROM vitals") == [(511,)]


def test_old_partitions_are_dropped_whole(database: Database, store_url: str) -> None:
    fill(database, 3_000, every="15 minutes", since="2026-10-01 00:00:00+00")
    optimize(database, Wishes(DAILY), TODAY, Report())
    dropped = partitions.drop_before(database, parse_instant("2026-10-05T12:00:00Z"), Report())
    assert [part.name for part in dropped] == [f"vitals_p2026100{day}" for day in (1, 2, 3, 4)]
    assert ask(store_url, "SELECT min(recorded_at) = '2026-10-05 00:00:00+00' FROM vitals") == [(True,)]


def test_something_that_hangs_on_the_table_is_not_left_behind(database: Database, store_url: str) -> None:
    ask(store_url, "CREATE VIEW pulse AS SELECT heart_rate FROM vitals")
    with pytest.raises(CannotCare, match="the view pulse depends on the table vitals"):
        optimize(database, Wishes(WEEKLY), TODAY, Report())


def test_what_a_move_left_behind_goes_along(database: Database, store_url: str) -> None:
    fill(database, 100)
    ask(store_url, "CREATE SCHEMA nicu_migration")
    ask(store_url, "CREATE VIEW nicu_migration.vitals_at_cut_over AS SELECT * FROM vitals WHERE id <= 60")
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    assert ask(store_url, "SELECT count(*), max(id) FROM nicu_migration.vitals_at_cut_over") == [(60, 60)]


def test_a_reader_of_the_table_only_delays_the_swap(database: Database, store_url: str) -> None:
    fill(database, 100)
    with psycopg.connect(store_url) as reader:
        reader.execute("SELECT count(*) FROM vitals")
        release = threading.Timer(2.5, reader.rollback)
        release.start()
        optimize(database, Wishes(WEEKLY), TODAY, Report())
        release.join()
    assert ask(store_url, "SELECT relkind FROM pg_class WHERE oid = 'vitals'::regclass") == [("p",)]


def test_timescale_is_refused_where_the_server_has_none(database: Database) -> None:
    with pytest.raises(CannotCare, match="this server has no TimescaleDB; everything works without it"):
        optimize(database, Wishes(timescale=True), TODAY, Report())


def test_sqlite_gets_its_indexes_and_refuses_partitions(sqlite_store: Database) -> None:
    with sqlite_store.writing() as connection:
        connection.exec_driver_sql("DROP INDEX idx_alarms_active")
    report = Report()
    optimize(sqlite_store, Wishes(), TODAY, report)
    assert report.deeds[0] == "made the index idx_alarms_active on alarms"
    assert indexes.lacking(sqlite_store) == []
    with pytest.raises(CannotCare, match="partitioning needs PostgreSQL"):
        optimize(sqlite_store, Wishes(WEEKLY), TODAY, Report())


def test_past_partitions_are_packed_once_while_the_ward_writes(database: Database, store_url: str) -> None:
    fill(database, 100)
    optimize(database, Wishes(DAILY), TODAY, Report())
    fill(database, 5_000, since="2026-11-05 00:00:00+00", every="10 seconds")
    loose = "SELECT pg_indexes_size('vitals_p20261105')"
    before = ask(store_url, loose)[0][0]
    writer = Writer(Ward(database))
    with writer.at_work():
        assert packing.pack(database, TODAY, Report()) == ["vitals_p20261105"]
    assert writer.sent > 0
    after = ask(store_url, loose)[0][0]
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after < 0.8 * before
    assert packing.pack(database, TODAY, Report()) == []
    assert ask(store_url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


def test_late_readings_find_their_past_partition_while_it_is_packed(database: Database, store_url: str) -> None:
    fill(database, 100)
    optimize(database, Wishes(DAILY), TODAY, Report())
    fill(database, 5_000, since="2026-11-05 00:00:00+00", every="10 seconds")
    writer = Writer(Ward(database), since=parse_instant("2026-11-05T00:00:03Z"))
    with writer.at_work():
        assert packing.pack(database, TODAY, Report()) == ["vitals_p20261105"]
    known = {10 * n for n in range(1, 5_001)} | {3 + n for n in range(writer.sent)}
    assert ask(store_url, "SELECT count(*), count(DISTINCT recorded_at) FROM vitals_p20261105") == [
        (len(known), len(known))
    ]
    again = writer.ward.store(*(writer.reading(second) for second in range(writer.sent)))
    assert "accepted" not in again
    assert "duplicate" in again


_EXCHANGED_ONCE = """
CREATE SEQUENCE tried;
CREATE FUNCTION exchange() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('tried') = 1 THEN RAISE EXCEPTION 'invalid arbiter index list' USING ERRCODE = 'XX000'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER exchange AFTER INSERT ON vitals FOR EACH STATEMENT EXECUTE FUNCTION exchange();
CREATE TRIGGER exchange AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION exchange();
"""


def test_a_tick_that_meets_an_index_being_exchanged_is_tried_again(database: Database, store_url: str) -> None:
    ward = Ward(database)
    ask(store_url, _EXCHANGED_ONCE)
    assert ward.store(ward.reading(1, heart_rate=150.0)) == ["accepted"]
    assert ward.store(ward.reading(1, heart_rate=150.0)) == ["duplicate"]
    assert len(rows_of(ward)) == 1
    ask(store_url, "ALTER SEQUENCE tried RESTART")
    assert ward.journal.sift(Tick(readings=[ward.reading(2, heart_rate=151.0)])) == ["accepted"]
    assert len(rows_of(ward)) == 2
    assert ward.rows(quarantine) == []
    ask(store_url, "ALTER SEQUENCE tried RESTART")
    found = SpellRow(ward.baby.id, None, Spell("D", NIGHT, NIGHT + 14_000, {"spo2": 74.0}, None, "uva", 1, 8.0, ()))
    ward.journal.replace_spells(Rescan(ward.baby.id, NIGHT, NIGHT + 60_000), [found])
    assert [stored.spell.started_at for stored in ward.chart.spells(ward.baby.id)] == [NIGHT]
