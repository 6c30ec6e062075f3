"""A move killed at any point continues: no row is lost, doubled or taken for verified when it was not."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.crew import Crew, WorkerLost
from nicu_dashboard.migration.worker import Job
from tests.migration.files import make
from tests.migration.killed_run import OPTIONS, Deadly
from tests.postgres import PostgresServer, running_server

ROWS = 20_000
POINTS = [
    "snapshot:2:parent", "copy:3:parent", "copy:5:worker", "build:3:worker", "build:5:parent", "verify:2:parent",
    "verify:6:worker",
]  # fmt: skip
SCRIPT = """
CREATE TABLE patients (id INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT UNIQUE);
CREATE TABLE vitals (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER REFERENCES patients (id), hr REAL,
    note TEXT);
CREATE TABLE log (who TEXT, what TEXT);
CREATE INDEX by_patient ON vitals (patient_id, hr);
"""


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(7)
    return make(tmp_path_factory.mktemp("ward") / "ward.db", SCRIPT, [
        ("INSERT INTO patients (mrn) VALUES (?)", [(f"M{number}",) for number in range(50)]),
        ("INSERT INTO vitals (patient_id, hr, note) VALUES (?, ?, ?)",
         [(number % 50 + 1, chance.random() * 200, "probe moved " * 18) for number in range(ROWS)]),
        ("INSERT INTO log VALUES (?, ?)", [(f"nurse{number % 7}", "same") for number in range(3_000)]),
    ])  # fmt: skip


def run_killed(source: Path, url: str, point: str) -> int:
    command = [sys.executable, "-m", "tests.migration.killed_run", str(source), url, point]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def assert_whole(source: Path, url: str) -> None:
    with psycopg.connect(url) as connection:
        counted = connection.execute(
            "SELECT (SELECT count(*) FROM vitals), (SELECT count(DISTINCT id) FROM vitals), (SELECT count(*) FROM log),"
            " (SELECT sum(row_count) FROM nicu_migration.chunks), (SELECT count(*) FROM nicu_migration.rejects)"
        ).fetchone()
        assert counted == (ROWS, ROWS, 3_000, ROWS + 3_000 + 50, 0)
        assert connection.execute("SELECT state FROM nicu_migration.runs").fetchall() == [("done",)]
    assert api.verify(str(source), url, api.Options(as_is=True, thorough=True, workers=0)).exit_code == 0
    assert [path.name for path in source.parent.iterdir()] == [source.name]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_move_continues_where_it_stopped(ward: Path, postgres_url: str, point: str) -> None:
    assert run_killed(ward, postgres_url, point) == (-signal.SIGKILL if point.endswith("parent") else 2)
    done = api.run(str(ward), postgres_url, OPTIONS)
    assert (done.exit_code, done.difference_count) == (0, 0), done.summary
    assert_whole(ward, postgres_url)


EVENTS = {"after": 1_500, "snapshot": 2, "copy": 12, "build": 7, "verify": 12}
"""How many events a stage of this ward has; in `after`, within how many milliseconds a start dies."""
IN_A_ROW = 4


def seeded_points(seed: int) -> list[str]:
    """Return where the starts of one move die: any stage, any event, the parent or a worker, on any lane."""
    chance = random.Random(seed)
    order = list(EVENTS)
    points = []
    for number, stage in enumerate(sorted(chance.choices(order, k=IN_A_ROW), key=order.index)):
        event = chance.randint(1, EVENTS[stage] if number == 0 or stage == "after" else 4)
        victim = chance.choice(("parent", "worker")) if stage in ("copy", "build", "verify") else "parent"
        points.append(f"{stage}:{event}:{victim}:{chance.choice(('auto', 'plain', 'exact'))}")
    return points


@pytest.fixture(scope="module")
def killed() -> Iterator[Counter[str]]:
    """Counts the kills by stage and shows them at the end (`pytest -s`)."""
    counts: Counter[str] = Counter()
    yield counts
    sys.stderr.write(f"\nkills at seeded points: {counts.total()} ({dict(counts)})\n")


@pytest.mark.parametrize("seed", range(int(os.environ.get("NICU_KILLS", "4")) // IN_A_ROW))
def test_kills_one_after_the_other_at_seeded_points_lose_nothing(
    ward: Path, postgres_url: str, seed: int, killed: Counter[str]
) -> None:
    for point in seeded_points(seed):
        code = run_killed(ward, postgres_url, point)
        assert code in (0, 2, -signal.SIGKILL), point  # 0: this start found less left to do than the point lies away
        killed[point.partition(":")[0]] += code != 0
    done = api.run(str(ward), postgres_url, OPTIONS)
    assert done.exit_code == 0, (done.summary, seeded_points(seed))
    assert_whole(ward, postgres_url)


def test_a_value_changed_while_the_move_lay_dead_is_found(ward: Path, postgres_url: str) -> None:
    assert run_killed(ward, postgres_url, "build:2:parent") == -signal.SIGKILL
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE vitals SET hr = hr + 1 WHERE id = 15000")
    done = api.run(str(ward), postgres_url, OPTIONS)
    assert (done.exit_code, done.difference_count) == (1, 1), done.summary
    assert (done.differences[0]["key"], done.differences[0]["column"]) == ("id=15000", "hr")


def test_workers_of_a_dead_start_cannot_write_any_more(ward: Path, postgres_url: str) -> None:
    run_killed(ward, postgres_url, "copy:2:parent")
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE nicu_migration.runs SET epoch = epoch + 1")
    process = subprocess.run(
        [sys.executable, "-c", STALE.format(source=str(ward), url=postgres_url)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(process.stdout) == "another `nicu migrate` has taken this move over; this one stops."


STALE = """
import json, psycopg
from nicu_dashboard.migration.journal import Fenced, Journal
with psycopg.connect({url!r}) as connection:
    try:
        Journal(connection).fence(1, 1)
    except Fenced as error:
        print(json.dumps(error.what))
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


