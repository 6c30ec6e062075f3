"""A source that somebody writes while it moves, unfollowed: the end says so, exit code 1, and verify shows what."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.progress import Silent
from nicu_dashboard.migration.written import trace_of
from tests.migration.files import make
from tests.migration.prisma_files import build
from tests.migration.wards import filled

AS_IS = api.Options(as_is=True)
SAID = "has been written to since the snapshot."


class SomebodyWrites(Silent):
    """Writes into the source once its rows are on their way."""

    def __init__(self, source: Path, statement: str) -> None:
        self.source, self.statement = source, statement

    def start(self, stage: str, total: int, unit: str) -> None:
        """Write."""
        if stage == "copy":
            with closing(sqlite3.connect(self.source)) as file, file:
                file.execute(self.statement)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_what_is_written_meanwhile_is_told_and_found(tmp_path: Path, postgres_url: str, journal: str) -> None:
    script = f"PRAGMA journal_mode = {journal}; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    source = make(tmp_path / "x.db", script, [("INSERT INTO t (v) VALUES (?)", [("a",), ("b",)])])
    with closing(sqlite3.connect(source)) as other:  # keeps the write-ahead log from being folded in
        other.execute("SELECT count(*) FROM t").fetchone()
        late = SomebodyWrites(source, "INSERT INTO t (v) VALUES ('late')")
        for report in (api.run(str(source), postgres_url, AS_IS, late), api.run(str(source), postgres_url, AS_IS)):
            assert (report.exit_code, report.summary.endswith(SAID)) == (1, True), report.summary
            assert "nicu migrate verify" in report.next_step
    found = api.verify(str(source), postgres_url, AS_IS).differences
    assert [(item["table"], item["key"]) for item in found] == [("t", "id=3")]
    again = api.run(str(source), postgres_url, api.Options(as_is=True, restart=True))
    assert (again.exit_code, again.tables[0].rows) == (0, 3), again.summary
    assert [path for path in tmp_path.iterdir() if "migration" in path.name] == []


def test_reading_the_source_meanwhile_is_no_writing(tmp_path: Path, postgres_url: str) -> None:
    script = "PRAGMA journal_mode = wal; CREATE TABLE t (v); INSERT INTO t VALUES (1)"
    source = make(tmp_path / "x.db", script)
    report = api.run(str(source), postgres_url, AS_IS, SomebodyWrites(source, "SELECT count(*) FROM t"))
    assert report.exit_code == 0, report.summary
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0


class SomebodyFolds(Silent):
    """Closes the last connection to the source once its rows are on their way, or checkpoints beside it."""

    def __init__(self, other: sqlite3.Connection, statement: str) -> None:
        self.other, self.statement = other, statement

    def start(self, stage: str, total: int, unit: str) -> None:
        """Fold the log in."""
        if stage == "copy":
            self.other.executescript(self.statement)
            self.other.close()


@pytest.mark.parametrize("as_is", [True, False])
@pytest.mark.parametrize("statement", ["", "INSERT INTO notes VALUES ('late')", "PRAGMA wal_checkpoint(TRUNCATE)"])
def test_a_log_that_is_only_folded_in_is_no_writing(
    tmp_path: Path, postgres_url: str, statement: str, as_is: bool
) -> None:
    source = make(tmp_path / "x.db", "CREATE TABLE notes (v)") if as_is else filled(tmp_path / "nicu.db")
    options = api.Options(as_is=as_is)
    with closing(sqlite3.connect(source, isolation_level=None)) as other:
        other.executescript("PRAGMA journal_mode = wal; CREATE TABLE IF NOT EXISTS notes (v)")
        other.execute("INSERT INTO notes VALUES ('early')")
        assert source.with_name(source.name + "-wal").stat().st_size > 0
        report = api.run(str(source), postgres_url, options, SomebodyFolds(other, statement))
    is_late = statement.startswith("INSERT")
    assert " " not in trace_of(source)  # the log has gone, or is empty
    assert (report.exit_code, SAID.removesuffix(".") in report.summary) == (int(is_late), is_late), report.summary
    again = api.run(str(source), postgres_url, options)
    assert (again.exit_code, "or its write-ahead log was folded into it" in again.summary) == (int(is_late), is_late)


def test_a_log_that_is_copied_into_the_file_and_stays_is_no_writing(tmp_path: Path, postgres_url: str) -> None:
    script = "PRAGMA journal_mode = wal; CREATE TABLE t (v); INSERT INTO t VALUES (1)"
    source = make(tmp_path / "x.db", script)
    with closing(sqlite3.connect(source, isolation_level=None)) as other:
        other.execute("INSERT INTO t VALUES (2)")
        assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
        assert other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[0] == 0
        assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
        other.execute("INSERT INTO t VALUES (3)")
        assert api.run(str(source), postgres_url, AS_IS).exit_code == 1


@pytest.mark.parametrize(("name", "how"), [("nicu.db", "run --follow --restart"), ("dev.db", "run --restart")])
def test_a_dashboards_file_is_told_how_to_begin_again(tmp_path: Path, postgres_url: str, name: str, how: str) -> None:
    source = (filled if name == "nicu.db" else build)(tmp_path / name)
    late = SomebodyWrites(source, "DELETE FROM vitals WHERE id = 5")
    report = api.run(str(source), postgres_url, None, late)
    assert (report.exit_code, report.setting, SAID in report.summary, how in report.next_step) == (1, "", True, True)
    assert api.verify(str(source), postgres_url).difference_count > 0


def test_a_followed_source_may_be_written(tmp_path: Path, postgres_url: str) -> None:
    source = filled(tmp_path / "nicu.db")
    late = SomebodyWrites(source, "DELETE FROM vitals WHERE id = 5")
    report = api.run(str(source), postgres_url, api.Options(follow=True), late)
    assert (report.exit_code, "catch-up" in report.next_step) == (0, True), report.summary
