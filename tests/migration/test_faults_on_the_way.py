"""A server or a disk that fails in the middle of a command: one line, and once mended the same command goes on."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.bringing import Pass
from nicu_dashboard.migration.report import Report
from tests.migration.prisma_files import build
from tests.migration.test_catching_up import change_everything
from tests.migration.test_full_disk import namespace
from tests.migration.test_kills import CrashTheServer
from tests.migration.wards import everything, filled
from tests.postgres import PostgresServer, running_server

FOLLOW = api.Options(follow=True)


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def url(own_server: PostgresServer) -> Iterator[str]:
    with own_server.database() as url:
        yield url


def assert_one_line(report: Report) -> None:
    assert report.exit_code == 2, report.summary
    assert "\n" not in report.summary + report.next_step
    assert report.next_step


@pytest.mark.parametrize(
    ("write", "stage", "event"),
    [(filled, "copy", 9), (filled, "build", 12), (filled, "verify", 20), (build, "copy", 9), (build, "verify", 20)],
)
def test_a_move_into_our_tables_goes_on_after_the_server_crashed(
    tmp_path: Path, own_server: PostgresServer, url: str, stage: str, event: int, write: Callable[[Path], Path]
) -> None:
    source = write(tmp_path / "nicu.db")
    assert_one_line(api.run(str(source), url, None, CrashTheServer(own_server, stage, event)))
    assert api.run(str(source), url).exit_code == 0
    assert api.verify(str(source), url).exit_code == 0
    if write is filled:
        assert everything(url) == everything(f"sqlite:///{source}")


@pytest.mark.parametrize(
    ("command", "within"),
    [
        (api.catch_up, "_append"),
        (api.catch_up, "_compare"),
        (api.cut_over, "_replace"),
        (api.cut_over, "compare_whole"),
    ],
)
def test_a_pass_goes_on_after_the_server_crashed(
    tmp_path: Path, own_server: PostgresServer, url: str, monkeypatch: pytest.MonkeyPatch, command: Any, within: str
) -> None:
    source = filled(tmp_path / "nicu.db")
    assert api.run(str(source), url, FOLLOW).exit_code == 0
    change_everything(source, 1_000)
    whole = getattr(Pass, within)

    def crashing(self: Pass, *arguments: object) -> object:
        own_server.restart(signal.SIGQUIT)
        return whole(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Pass, within, crashing)
        assert_one_line(command(str(source), url))
    change_everything(source, 2_000)  # the ward is still in service
    before = everything(f"sqlite:///{source}")
    report = command(str(source), url)
    assert (report.exit_code, report.differences) == (0, []), report.summary
    assert everything(url) == before


@pytest.mark.parametrize(("stage", "event", "close"), [("copy", 9, False), ("verify", 5, True)])
def test_a_way_back_begins_again_after_the_server_crashed(
    tmp_path: Path, own_server: PostgresServer, url: str, stage: str, event: int, close: bool
) -> None:
    source, back = filled(tmp_path / "nicu.db"), tmp_path / "back.db"
    assert api.run(str(source), url).exit_code == 0
    before, options = everything(url), api.Options(close=close)
    before["live_snapshot"] = []  # unlogged: a crash of the server empties it
    assert_one_line(api.roll_back(url, str(back), options, CrashTheServer(own_server, stage, event)))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("back")] == []
    assert api.roll_back(url, str(back), options).exit_code == 0
    assert everything(f"sqlite:///{back}") == before


@pytest.mark.parametrize("command", [api.catch_up, api.cut_over, api.verify])
def test_a_source_that_is_damaged_in_service_stops_and_once_mended_goes_on(
    tmp_path: Path, postgres_url: str, command: Any
) -> None:
    source = filled(tmp_path / "nicu.db")
    assert api.run(str(source), postgres_url, FOLLOW).exit_code == 0
    change_everything(source, 1_000)
    with closing(sqlite3.connect(source)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = file.execute("PRAGMA page_size").fetchone()[0]
        root = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'vitals'").fetchone()[0]
    sound = source.read_bytes()
    at = (root - 1) * size
    source.write_bytes(sound[:at] + b"\xff" * 40 + sound[at + 40 :])
    assert_one_line(command(str(source), postgres_url))
    source.write_bytes(sound)
    assert api.catch_up(str(source), postgres_url).exit_code == 0
    report = command(str(source), postgres_url)
    assert (report.exit_code, report.differences) == (0, []), report.summary
    before = everything(f"sqlite:///{source}")
    assert everything(postgres_url) == before


def test_a_full_disk_of_the_snapshots_stops_each_command_and_room_lets_it_go_on(
    tmp_path: Path, postgres_url: str, url: str
) -> None:
    own, earlier, disk = filled(tmp_path / "nicu.db"), build(tmp_path / "dev.db"), tmp_path / "disk"
    disk.mkdir()
    program = [sys.executable, "-m", "tests.migration.full_snapshots", own, earlier, postgres_url, url, disk]
    done = subprocess.run([*namespace(), *map(str, program)], capture_output=True, text=True, check=True, timeout=120)
    for line in done.stdout.splitlines():
        full, left, again = json.loads(line)
        assert (full["exit_code"], left, again["exit_code"]) == (2, [], 0), (full, left, again["summary"])
        assert "full" in full["summary"], full["summary"]
        assert full["next_step"], full
    assert len(done.stdout.splitlines()) == 6
