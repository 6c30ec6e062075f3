"""What came into a source after its move, or what nobody can compare: `verify` says it, it never passes in silence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.report import Report
from tests.migration.files import make
from tests.migration.prisma_files import build
from tests.migration.wards import filled

AS_IS = api.Options(as_is=True)
FOLLOW = api.Options(follow=True)


def change(source: Path, statement: str) -> None:
    with closing(sqlite3.connect(source)) as file, file:
        file.executescript(statement)


def differences(report: Report) -> list[tuple[str, str, str, str]]:
    return [(item["table"], item["column"], item["source"], item["target"]) for item in report.differences]


@pytest.mark.parametrize("name", ["nicu.db", "dev.db"])
def test_a_column_that_came_since_is_a_difference(tmp_path: Path, postgres_url: str, name: str) -> None:
    source = (filled if name == "nicu.db" else build)(tmp_path / name)
    assert api.run(str(source), postgres_url).exit_code == 0
    change(source, "ALTER TABLE vitals ADD COLUMN later INTEGER DEFAULT 5")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, differences(report)) == (1, [("vitals", "column later", "there", "not moved")])


def test_a_table_that_came_since_is_a_difference_of_an_earlier_dashboard(tmp_path: Path, postgres_url: str) -> None:
    source = build(tmp_path / "dev.db")
    assert api.run(str(source), postgres_url).exit_code == 0
    change(source, "CREATE TABLE feeds (ml INTEGER); CREATE VIEW fed AS SELECT ml FROM feeds")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, differences(report)) == (1, [("feeds", "table", "there", "not moved")])
    assert {"what": "view", "name": "fed", "why": "it came into the source since the move"} in report.not_carried


def test_a_table_that_is_none_of_the_dashboards_is_told_each_time(tmp_path: Path, postgres_url: str) -> None:
    source = filled(tmp_path / "nicu.db")
    change(source, "CREATE TABLE scratch (a)")
    moved = api.run(str(source), postgres_url)
    change(source, "INSERT INTO scratch VALUES (1), (2); CREATE TABLE other (a)")
    report = api.verify(str(source), postgres_url)
    assert (moved.exit_code, report.exit_code) == (0, 0)
    why = "it is none of the dashboard's: its {} row(s) stay in the file"
    assert moved.not_carried == [{"what": "table", "name": "scratch", "why": why.format(0)}]
    assert [(item["name"], item["why"]) for item in report.not_carried] == [
        ("other", why.format(0)), ("scratch", why.format(2)),
    ]  # fmt: skip


def test_what_is_declared_otherwise_is_told_and_what_is_gone_stops(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "x.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a')")
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    change(source, "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE); INSERT INTO t VALUES (1, 'a')")
    change(source, "CREATE INDEX sorted ON t (v)")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, {(item["what"], item["name"]) for item in report.not_carried}) == (
        0, {("table", "t"), ("index", "sorted")},
    )  # fmt: skip
    change(source, "DROP INDEX sorted; DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY)")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, report.summary) == (2, "the source no longer has the column t.v.")


def test_no_cut_over_with_a_column_that_nobody_moved(tmp_path: Path, postgres_url: str) -> None:
    source = filled(tmp_path / "nicu.db")
    assert api.run(str(source), postgres_url, FOLLOW).exit_code == 0
    change(source, "ALTER TABLE vitals ADD COLUMN later INTEGER DEFAULT 5")
    report = api.cut_over(str(source), postgres_url)
    assert (report.exit_code, "stays in service" in report.summary) == (1, True)
    assert differences(report) == [("vitals", "column later", "there", "not moved")]


def test_what_a_crash_of_the_server_has_emptied_is_no_difference_but_told(tmp_path: Path, postgres_url: str) -> None:
    source = filled(tmp_path / "nicu.db")
    assert api.run(str(source), postgres_url).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("TRUNCATE live_snapshot")  # as PostgreSQL does after a crash
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, [item["name"] for item in report.not_compared]) == (0, ["live_snapshot"]), report.summary
    with psycopg.connect(postgres_url) as connection:
        connection.execute("TRUNCATE quarantine")
    assert api.verify(str(source), postgres_url).exit_code == 1


def test_a_move_of_an_older_version_says_what_cannot_be_compared(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "x.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    assert api.verify(str(source), postgres_url).not_compared == []
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP TABLE nicu_migration.structure")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, [item["what"] for item in report.not_compared]) == (0, ["rules"])
    assert "older version" in report.not_compared[0]["why"]


def test_a_report_of_an_earlier_dashboards_file_names_no_table_of_the_snapshot(
    tmp_path: Path, postgres_url: str
) -> None:
    source = build(tmp_path / "dev.db")
    assert api.run(str(source), postgres_url).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE public.vitals SET spo2 = 1 WHERE id = 7")
        connection.execute("SELECT setval(pg_get_serial_sequence('public.vitals', 'id'), 1)")
        connection.execute("ALTER TABLE public.vitals ALTER recorded_at DROP NOT NULL")
    report = api.verify(str(source), postgres_url)
    assert [item[:2] for item in differences(report)] == [
        ("public.vitals", "spo2"), ("public.vitals", "sequence"), ("public.vitals", "column recorded_at"),
    ]  # fmt: skip
    names = [table.name for table in report.tables]
    assert {"vitals", "public.vitals", "public.admissions"} <= set(names)
    assert "nicu_own_" not in str(report.to_dict())