class CrashTheServer(Deadly):
    """Crashes and restarts the server at an event."""

    def __init__(self, server: PostgresServer, stage: str, event: int) -> None:
        super().__init__(stage, event, "server")
        self.server = server

    def _count(self, stage: str) -> None:
        self.left -= stage == self.stage
        if self.left == 0:
            self.left = -1
            self.server.restart(signal.SIGQUIT)


@pytest.mark.parametrize(("stage", "event"), [("copy", 3), ("verify", 3)])
def test_a_target_that_crashes_in_the_middle_costs_one_more_start(
    ward: Path, own_server: PostgresServer, stage: str, event: int
) -> None:
    with own_server.database() as url:
        broken = api.run(str(ward), url, OPTIONS, CrashTheServer(own_server, stage, event))
        assert broken.exit_code == 2
        assert api.run(str(ward), url, OPTIONS).exit_code == 0
        assert_whole(ward, url)


@contextmanager
def small_files(server: PostgresServer, largest: int) -> Iterator[None]:
    """The server cannot let a file grow beyond `largest` bytes: it fails in the way of a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    server.stop()
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    yield
    server.restart()


def test_a_full_disk_stops_the_move_and_room_lets_it_go_on(tmp_path: Path, own_server: PostgresServer) -> None:
    rows = [("x" * 900,) for _ in range(24_000)]
    source = make(
        tmp_path / "big.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", [("INSERT INTO t (v) VALUES (?)", rows)]
    )
    with own_server.database() as url:
        with small_files(own_server, 17_000_000):
            broken = api.run(str(source), url, OPTIONS)
        assert (broken.exit_code, "PostgreSQL refused" in broken.summary) == (2, True), broken.summary
        assert api.run(str(source), url, OPTIONS).exit_code == 0
        assert api.verify(str(source), url, OPTIONS).exit_code == 0


def test_a_worker_that_dies_idle_is_told_in_one_line(ward: Path, postgres_url: str) -> None:
    with Crew(1) as crew:
        crew.hire()
        crew.members[0].process.kill()
        crew.members[0].process.wait()
        with pytest.raises(WorkerLost, match=r"ended with code -9\. Run the same command again"):
            crew.brief(Job(ward, postgres_url, 1, 1, (), "plain"))
