"""The dashboard goes on writing SQLite while its data moves; catch-up brings the rest, cut-over closes the file."""

from __future__ import annotations

import dataclasses
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.errors import StoreMoved
from nicu_dashboard.migration import api, bringing
from nicu_dashboard.migration.following import APPENDED
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.verifying import IN_SERVICE, SINCE_MOVED
from nicu_dashboard.ports.tick import Rescan, SpellRow, Tick
from tests.contracts.test_journal import LOW_SPO2, desaturation, of_ada
from tests.contracts.ward import NIGHT, Ward, by_nurse
from tests.migration.wards import everything, filled, live, opened

FOLLOW = api.Options(follow=True)


@pytest.fixture
def ward_file(tmp_path: Path) -> Path:
    return filled(tmp_path / "nicu.db")


def change_everything(path: Path, from_s: int) -> None:
    """Live on: new readings, late ones, corrections, alarms that end, events found again, people and cots changed."""
    with opened(f"sqlite:///{path}") as database:
        ward = Ward(database)
        live(ward, from_s, from_s + 90, seed=from_s)
        over = dataclasses.replace(LOW_SPO2, presence="off", ended_at=NIGHT + 70_000 + from_s)
        new = dataclasses.replace(LOW_SPO2, id=100 + from_s)
        ward.journal.commit(Tick(alarms=[of_ada(ward, over), of_ada(ward, new)], audit=[by_nurse("saw")]))
        window = Rescan(ward.baby.id, NIGHT, NIGHT + 60_000)
        ward.journal.replace_spells(window, [SpellRow(ward.baby.id, None, desaturation(31 + from_s % 7))])
        ward.roster.add_cot(f"NICU-{from_s}", by_nurse())
    with closing(sqlite3.connect(path)) as file, file:  # two cots change places: for a moment both hold one
        file.execute("UPDATE cots SET position = -position")
        file.execute("UPDATE cots SET position = CASE -position WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE -position END")
        file.execute("UPDATE patients SET name = ? WHERE mrn = 'MRN-ADA'", (f"Ada {from_s}",))
        file.execute("DELETE FROM sessions")


