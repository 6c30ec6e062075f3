"""The target's disk really fills up: a small one is refused, a filling one stops the move, room lets it go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.migration.files import make


def namespace() -> list[str]:
    """Return the start of a command that may mount a disk which nobody else sees."""
    as_other = [] if os.getuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", "--mount", *as_other]


def test_a_disk_that_is_full_stops_the_move_and_room_lets_it_go_on(tmp_path: Path) -> None:
    rows = [("x" * 900,) for _ in range(60_000)]
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    source = make(tmp_path / "big.db", script, [("INSERT INTO t (v) VALUES (?)", rows)])
    disk = Path("/tmp") / f"nicu-full-{os.getpid()}"  # where the server's own account can reach it
    disk.mkdir()
    try:
        command = [*namespace(), sys.executable, "-m", "tests.migration.full_disk", str(source), str(disk)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    finally:
        disk.rmdir()
    small, full, again, verified = map(json.loads, done.stdout.splitlines())
    assert (small["exit_code"], "are needed" in small["summary"]) == (2, True), small["summary"]
    assert (full["exit_code"], full["really"]) == (2, True), full["summary"]  # a full log takes the server down too
    assert (again["exit_code"], again["tables"][0]["rows"]) == (0, 60_000), again["summary"]
    assert (verified["exit_code"], verified["tables"][0]["compared"]) == (0, 60_000)
