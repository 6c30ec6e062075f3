"""A ward in service moves to PostgreSQL and back, its commands killed on the way: nothing is lost, doubled or stuck."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import clean_environment, program
from tests.cli.running import Running, started
from tests.migration.monitors import Monitors, assert_nothing_is_lost_or_doubled, furnish
from tests.migration.wards import everything, filled, opened
from tests.postgres import PostgresServer, free_port
from tests.templates import copy_of_empty_store

STANDSTILL_S = 3.0
KILLS = int(os.environ.get("NICU_KILLS", "0"))
IN_A_ROUND = {"run": 3, "catch-up": 4, "abort": 2, "cut-over": 6, "roll-back": 2, "roll-back-close": 4}
SHORT = {
    "run": ["own_target.bare:4:1"],
    "catch-up": ["bringing.Pass._append:2:3"],
    "abort": [],
    "cut-over": ["cutting_over._stand_still:10:1", "boundary.views_at_cut_over:2:1"],
    "roll-back": [],
    "roll-back-close": ["source.keep:4:1"],
}
"""Where the commands of the short test die; those of the long one (NICU_KILLS) die at seeded places."""

Places = dict[str, Counter[str]]


def killed_command(place: str, command: str, source: Path | str, target: Path | str, cwd: Path) -> tuple[int, str]:
    """Run a command that dies at a place; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.migration.killed_command", place, command, str(source), str(target)],
        env=clean_environment(PYTHONPATH=str(Path.cwd())), cwd=cwd, capture_output=True, text=True, timeout=250,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, (place, command, done.stderr)
    return done.returncode, done.stdout