def test_catch_up_brings_every_change_and_compares_it(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    for from_s in (1_000, 2_000):
        change_everything(ward_file, from_s)
        report = api.catch_up(str(ward_file), postgres_url)
        assert (report.exit_code, report.differences) == (0, []), report.summary
        assert everything(postgres_url) == everything(f"sqlite:///{ward_file}")
    again = api.catch_up(str(ward_file), postgres_url)
    assert (again.exit_code, "0 new rows and 0 changed places" in again.summary) == (0, True), again.summary


def test_verify_compares_up_to_the_last_pass(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    change_everything(ward_file, 1_000)
    report = api.verify(str(ward_file), postgres_url)
    assert (report.exit_code, "left out" in report.summary) == (0, True), (report.summary, report.differences)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE vitals SET heart_rate = 1 WHERE id = 9")
    found = api.verify(str(ward_file), postgres_url).differences
    assert [(item["table"], item["key"], item["column"]) for item in found] == [("vitals", "id=9", "heart_rate")]


def test_cut_over_closes_the_source_and_names_the_new_home(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    change_everything(ward_file, 1_000)
    before = everything(f"sqlite:///{ward_file}")
    secret = postgres_url.replace("postgres@", "postgres:s3cret@")
    url_file, restarted = ward_file.with_name("url"), ward_file.with_name("restarted")
    options = api.Options(url_file=url_file, then=f"touch {restarted}")
    report = api.cut_over(str(ward_file), secret, options)
    assert (url_file.read_text().strip(), url_file.stat().st_mode & 0o777, restarted.exists()) == (secret, 0o600, True)
    assert (report.exit_code, report.setting) == (0, f"DATABASE_URL={postgres_url}"), report.summary
    assert report.also_set == [f"NICU_AUDIT_KEY_FILE={ward_file}.audit-key"]
    assert report.seconds["standstill"] < 3
    assert everything(postgres_url) == before
    with pytest.raises(StoreMoved, match=f"set DATABASE_URL={postgres_url} and start again. To undo: nicu migrate"):
        revisions.open_store(f"sqlite:///{ward_file}", environ={})
    with opened(f"sqlite:///{ward_file}") as database, pytest.raises(StoreMoved, match="has moved"):
        Ward(database).roster.add_cot("NICU-77", by_nurse())
    assert api.cut_over(str(ward_file), secret).setting == report.setting
    failed = api.cut_over(str(ward_file), secret, api.Options(then="false"))
    assert (failed.exit_code, "by hand" in failed.next_step) == (1, True)
    assert api.catch_up(str(ward_file), secret).exit_code == 2
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT state, setting, passes FROM nicu_migration.following").fetchone()
        undeferrable = connection.execute("SELECT count(*) FROM pg_constraint WHERE condeferrable").fetchone()
    assert row is not None
    assert (row[:2], row[2] > 1) == (("moved", report.setting), True)
    assert undeferrable == (0,)


def test_after_the_cut_over_verify_compares_what_cannot_have_changed(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    assert api.cut_over(str(ward_file), postgres_url).exit_code == 0
    with opened(postgres_url) as database:
        live(Ward(database), 4_000, 4_060)
    report = api.verify(str(ward_file), postgres_url)
    assert report.exit_code == 0, report.differences
    assert sorted(table.name for table in report.tables) == sorted(APPENDED)
    assert {"what": "table", "name": "alarms", "why": IN_SERVICE} in report.not_compared
    assert SINCE_MOVED not in report.summary
    with psycopg.connect(postgres_url) as connection:
        corrected = "heart_rate = 101, received_at = date_trunc('milliseconds', now())"
        connection.execute(f"UPDATE vitals SET {corrected} WHERE id = 9")
    report = api.verify(str(ward_file), postgres_url)
    assert report.exit_code == 0, report.differences
    assert f"1 reading(s) that came or were corrected {SINCE_MOVED}" in report.summary
    # Nothing can be brought from a source that has handed over: no advice to try.
    assert "catch-up" not in report.next_step
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
        connection.execute("DELETE FROM audit_log WHERE seq = 3")
    assert [item["table"] for item in api.verify(str(ward_file), postgres_url).differences] == ["audit_log"]


def test_readings_that_another_wrote_into_the_target_keep_the_source_in_service(
    ward_file: Path, postgres_url: str
) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    with opened(postgres_url) as database:
        live(Ward(database), 4_000, 4_010)
    for command, code in ((api.verify, 1), (api.catch_up, 1), (api.cut_over, 1)):
        assert command(str(ward_file), postgres_url).exit_code == code
    with opened(f"sqlite:///{ward_file}") as database:  # whose numbers are those already given there
        live(Ward(database), 3_000, 3_020)
    for command, code in ((api.verify, 1), (api.catch_up, 2), (api.cut_over, 2)):
        report = command(str(ward_file), postgres_url)
        assert report.exit_code == code, report.summary
    assert report.next_step.startswith("Something else has written to the target")
    with opened(f"sqlite:///{ward_file}") as database:
        live(Ward(database), 5_000, 5_002)


def test_a_difference_keeps_the_source_in_service(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE vitals SET heart_rate = 1 WHERE id = 9")
    report = api.cut_over(str(ward_file), postgres_url)
    assert (report.exit_code, "stays in service" in report.summary) == (1, True)
    change_everything(ward_file, 1_000)


def test_a_cut_over_that_died_between_the_two_databases_is_ended_by_the_next(
    ward_file: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nicu_dashboard.migration import cutting_over

    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0

    def die(*_: object) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(cutting_over, "_record", die)
        with pytest.raises(SystemExit):
            api.cut_over(str(ward_file), postgres_url)
    report = api.cut_over(str(ward_file), postgres_url)
    assert (report.exit_code, report.setting) == (0, f"DATABASE_URL={postgres_url}")


def test_abort_leaves_no_trace_and_lets_a_moved_file_serve_again(ward_file: Path, postgres_url: str) -> None:
    def schema() -> list[object]:
        with closing(sqlite3.connect(ward_file)) as file:
            return sorted(file.execute("SELECT type, name, sql FROM sqlite_schema"), key=repr)

    before = schema()
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    assert schema() != before
    assert api.abort(str(ward_file), postgres_url).exit_code == 0
    assert schema() == before
    assert (api.catch_up(str(ward_file), postgres_url).exit_code, api.abort(str(ward_file)).exit_code) == (2, 0)
    restart = dataclasses.replace(FOLLOW, restart=True)
    assert api.run(str(ward_file), postgres_url, restart).exit_code == 0
    assert api.cut_over(str(ward_file), postgres_url).exit_code == 0
    assert "serves again" in api.abort(str(ward_file), postgres_url).summary
    assert schema() == before
    change_everything(ward_file, 1_000)


def test_another_file_is_not_taken_for_the_followed_one(ward_file: Path, postgres_url: str, tmp_path: Path) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    other = filled(tmp_path / "other.db")
    report = api.catch_up(str(other), postgres_url)
    assert (report.exit_code, "is not the file that this move follows" in report.summary) == (2, True)


def test_a_file_nobody_works_on_is_not_written(ward_file: Path, postgres_url: str) -> None:
    before = ward_file.read_bytes()
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    assert ward_file.read_bytes() == before
    report = api.catch_up(str(ward_file), postgres_url)
    assert (report.exit_code, "does not follow" in report.summary) == (2, True)


@pytest.mark.parametrize("dies_at", [1, 3, 5])
def test_a_pass_that_dies_is_made_again_and_doubles_nothing(
    ward_file: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    change_everything(ward_file, 1_000)
    commits = itertools.count(1)
    set_mark = Marks.set_mark

    def die_sometimes(marks: Marks, table: str, mark: int) -> None:
        set_mark(marks, table, mark)
        if next(commits) == dies_at:
            raise SystemExit(9)

    monkeypatch.setattr(bringing, "BATCH_ROWS", 40)
    with monkeypatch.context() as patch:
        patch.setattr(Marks, "set_mark", die_sometimes)
        with pytest.raises(SystemExit):
            api.catch_up(str(ward_file), postgres_url)
    change_everything(ward_file, 2_000)
    report = api.catch_up(str(ward_file), postgres_url)
    assert (report.exit_code, report.differences) == (0, [])
    assert everything(postgres_url) == everything(f"sqlite:///{ward_file}")


def test_a_target_that_breaks_off_at_the_last_moment_leaves_the_source_in_service(
    ward_file: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0

    def break_off(done: bringing.Pass, _most: int) -> list[str]:
        done.target.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return []

    with monkeypatch.context() as patch:
        patch.setattr(bringing.Pass, "compare_whole", break_off)
        report = api.cut_over(str(ward_file), postgres_url)
    assert (report.exit_code, "PostgreSQL" in report.summary) == (2, True)
    change_everything(ward_file, 1_000)
    assert api.cut_over(str(ward_file), postgres_url).exit_code == 0
    assert everything(postgres_url) == everything(f"sqlite:///{ward_file}")
