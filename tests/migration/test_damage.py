"""A damaged, locked or unsuitable source or target is refused with the exact list, and nothing is written."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.source import open_snapshot, take_snapshot
from nicu_dashboard.migration.wal import describe_cut_wal
from tests.migration.files import make

AS_IS = api.Options(as_is=True)
PAGE = 4096


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    script = "CREATE TABLE vitals (id INTEGER PRIMARY KEY, hr REAL, note TEXT); CREATE INDEX by_hr ON vitals (hr);"
    rows = [(number / 7, f"note {number}") for number in range(5_000)]
    return make(tmp_path / "ward.db", script, [("INSERT INTO vitals (hr, note) VALUES (?, ?)", rows)])


def is_untouched(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regnamespace('nicu_migration'), to_regclass('public.vitals')").fetchone()
    return row == (None, None)


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_are_refused_with_the_list_of_pages(ward: Path, postgres_url: str, seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(ward.read_bytes())
    for page in chance.sample(range(1, len(raw) // PAGE), 4):
        for place in range(page * PAGE, page * PAGE + 40):
            raw[place] = chance.randrange(256)
    ward.write_bytes(raw)
    for report in (api.plan(str(ward), postgres_url, AS_IS), api.run(str(ward), postgres_url, AS_IS)):
        assert report.exit_code == 2, report.summary
        assert "damaged" in report.summary
        assert report.faults or "malformed" in report.summary
    assert is_untouched(postgres_url)


def test_a_file_that_ends_too_early_is_refused(ward: Path, postgres_url: str) -> None:
    ward.write_bytes(ward.read_bytes()[: 10 * PAGE + 100])
    assert api.run(str(ward), postgres_url, AS_IS).exit_code == 2
    assert is_untouched(postgres_url)


@pytest.fixture
def crashed(ward: Path, tmp_path: Path) -> Path:
    """A ward whose power failed with transactions in the write-ahead log."""
    with closing(sqlite3.connect(ward, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(5):
            writer.execute("INSERT INTO vitals (hr, note) VALUES (?, 'late')", (number,))
        for suffix in ("", "-wal"):
            shutil.copy(f"{ward}{suffix}", tmp_path / f"crashed.db{suffix}")
    return tmp_path / "crashed.db"


def test_transactions_in_a_sound_log_are_moved(crashed: Path, postgres_url: str) -> None:
    report = api.run(str(crashed), postgres_url, AS_IS)
    assert (report.exit_code, report.tables[0].rows) == (0, 5_005), report.summary


@pytest.mark.parametrize("cut", [1, 100, PAGE, PAGE + 24 + 7])
def test_a_cut_log_is_refused_and_its_frame_named(crashed: Path, postgres_url: str, cut: int) -> None:
    log = Path(f"{crashed}-wal")
    sound = log.read_bytes()
    log.write_bytes(sound[:-cut])
    report = api.run(str(crashed), postgres_url, AS_IS)
    assert report.exit_code == 2, report.summary
    assert "is cut" in report.faults[0]
    assert is_untouched(postgres_url)
    log.write_bytes(sound)
    mended = api.run(str(crashed), postgres_url, AS_IS)
    assert (mended.exit_code, mended.tables[0].rows) == (0, 5_005), mended.summary


def test_a_flipped_bit_in_the_log_names_every_frame_that_is_lost(crashed: Path, postgres_url: str) -> None:
    log = Path(f"{crashed}-wal")
    raw = bytearray(log.read_bytes())
    raw[32 + 24 + 50] ^= 4
    log.write_bytes(raw)
    report = api.run(str(crashed), postgres_url, AS_IS)
    assert report.exit_code == 2
    assert "does not add up" in report.faults[0]
    assert len(report.faults) == (len(raw) - 32) // (PAGE + 24)
    assert describe_cut_wal(log) == report.faults


def test_a_locked_source_is_refused_by_name(ward: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(ward, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        report = api.run(str(ward), postgres_url, AS_IS)
    assert (report.exit_code, "locked by a program" in report.summary) == (2, True)
    assert is_untouched(postgres_url)
    assert api.run(str(ward), postgres_url, AS_IS).exit_code == 0


def test_a_source_that_is_being_written_gives_one_consistent_snapshot(ward: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(ward, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO vitals (note) VALUES ('not committed')")
        report = api.run(str(ward), postgres_url, AS_IS)
        writer.execute("COMMIT")
    assert (report.exit_code, report.tables[0].rows) == (0, 5_000), report.summary


@pytest.mark.parametrize("content", [b"no database at all, only text", b"SQLite format 3\0 and then nothing"])
def test_what_is_no_database_is_refused(tmp_path: Path, postgres_url: str, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    assert api.run(str(tmp_path / "x.db"), postgres_url, AS_IS).exit_code == 2


@pytest.mark.parametrize("options", [api.Options(), AS_IS], ids=["own", "as-is"])
def test_where_there_is_nothing_to_move_it_says_so(tmp_path: Path, postgres_url: str, options: api.Options) -> None:
    (tmp_path / "empty.db").touch()
    make(tmp_path / "bare.db", "CREATE TABLE t (v INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE t")
    for command in (api.plan, api.run):
        reports = [command(str(tmp_path / name), postgres_url, options) for name in ("empty.db", "bare.db")]
        assert [report.exit_code for report in reports] == [2, 2]
        assert all("there is nothing to move" in report.summary for report in reports)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regnamespace('nicu_migration')").fetchone() == (None,)


def test_a_missing_file_and_a_missing_server_are_told_apart(ward: Path, postgres_url: str) -> None:
    assert "cannot be read" in api.run(f"{ward}.gone", postgres_url, AS_IS).summary
    nowhere = "postgresql://nobody:s3cret@127.0.0.1:1/none"
    report = api.run(str(ward), nowhere, AS_IS)
    assert (report.exit_code, "cannot be used" in report.summary, "s3cret" in report.summary) == (2, True, False)
    assert (report.next_step, "source" in api.roll_back(nowhere, f"{ward}.back").summary) == (
        "Start the server, or look at the target's address.", True,
    )  # fmt: skip


def test_a_target_that_is_not_empty_is_refused(ward: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE theirs (v int)")
    report = api.run(str(ward), postgres_url, AS_IS)
    assert (report.exit_code, "theirs" in report.summary) == (2, True)
    assert api.run(str(ward), postgres_url, api.Options(as_is=True, schema="copy")).exit_code == 0


def test_a_role_without_rights_is_told_which_it_lacks(ward: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP ROLE IF EXISTS weak")
        connection.execute("CREATE ROLE weak LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    report = api.plan(str(ward), postgres_url.replace("postgres@", "weak@"), AS_IS)
    assert report.exit_code == 2
    name = postgres_url.rpartition("/")[2]
    assert [reason.partition(": ")[2] for reason in report.refusals] == [
        f"GRANT CREATE ON DATABASE {name} TO weak", "GRANT CREATE ON SCHEMA public TO weak",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["{}", "file:{}", "sqlite:///{}", "file:{}?connection_limit=1"])
def test_every_way_of_naming_the_file_works(ward: Path, postgres_url: str, name: str) -> None:
    assert api.plan(name.format(ward), postgres_url, AS_IS).exit_code == 0


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_large_file_is_copied_as_it_is_unless_a_log_holds_more(tmp_path: Path, mode: str) -> None:
    rows = [("x" * 1_000,) for _ in range(5_000)]
    source = make(tmp_path / "large.db", "CREATE TABLE t (v TEXT)", [("INSERT INTO t VALUES (?)", rows)])
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode = {mode}")
        take_snapshot(source, tmp_path / "first", lambda done, pages: None)
        assert (tmp_path / "first").read_bytes() == source.read_bytes()
        writer.execute("INSERT INTO t VALUES ('late')")
        take_snapshot(source, tmp_path / "second", lambda done, pages: None)
    with closing(open_snapshot(tmp_path / "second")) as copy:
        assert copy.execute("SELECT count(*) FROM t").fetchone() == (5_001,)
