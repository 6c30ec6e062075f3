"""Looking at a SQLite file leaves the locks that this process holds on it."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from nicu_dashboard.adapters.sql import peeking
from nicu_dashboard.adapters.sql.engines import connect
from nicu_dashboard.adapters.sql.peeking import first_bytes
from nicu_dashboard.migration.source import refuse_unreadable
from nicu_dashboard.migration.written import trace_of

SOMEBODY = (
    "import sqlite3, sys; file = sqlite3.connect(sys.argv[1], timeout=0); file.execute(sys.argv[2]); file.close()"
)


def somebody(path: Path, statement: str) -> str:
    """Let another process run a statement; return its last words."""
    done = subprocess.run(
        [sys.executable, "-c", SOMEBODY, path, statement], capture_output=True, text=True, check=False
    )
    return done.stderr


def open_again(path: Path) -> None:
    """Open the store a second time in this process."""
    connect(f"sqlite:///{path}").close()


def by_name(look: Callable[[Path], object]) -> str:
    return look.__name__


class Ours(NamedTuple):
    """A file, and this process at work on it."""

    path: Path
    file: sqlite3.Connection


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    """A new file that this process has open."""
    path = tmp_path / "ward.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        yield Ours(path, file)


@pytest.mark.parametrize("look", [refuse_unreadable, trace_of], ids=by_name)
def test_a_look_does_not_let_another_writer_in(ours: Ours, look: Callable[[Path], object]) -> None:
    ours.file.execute("CREATE TABLE t (v)")
    ours.file.execute("BEGIN IMMEDIATE")
    look(ours.path)
    assert "database is locked" in somebody(ours.path, "INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("look", [refuse_unreadable, trace_of, open_again], ids=by_name)
def test_a_look_does_not_let_another_take_the_log_away(ours: Ours, look: Callable[[Path], object]) -> None:
    ours.file.execute("PRAGMA journal_mode = WAL")
    ours.file.execute("CREATE TABLE t (v)")
    look(ours.path)
    assert somebody(ours.path, "SELECT count(*) FROM t") == ""
    assert ours.path.with_name("ward.db-wal").exists()


def test_a_file_that_took_the_name_of_another_is_looked_at_itself(tmp_path: Path) -> None:
    path, later = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"first")
    assert first_bytes(path, 3) == b"fir"
    later.write_bytes(b"other")
    later.rename(path)
    assert first_bytes(path, 9) == b"other"


def test_ever_more_files_do_not_stay_open(tmp_path: Path) -> None:
    for number in range(peeking.MOST_KEPT + 9):
        path = tmp_path / str(number)
        path.write_bytes(b"%d" % number)
        assert first_bytes(path, 9) == b"%d" % number
    assert len(peeking._kept) == peeking.MOST_KEPT
