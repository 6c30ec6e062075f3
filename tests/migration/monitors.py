"""The monitors of a ward in service, as one gateway sends them, and what a store must hold of them."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import httpx

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.ports.roster import NewPatient
from tests.contracts.ward import NIGHT, by_nurse

COTS = 100 if os.environ.get("NICU_LONG") else 20


class Monitors:
    """All cots' monitors behind one gateway: 1 Hz, now and then late or corrected; kept until acknowledged."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.gateway = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=10)
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
        self.gateway.close()

    def go_on(self, within_s: float = 10.0) -> None:
        """Wait until the ward takes readings again; it must within this time."""
        end, before = time.monotonic() + within_s, len(self.waits)
        while len(self.waits) == before:
            assert time.monotonic() < end, "the ward takes no readings"
            time.sleep(0.02)

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
            said = self.gateway.post(f"{self.url}/api/readings", json=batch)
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


def assert_nothing_is_lost_or_doubled(database: Database, monitors: Monitors) -> None:
    """Compare a store with what was acknowledged, and its minutes with its readings."""
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT c.label, v.recorded_at, v.heart_rate FROM vitals v JOIN admissions a"
            " ON a.patient_id = v.patient_id JOIN cots c ON c.id = a.cot_id"
        ).all()
        minutes = connection.exec_driver_sql("SELECT sum(n_valid) FROM vitals_minute").scalar()
    found = [(label, _instant(at)) for label, at, _ in rows]
    assert len(set(found)) == len(found)
    assert {(label, _instant(at)): value for label, at, value in rows} == monitors.acknowledged
    assert minutes == 2 * len(rows)


def _instant(at: Any) -> str:
    return format_instant(at if isinstance(at, int) else round(at.timestamp() * 1_000))