@dataclass
class Round:
    """One ward that moves there and back, and how often its commands were killed."""

    folder: Path
    target: str
    seed: int
    places: Places
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.path = copy_of_empty_store(self.folder / "nicu.db")
        self.back = self.folder / "back.db"
        self.chance = random.Random(self.seed)
        self.port = str(free_port())
        with opened(self.url) as database:
            furnish(database)
        self.key = program("key", "add", "gateway", cwd=self.folder, DATABASE_URL=self.url).out.strip()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def sides(self, command: str) -> tuple[Path | str, Path | str]:
        return (self.target, self.back) if command.startswith("roll-back") else (self.path, self.target)

    def whole(self, command: str, *options: str) -> dict[str, Any]:
        """Run a command to its end; it must succeed."""
        said = program("migrate", command, *self.sides(command), *options, "--json", cwd=self.folder)
        assert said.code == 0, (command, said.out + said.err)
        answer: dict[str, Any] = json.loads(said.out)
        return answer

    def kill(self, command: str, place: str) -> bool:
        """Run a command that dies; return whether it did."""
        code, out = killed_command(place, command, *self.sides(command), self.folder)
        assert code in (0, -signal.SIGKILL), (command, place, code, out)
        self.counts[command] += code != 0
        return code != 0

    def some_places(self, command: str) -> list[str]:
        """Return where this round's starts of a command die."""
        if not KILLS:
            return SHORT[command]
        found = []
        for _ in range(IN_A_ROUND[command]):
            place = self.chance.choice(sorted(self.places[command]))
            hit = self.chance.randint(1, min(self.places[command][place], 40))
            found.append(self.chance.choice([f"{place}:{hit}"] * 4 + [f"after:{self.chance.randint(400, 2_500)}"]))
        return found

    def has_moved(self) -> bool:
        return bool(self._names("nicu_moved"))

    def is_followed(self) -> bool:
        return bool(self._names("nicu_migration%"))

    def _names(self, like: str) -> list[str]:
        with closing(sqlite3.connect(self.path, timeout=30)) as file:
            return [str(name) for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE name LIKE ?", (like,))]

    def kill_in_service(self, command: str, monitors: Monitors) -> None:
        """Kill a command at each of its places; after each the ward goes on, unless the move was through."""
        for place in self.some_places(command):
            self.kill(command, place)
            if not self.has_moved():
                monitors.go_on()

    def there(self, monitors: Monitors, server: Running) -> dict[str, Any]:
        """Move the ward while its monitors send; return the report of the cut-over."""
        self.kill_in_service("run", monitors)
        self.whole("run")
        self.kill_in_service("catch-up", monitors)
        if KILLS and self.seed % 3 == 0:
            self.kill_in_service("abort", monitors)
            self.whole("abort")
            assert not self.is_followed()
            self.whole("run", "--follow", "--restart")
        self.whole("catch-up")
        self.whole("verify")
        self.kill_in_service("cut-over", monitors)
        moved = self.whole("cut-over")
        assert self.has_moved()
        assert not self.is_followed()
        deadline = time.monotonic() + 20
        while not monitors.refusals:  # the old server takes nothing more, and says when to come again
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert server.stop()[0] == 0
        return moved

    def and_back(self, monitors: Monitors) -> dict[str, Any]:
        """Bring it back: a rehearsal in service, then for good while it stands still."""
        with started("serve", "--port", self.port, cwd=self.folder, DATABASE_URL=self.target) as server:
            monitors.go_on(30)
            self.kill_in_service_on_postgresql(monitors)
            self.whole("roll-back")
            self.back.unlink()
            assert server.stop()[0] == 0
        before = everything(self.target)
        for place in self.some_places("roll-back-close"):
            self.kill("roll-back-close", place)
            self.back.unlink(missing_ok=True)  # killed after its last commit: the file is there
        closed = self.whole("roll-back", "--close")
        assert everything(f"sqlite:///{self.back}") == before
        return closed

    def kill_in_service_on_postgresql(self, monitors: Monitors) -> None:
        for place in self.some_places("roll-back"):
            self.kill("roll-back", place)
            self.back.unlink(missing_ok=True)
            monitors.go_on()

    def leftovers(self) -> list[str]:
        """Return what a move has left beside the two files."""
        signs = ("migration", "cut-over", ".verify", ".partial", "-journal")
        return sorted(path.name for path in self.folder.iterdir() if any(sign in path.name for sign in signs))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Places:
    """Every place of the migration's own code that each command passes; looked up for the long test only."""
    if not KILLS:
        return {}
    folder = tmp_path_factory.mktemp("places")
    path, back = filled(folder / "nicu.db"), folder / "back.db"
    found: Places = {}
    with postgres_server.database() as url:
        for command in ("run", "catch-up", "cut-over", "roll-back", "roll-back-close", "abort"):
            sides = (url, back) if command.startswith("roll-back") else (path, url)
            code, out = killed_command("look", command, sides[0], sides[1], folder)
            assert code == 0, command
            found[command] = Counter(json.loads(out))
            back.unlink(missing_ok=True)
    return found


@pytest.fixture(scope="module")
def killed() -> Iterator[Counter[str]]:
    """Counts the kills by command and shows them at the end (`pytest -s`)."""
    counts: Counter[str] = Counter()
    yield counts
    sys.stderr.write(f"\nkills in service: {counts.total()} ({dict(counts)})\n")


@pytest.mark.parametrize("seed", range(max(1, KILLS // (sum(IN_A_ROUND.values()) - 2))))
def test_a_ward_moves_there_and_back_while_it_is_watched(
    tmp_path: Path, postgres_url: str, seed: int, places: Places, killed: Counter[str]
) -> None:
    ward = Round(tmp_path, postgres_url, seed, places)
    with started("serve", "--port", ward.port, cwd=tmp_path, DATABASE_URL=ward.url) as server:
        monitors = Monitors(server.url, ward.key)
        monitors.go_on(30)
        moved = ward.there(monitors, server)
    refused = program("serve", "--port", ward.port, cwd=tmp_path, DATABASE_URL=ward.url)
    assert (refused.code, len(refused.err.strip().splitlines())) == (2, 1)
    assert postgres_url in refused.err
    assert "nicu migrate abort" in refused.err
    assert moved["setting"] == f"DATABASE_URL={postgres_url}"
    assert moved["seconds"].get("standstill", 0.0) <= STANDSTILL_S, moved["seconds"]
    closed = ward.and_back(monitors)
    ward.whole("verify")
    home = closed["setting"].removeprefix("DATABASE_URL=")
    with started("serve", "--port", ward.port, cwd=tmp_path, DATABASE_URL=home):
        monitors.go_on(30)
        monitors.end()
    with opened(home) as database:
        assert_nothing_is_lost_or_doubled(database, monitors)
    killed.update(ward.counts)
    assert ward.leftovers() == []
