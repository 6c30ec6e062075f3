"""What a program that died has left beside a file: it is told for what it is, and never played into another file."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from nicu_dashboard.migration import api
from tests.migration.files import contents, make

AS_IS = api.Options(as_is=True)
DIES_WRITING = """
import os, signal, sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("PRAGMA cache_size = 5")
file.execute("BEGIN")
file.execute("UPDATE t SET v = 'half done'")
os.kill(os.getpid(), signal.SIGKILL)
"""


def of(path: Path, value: str) -> Path:
    return make(
        path, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", [("INSERT INTO t (v) VALUES (?)", [(value,)] * 9_000)]
    )


def log_of_an_earlier_file(folder: Path, end: str) -> bytes:
    """Return what lies beside a file of the same shape whose program has died."""
    earlier = of(folder / "earlier.db", "old")
    if end == "-journal":
        subprocess.run([sys.executable, "-c", DIES_WRITING, str(earlier)], check=False)
        return earlier.with_name("earlier.db-journal").read_bytes()
    with closing(sqlite3.connect(earlier, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = wal")
        file.execute("UPDATE t SET v = 'older'")
        return earlier.with_name("earlier.db-wal").read_bytes()


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_the_log_of_an_earlier_file_is_not_played_into_the_way_back(
    tmp_path: Path, postgres_url: str, end: str
) -> None:
    source, back = of(tmp_path / "source.db", "right"), tmp_path / "back.db"
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    log = back.with_name(f"back.db{end}")
    log.write_bytes(log_of_an_earlier_file(tmp_path, end))
    refused = api.roll_back(postgres_url, str(back), AS_IS)
    assert (refused.exit_code, log.name in refused.summary, back.exists()) == (2, True, False), refused.summary
    log.unlink()
    assert api.roll_back(postgres_url, str(back), AS_IS).exit_code == 0
    assert contents(back) == contents(source)


def test_a_source_whose_program_died_while_it_wrote_is_not_called_damaged(tmp_path: Path, postgres_url: str) -> None:
    source = of(tmp_path / "source.db", "right")
    before = contents(source)
    died = subprocess.run([sys.executable, "-c", DIES_WRITING, str(source)], check=False)
    assert (died.returncode, source.with_name("source.db-journal").exists()) == (-signal.SIGKILL, True)
    for command in (api.plan, api.run):
        report = command(str(source), postgres_url, AS_IS)
        assert (report.exit_code, "a program died" in report.summary) == (2, True), report.summary
        assert ("sqlite3" in report.next_step, "backup" in report.next_step) == (True, False)
    assert contents(source) == before  # opened once, as told
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
