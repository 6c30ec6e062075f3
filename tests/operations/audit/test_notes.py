"""What the trail has not taken yet outlives a process that is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nicu_dashboard.adapters.notebook import FileNotebook
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.system_clock import SystemClock
from nicu_dashboard.operations.audit.anchors import ReadAnchors
from nicu_dashboard.operations.audit.verify import verify
from nicu_dashboard.services.disclosures import Disclosures
from tests.contracts.ward import by_nurse

KILLED = """
import os, signal, sys
from pathlib import Path
from nicu_dashboard.adapters.notebook import FileNotebook
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.system_clock import SystemClock
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.disclosures import Disclosures, Look
from tests.contracts.ward import by_nurse
store = open_store(sys.argv[1], environ={})
folder = Path(sys.argv[2])
store.trail.notebook = FileNotebook(folder, "owed")
looks = Disclosures(SqlPeople(store), SystemClock(), lambda kind, number: 1, FileNotebook(folder, "looks"))
with store.writing() as connection:
    connection.exec_driver_sql("ALTER TABLE audit_log RENAME TO audit_log_away")
SqlPeople(store).record(by_nurse("owed"))
looks.note(Actor("grete", "nurse"), Look("read.patient", "patient 1", 1))
looks.note(Actor("grete", "nurse"), Look("read.alarm", "alarm 3", None, ("alarm", 3)))
with store.writing() as connection:
    connection.exec_driver_sql("ALTER TABLE audit_log_away RENAME TO audit_log")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_loses_no_look_and_no_act(sqlite_store: Database, tmp_path: Path) -> None:
    folder, url = tmp_path / "spool" / "notes", f"sqlite:///{sqlite_store.address.database}"
    here = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(folder)], cwd=here, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    people = SqlPeople(sqlite_store)
    sqlite_store.trail.notebook = FileNotebook(folder, "owed")
    sqlite_store.trail.recover()
    assert sqlite_store.trail.owed == 1
    looks = Disclosures(people, SystemClock(), lambda kind, number: 7, FileNotebook(folder, "looks"))
    looks.recover()
    looks.recover()
    told = [(row["action"], row["patient_id"]) for row in people.audit(limit=9)]
    assert sorted(told, key=str) == [("owed", None), ("read.alarm", 7), ("read.patient", 1)]
    assert sqlite_store.trail.owed == 0
    assert verify(sqlite_store, ReadAnchors()).faults == []
    sqlite_store.trail.notebook.close()
    assert not folder.exists()


def test_notes_of_a_process_at_work_are_left_alone_and_a_line_cut_short_is_no_fault(tmp_path: Path) -> None:
    at_work, other = FileNotebook(tmp_path, "owed"), FileNotebook(tmp_path, "owed")
    at_work.add(["[1]"])
    with other.left_behind() as lines:
        assert lines == []
    at_work.close()
    (file,) = tmp_path.glob("owed-*")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o666)  # as if somebody else had laid it there
    with other.left_behind() as lines:
        assert lines == []
    file.chmod(0o600)
    with file.open("a") as more:
        more.write("[2")
    with other.left_behind() as lines:
        assert lines == ["[1]"]
    assert list(tmp_path.glob("owed-*")) == []


def _undone(store: Database) -> None:
    with store.writing() as connection:
        store.trail.append(connection, [by_nurse("undone")])
        raise RuntimeError


def test_what_was_undone_is_not_noted(sqlite_store: Database, tmp_path: Path) -> None:
    sqlite_store.trail.notebook = FileNotebook(tmp_path / "notes", "owed")
    with sqlite_store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_log RENAME TO away")
    SqlPeople(sqlite_store).record(by_nurse("done"))
    with pytest.raises(RuntimeError):
        _undone(sqlite_store)
    (file,) = (tmp_path / "notes").iterdir()
    assert [line.count('"done"') for line in file.read_text().splitlines()] == [1]


def test_a_place_that_cannot_be_written_leaves_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    book = FileNotebook(tmp_path / "file" / "notes", "owed")
    book.add(["x"])
    assert book.failing
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
