"""Passes, cut-over, abort and way back killed at seeded places, without a server between: many kills in little time."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nicu_dashboard.migration import api
from tests.migration.test_catching_up import change_everything
from tests.migration.test_cut_over_in_service import killed_command
from tests.migration.wards import everything, filled
from tests.postgres import PostgresServer

SEEDS = max(1, int(os.environ.get("NICU_KILLS", "0")) // 15)
PLAN = {"run": 2, "catch-up": 4, "abort": 1, "cut-over": 4, "roll-back-close": 4}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> dict[str, Counter[str]]:
    """Every place of the migration's own code that each command passes."""
    folder = tmp_path_factory.mktemp("places")
    path, back, found = filled(folder / "nicu.db"), folder / "back.db", {}
    with postgres_server.database() as url:
        for command in ("run", "catch-up", "cut-over", "roll-back-close", "abort"):
            one, other = (url, back) if command.startswith("roll-back") else (path, url)
            code, out = killed_command("look", command, one, other, folder)
            assert code == 0, command
            found[command] = Counter(json.loads(out))
    return found


@pytest.fixture(scope="module")
def killed() -> Iterator[Counter[str]]:
    """Counts the kills by command and shows them at the end (`pytest -s`)."""
    counts: Counter[str] = Counter()
    yield counts
    sys.stderr.write(f"\nkills between passes: {counts.total()} ({dict(counts)})\n")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_anywhere_the_next_start_goes_on(
    tmp_path: Path, postgres_url: str, seed: int, places: dict[str, Counter[str]], killed: Counter[str]
) -> None:
    path, back, chance = filled(tmp_path / "nicu.db"), tmp_path / "back.db", random.Random(seed)

    def kill(command: str, times: int) -> None:
        for _ in range(times if SEEDS > 1 else 1):
            place = chance.choice(sorted(places[command]))
            hit = chance.randint(1, min(places[command][place], 20))
            one, other = (postgres_url, back) if command.startswith("roll-back") else (path, postgres_url)
            code, out = killed_command(f"{place}:{hit}", command, one, other, tmp_path)
            assert code in (0, -signal.SIGKILL), (command, place, hit, out)
            killed[command] += code != 0
            back.unlink(missing_ok=True)

    kill("run", PLAN["run"])
    assert api.run(str(path), postgres_url, api.Options(follow=True)).exit_code == 0
    change_everything(path, 1_000)
    kill("catch-up", PLAN["catch-up"])
    change_everything(path, 2_000)
    assert api.catch_up(str(path), postgres_url).exit_code == 0
    assert everything(postgres_url) == everything(f"sqlite:///{path}")
    if seed % 2:
        kill("abort", PLAN["abort"])
        assert api.abort(str(path), postgres_url).exit_code == 0
        assert api.run(str(path), postgres_url, api.Options(follow=True, restart=True)).exit_code == 0
    else:
        change_everything(path, 3_000)
    before = everything(f"sqlite:///{path}")
    kill("cut-over", PLAN["cut-over"])
    report = api.cut_over(str(path), postgres_url)
    assert (report.exit_code, report.differences) == (0, []), report.summary
    assert everything(postgres_url) == before
    assert api.verify(str(path), postgres_url).exit_code == 0
    kill("roll-back-close", PLAN["roll-back-close"])
    closed = api.roll_back(postgres_url, str(back), api.Options(close=True))
    assert (closed.exit_code, closed.differences) == (0, []), closed.summary
    assert everything(f"sqlite:///{back}") == before
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".") or "partial" in item.name] == []
