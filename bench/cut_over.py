"""How long writes stand still when a ward in service moves from SQLite to PostgreSQL, and what following costs."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("NICU_LONG", "1")  # a hundred cots

from tests.cli.conftest import program
from tests.cli.running import started
from tests.migration.monitors import COTS, Monitors, assert_nothing_is_lost_or_doubled, furnish
from tests.migration.wards import opened
from tests.postgres import free_port, running_server
from tests.templates import copy_of_empty_store


def main() -> None:
    """Print the figures of one move."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="how long to watch before and while following")
    seconds = parser.parse_args().seconds
    safe = {"fsync": "on", "synchronous_commit": "on"}
    with TemporaryDirectory() as folder, running_server(**safe) as server, server.database() as target:
        _measure(Path(folder), target, seconds)


def _measure(folder: Path, target: str, seconds: int) -> None:
    path = copy_of_empty_store(folder / "nicu.db")
    url = f"sqlite:///{path}"
    with opened(url) as database:
        furnish(database)
    key = program("key", "add", "gateway", cwd=folder, DATABASE_URL=url).out.strip()
    with started("serve", "--port", str(free_port()), cwd=folder, DATABASE_URL=url) as running:
        monitors = Monitors(running.url, key)
        time.sleep(seconds)
        _tell(f"{COTS} cots at 1 Hz, not followed", monitors)
        _migrate(folder, "run", path, target)
        monitors.waits.clear()
        time.sleep(seconds)
        _tell(f"{COTS} cots at 1 Hz, followed", monitors)
        caught_up = _migrate(folder, "catch-up", path, target)
        moved = _migrate(folder, "cut-over", path, target)
        print(f"one pass after {seconds} s          {caught_up['seconds']['pass']:8.3f} s")
        print(f"writes stood still          {moved['seconds']['standstill']:8.3f} s")
    port, back = running.url.rpartition(":")[2], folder / "back.db"
    with started("serve", "--port", port, cwd=folder, DATABASE_URL=target) as running:
        _told_wait("there, restart of the server included", monitors)
        rehearsed = _migrate(folder, "roll-back", target, folder / "rehearsal.db")
        print(f"rehearsal of the way back    {rehearsed['seconds']['all']:7.3f} s, the ward in service")
        _told_wait("while it was rehearsed", monitors)
        running.stop()
    closed = _migrate(folder, "roll-back", target, back, "--close")
    print(f"the database stood still    {closed['seconds']['standstill']:8.3f} s on the way back")
    with started("serve", "--port", port, cwd=folder, DATABASE_URL=f"sqlite:///{back}"):
        _told_wait("back, both starts of a server included", monitors)
        monitors.end()
    with opened(f"sqlite:///{back}") as database:
        assert_nothing_is_lost_or_doubled(database, monitors)


def _told_wait(what: str, monitors: Monitors) -> None:
    """Wait until readings are taken, and tell the longest wait of a sender since the last time."""
    monitors.go_on(60)
    print(f"longest wait of a sender    {monitors.longest_s:8.3f} s {what}")
    monitors.longest_s = 0.0


def _migrate(folder: Path, command: str, *sides: Path | str) -> dict[str, Any]:
    said = program("migrate", command, *sides, "--json", cwd=folder)
    assert said.code == 0, said.out + said.err
    answer: dict[str, Any] = json.loads(said.out)
    return answer


def _tell(what: str, monitors: Monitors) -> None:
    waits = sorted(monitors.waits)
    worst = waits[int(len(waits) * 0.99)] * 1_000
    print(f"{what:32} acknowledged after {statistics.median(waits) * 1_000:6.1f} ms (median), {worst:6.1f} ms (p99)")


if __name__ == "__main__":
    main()
