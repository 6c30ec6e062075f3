"""Moves into our own tables die at seeded places, the command or a worker of it: the next start goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.killed_run import OURS
from tests.migration.prisma_files import build
from tests.migration.test_cut_over_in_service import killed_command
from tests.migration.test_kills import run_killed
from tests.migration.wards import everything, filled
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("NICU_KILLS", "0"))
IN_A_ROW = 5 if KILLS else 2
EVENTS = {"snapshot": 2, "copy": 20, "build": 30, "verify": 30}
"""How many events a stage has at most that a start may die at."""
ENOUGH_FOR_WORKERS = 4_500_000

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Moving:
    """A file, the places that its move passes, and what the target holds after a move that nobody disturbed."""

    source: Path
    places: Counter[str]
    ours: Rows
    legacy: Rows


@pytest.fixture(scope="module", params=["own", "prisma"])
def moving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
           postgres_server: PostgresServer) -> Moving:  # fmt: skip
    folder = tmp_path_factory.mktemp(request.param)
    own = request.param == "own"
    fat = "live_snapshot SET payload = zeroblob(?)" if own else "shift_notes SET text = hex(zeroblob(?))"
    source = filled(folder / "nicu.db") if own else build(folder / "dev.db")
    with closing(sqlite3.connect(source)) as file, file:
        file.execute(f"UPDATE {fat}", (ENOUGH_FOR_WORKERS,))
    with postgres_server.database() as url:
        code, out = killed_command("look", "run-once", source, url, folder)
        assert code == 0, out
        return Moving(source, Counter(json.loads(out)), everything(url), legacy(url))


@pytest.fixture(scope="module")
def killed() -> Iterator[Counter[str]]:
    """Counts the kills by mapping and victim and shows them at the end (`pytest -s`)."""
    counts: Counter[str] = Counter()
    yield counts
    sys.stderr.write(f"\nkills by mapping: {counts.total()} ({dict(counts)})\n")


def legacy(url: str) -> Rows:
    """Return every row of the schema legacy."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'legacy'").fetchall()
        return {
            str(name): connection.execute(f'SELECT t::text FROM legacy."{name}" t ORDER BY 1'.encode()).fetchall()
            for (name,) in names
        }


def one_kill(moving: Moving, url: str, chance: random.Random, number: int) -> str:
    """Let one start die, at a place of the command or when a stage has come so far; return who died, "" for nobody."""
    if number % 2 == 0:
        place = chance.choice(sorted(moving.places))
        hit = chance.randint(1, min(moving.places[place], 20))
        code, out = killed_command(f"{place}:{hit}", "run-once", moving.source, url, moving.source.parent)
        assert code in (0, -signal.SIGKILL), (place, hit, out)
        return "command" if code else ""
    stage = chance.choice(sorted(EVENTS)) if KILLS else "copy"
    victim = "parent" if stage == "snapshot" else "worker"
    code = run_killed(moving.source, url, f"{stage}:{chance.randint(1, EVENTS[stage])}:{victim}:auto:ours")
    assert code in (0, 2, -signal.SIGKILL), (stage, code)
    return victim if code else ""


@pytest.mark.parametrize("seed", range(max(1, KILLS // 2 // IN_A_ROW)))
def test_a_killed_move_into_our_tables_ends_like_one_that_nobody_disturbed(
    moving: Moving, postgres_url: str, seed: int, killed: Counter[str]
) -> None:
    chance = random.Random(seed)
    for number in range(IN_A_ROW):
        victim = one_kill(moving, postgres_url, chance, number)
        killed[f"{moving.source.name} {victim}"] += victim != ""
    done = api.run(str(moving.source), postgres_url, OURS)
    assert (done.exit_code, done.rejects, done.differences) == (0, [], []), done.summary
    assert everything(postgres_url) == moving.ours
    assert legacy(postgres_url) == moving.legacy
    assert api.verify(str(moving.source), postgres_url, api.Options(thorough=True)).exit_code == 0
    assert [path.name for path in moving.source.parent.iterdir() if "migration" in path.name] == []
