"""A SQLite file that cannot be used is refused with the reason and the next command, and keeps what it held."""

import itertools
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import connect
from nicu_dashboard.adapters.sql.errors import (
    CorruptDatabase,
    DatabaseLocked,
    DirectoryNotWritable,
    DiskFull,
    NotADatabase,
    SchemaNewer,
    SchemaOlder,
)
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.tables import vitals, vitals_minute
from nicu_dashboard.ports.tick import StoreUnavailable
from tests.contracts.ward import Ward


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nicu.db"


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def furnish(file: Path, ticks: int = 3) -> None:
    """A ward with some readings in it, closed again."""
    store = open_store(url(file))
    ward = Ward(store)
    for second in range(ticks):
        ward.store(ward.reading(second, spo2=94.0, heart_rate=150.0))
    store.close()


def test_a_new_file_and_its_log_are_for_the_owner_alone(file: Path) -> None:
    store = open_store(url(file))
    Ward(store)
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}
    store.close()


def test_a_url_of_the_earlier_dashboard_is_understood(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    open_store("file:./nicu.db").close()
    assert file.exists()


@pytest.mark.parametrize("given", ["mysql://nobody@nowhere/x", "sqlite://", "sqlite:///:memory:", "nicu"])
def test_a_url_we_cannot_use_is_refused_with_the_form_that_works(given: str) -> None:
    with pytest.raises(StoreUnavailable, match="sqlite:///"):
        connect(given)


def test_every_acknowledged_commit_is_synced_to_the_disk(file: Path) -> None:
    store = open_store(url(file))
    with store.writing() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode", "foreign_keys")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
    store.close()


def test_readers_cannot_write(file: Path) -> None:
    store = open_store(url(file))
    with pytest.raises(StoreUnavailable), store.reading() as connection:
        connection.execute(text("INSERT INTO units (name) VALUES ('x')"))
    store.close()


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(DirectoryNotWritable, match="no such file or directory"):
        open_store(url(tmp_path / "nowhere" / "nicu.db"))


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DirectoryNotWritable, match="is a directory"):
        open_store(url(tmp_path))


def test_a_directory_that_may_not_be_written_is_named() -> None:
    program = """
        import os, sys
        from nicu_dashboard.adapters.sql.errors import DirectoryNotWritable
        from nicu_dashboard.adapters.sql.revisions import open_store
        if os.getuid() == 0:
            os.setuid(65534)  # nobody: root may write anywhere
        try:
            open_store(sys.argv[1])
        except DirectoryNotWritable as refusal:
            print(refusal)
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", textwrap.dedent(program), url(Path(folder) / "nicu.db")]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "permission denied" in said.stdout, said.stderr


def test_a_file_that_is_something_else_is_refused_and_left_alone(file: Path) -> None:
    file.write_text("patient,heart_rate\n1,150\n")
    with pytest.raises(NotADatabase, match="not a SQLite database"):
        open_store(url(file))
    assert file.read_text() == "patient,heart_rate\n1,150\n"


def test_a_database_of_another_program_is_refused_and_left_alone(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(NotADatabase, match="holds other tables"):
        open_store(url(file))


def read_everything(file: Path) -> None:
    store = open_store(url(file))
    try:
        ward = Ward(store)
        ward.rows(vitals)
        ward.rows(vitals_minute)
    finally:
        store.close()


def test_a_damaged_file_is_refused_or_found_out_when_it_is_read(file: Path) -> None:
    furnish(file, 400)
    content = bytearray(file.read_bytes())
    for place in range(8_192, len(content), 4_096):
        content[place : place + 200] = os.urandom(200)
    file.write_bytes(content)
    with pytest.raises(CorruptDatabase, match="nicu db check"):
        read_everything(file)


def _stamp(file: Path, revision: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_a_database_of_a_newer_version_is_not_touched(file: Path) -> None:
    furnish(file)
    _stamp(file, "9999")
    with pytest.raises(SchemaNewer, match="newer version"):
        open_store(url(file))


def test_an_older_database_is_upgraded_only_on_request(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(file)
    monkeypatch.setattr(revisions, "head", lambda: "9998")
    with pytest.raises(SchemaOlder, match="nicu db upgrade"):
        open_store(url(file))


def test_a_database_that_another_program_holds_is_said_to_be_locked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(file)
    store = open_store(url(file))
    ward = Ward(store)
    with store.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLocked, match="another program"):
        ward.store(ward.reading(10, spo2=94.0))
    other.execute("ROLLBACK")
    assert ward.store(ward.reading(10, spo2=94.0)) == ["accepted"]
    other.close()
    store.close()


def fill(ward: Ward) -> int:
    """Store ticks of 100 until the disk is full; return how many readings were acknowledged."""
    acknowledged = 0
    with pytest.raises(DiskFull, match="nothing was written"):  # noqa: PT012 (any of them may be the one)
        for tick in itertools.count(10):
            acknowledged += len(ward.store(*[ward.reading(tick * 100 + second, spo2=94.0) for second in range(100)]))
    return acknowledged


def test_a_full_disk_acknowledges_nothing_and_harms_nothing(file: Path) -> None:
    """The limit on file size stands for the disk: writes beyond it fail in the middle of a tick."""
    furnish(file)
    store = open_store(url(file))
    ward = Ward(store)
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, previous[1]))
        acknowledged = fill(ward)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, previous)
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(ward.rows(vitals)) == 3 + acknowledged
    ward.store(ward.reading(900_000, spo2=94.0))
    store.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


WRITER = """
    import sys
    from nicu_dashboard.adapters.sql.revisions import open_store
    from tests.contracts.ward import Ward
    ward = Ward(open_store(sys.argv[1]))
    for tick in range(100_000):
        ward.store(*[ward.reading(tick * 10 + second, spo2=94.0, heart_rate=150.0) for second in range(10)])
        print(tick, flush=True)
"""


@pytest.mark.parametrize("after_ms", [30, 55, 80, 140])
def test_a_killed_writer_leaves_whole_ticks_and_every_acknowledged_one(file: Path, after_ms: int) -> None:
    open_store(url(file)).close()
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), url(file)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert writer.stdout is not None
    first = writer.stdout.readline()
    killer = threading.Timer(after_ms / 1_000, writer.kill)
    killer.start()
    said = [first, *writer.stdout.readlines()]
    killer.join()
    writer.wait(timeout=30)
    writer.stdout.close()
    acknowledged = int([line for line in said if line.endswith("\n")][-1]) + 1
    store = open_store(url(file))
    ward = Ward(store)
    rows = ward.rows(vitals)
    assert len(rows) % 10 == 0
    assert acknowledged * 10 <= len(rows) <= acknowledged * 10 + 10
    assert sum(row["n_valid"] for row in ward.rows(vitals_minute)) == 2 * len(rows)
    store.close()


def test_readers_see_the_last_whole_tick_while_one_is_being_written(file: Path) -> None:
    furnish(file)
    store = open_store(url(file))
    ward = Ward(store)
    began = time.perf_counter()
    with store.writing() as connection:
        connection.execute(text("DELETE FROM vitals"))
        assert len(ward.rows(vitals)) == 3
        connection.rollback()
    assert time.perf_counter() - began < 3
    store.close()
