"""A ward in service moves from SQLite to PostgreSQL: nothing is lost or doubled, writes stand still for seconds."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psycopg

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.ports.roster import NewPatient
from tests.cli.conftest import program
from tests.cli.running import started
from tests.contracts.ward import NIGHT, by_nurse
from tests.migration.wards import opened
from tests.postgres import free_port
from tests.templates import copy_of_empty_store

COTS = 100 if os.environ.get("NICU_LONG") else 20
STANDSTILL_S = 3.0


class Monitors:
    """All cots' monitors behind one gateway: 1 Hz, now and then late or corrected; kept until acknowledged."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.acknowledged: dict[tuple[str, str], float] = {}
        self.refusals: list[str] = []
        self.longest_s = 0.0
        self.waits: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Send no more; what is on its way is delivered first."""
        self._ended.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        second, begun = 0, time.time()
        while not self._ended.is_set():
            second += 1
            now = int((begun + second) * 1_000)
            batch = [self._reading(cot, now, 100.0 + second % 50) for cot in range(1, COTS + 1)]
            if second % 3 == 0:  # a monitor that was unplugged tells what it measured five minutes ago
                batch.append(self._reading(1 + second % COTS, now - 300_000, 90.0))
            if second % 4 == 0:  # and one corrects itself
                batch.append(self._reading(1 + second % COTS, now, 77.0))
            asked = time.monotonic()
            while not self._delivered(batch):
                time.sleep(0.2)
            self.waits.append(time.monotonic() - asked)
            self.longest_s = max(self.longest_s, self.waits[-1])
            self.acknowledged.update({(item["cot"], item["recorded_at"]): item["heart_rate"] for item in batch})
            time.sleep(max(0.0, begun + second - time.time()))

    def _reading(self, cot: int, at: int, heart_rate: float) -> dict[str, Any]:
        return {"cot": f"NICU-{cot:03}", "recorded_at": format_instant(at), "heart_rate": heart_rate, "spo2": 95}

    def _delivered(self, batch: list[dict[str, Any]]) -> bool:
        try:
            said = httpx.post(
                f"{self.url}/api/readings", json=batch, headers={"Authorization": f"Bearer {self.key}"}, timeout=10
            )
        except httpx.TransportError:
            return False
        if said.status_code == 503:
            self.refusals.append(said.headers["Retry-After"])
            return False
        assert (said.status_code, said.json()["rejected"]) == (202, []), said.text
        return True


def furnish(database: Database) -> None:
    """Put a baby into every cot."""
    roster = SqlRoster(database)
    for number in range(1, COTS + 1):
        roster.add_cot(f"NICU-{number:03}", by_nurse())
        baby = roster.add_patient(NewPatient(f"MRN-{number}"), by_nurse())
        roster.admit(baby.id, f"NICU-{number:03}", NIGHT, by_nurse())


def test_a_ward_moves_while_it_is_watched(tmp_path: Path, postgres_url: str) -> None:
    path = copy_of_empty_store(tmp_path / "nicu.db")
    url, port = f"sqlite:///{path}", str(free_port())
    with opened(url) as database:
        furnish(database)
    key = program("key", "add", "gateway", cwd=tmp_path, DATABASE_URL=url).out.strip()

    def migrate(command: str) -> dict[str, Any]:
        said = program("migrate", command, path, postgres_url, "--json", cwd=tmp_path)
        assert said.code == 0, said.out + said.err
        answer: dict[str, Any] = json.loads(said.out)
        return answer

    with started("serve", "--port", port, cwd=tmp_path, DATABASE_URL=url) as server:
        monitors = Monitors(server.url, key)
        time.sleep(3)
        for command in ("run", "catch-up", "verify"):
            migrate(command)
        moved = migrate("cut-over")
        deadline = time.monotonic() + 20
        while not monitors.refusals:  # the old server takes nothing more, and says when to come again
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert server.stop()[0] == 0
    refused = program("serve", "--port", port, cwd=tmp_path, DATABASE_URL=url)
    assert (refused.code, len(refused.err.strip().splitlines())) == (2, 1)
    assert postgres_url in refused.err
    assert "nicu migrate abort" in refused.err
    home = moved["setting"].removeprefix("DATABASE_URL=")
    with started("serve", "--port", port, cwd=tmp_path, DATABASE_URL=home):
        time.sleep(4)
        monitors.end()
    assert moved["seconds"]["standstill"] <= STANDSTILL_S, moved["seconds"]
    _nothing_is_lost_or_doubled(postgres_url, monitors)
    again = program("migrate", "verify", path, postgres_url, cwd=tmp_path)
    assert again.code == 0, again.out


def _nothing_is_lost_or_doubled(url: str, monitors: Monitors) -> None:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT c.label, to_char(v.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
            " v.heart_rate FROM vitals v JOIN admissions a USING (patient_id) JOIN cots c ON c.id = a.cot_id"
        ).fetchall()
        minutes = connection.execute("SELECT sum(n_valid) FROM vitals_minute").fetchone()
    found = Counter((label, at) for label, at, _ in rows)
    assert max(found.values()) == 1
    assert {(label, at): value for label, at, value in rows} == monitors.acknowledged
    assert minutes == (2 * len(rows),)
