"""Killed at any point of its work, the server has kept each acknowledged reading, once, and alarms again at once."""

import os
import random
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.conftest import Halls
from tests.faults.hall import Hall, now_ms
from tests.faults.waiting import within

KILLS = 6
# Twelve kills by default; NICU_LONG=1 makes it more than a thousand.
SEEDS = range(170 if os.environ.get("NICU_LONG") else 2)
ALARMS_AGAIN_S = 5.0


class Gateway:
    """Sends one cot's readings one after another; what was not acknowledged it sends again, as real ones do."""

    def __init__(self, hall: Hall, label: str, heart_rate: int) -> None:
        self.acknowledged: dict[int, int] = {}
        self.label = label
        self._hall, self._heart_rate = hall, heart_rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Send no more; what is on its way is delivered first."""
        self._ended.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        at, number = 0, 0
        while not self._ended.is_set():
            at, number = max(at + 1, now_ms()), number + 1
            value = 30 + number % 300
            while not self._delivered(at, value):
                time.sleep(0.02)
            self.acknowledged[at] = value

    def _delivered(self, at: int, value: int) -> bool:
        try:
            status, said = self._hall.send(at, [self.label], heart_rate=self._heart_rate, etco2=value / 10)
        except OSError:
            return False
        return status == 202 and said["accepted"] + said["duplicates"] == 1


def _kept(path: Path) -> tuple[dict[int, Counter[tuple[int, int]]], int, int]:
    """What the file holds: readings by baby, and how many values the readings and the minutes count."""
    with sqlite3.connect(path) as file:
        readings: dict[int, Counter[tuple[int, int]]] = {}
        for patient_id, at, etco2 in file.execute("SELECT patient_id, recorded_at, etco2 FROM vitals"):
            readings.setdefault(patient_id, Counter())[at, round(etco2 * 10)] += 1
        values = file.execute("SELECT count(heart_rate) + count(etco2) FROM vitals").fetchone()[0]
        minutes = file.execute("SELECT sum(n_valid) FROM vitals_minute").fetchone()[0]
    file.close()
    return readings, values, minutes


def _alarms_again(hall: Hall, label: str) -> bool:
    alarm = hall.standing(label).get("heart_rate:low")
    return alarm is not None and alarm["presence"] == "on" and not alarm["held"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_acknowledged_reading_is_kept_once_and_alarms_are_back_in_five_seconds(hall_of: Halls, seed: int) -> None:
    chance, hall = random.Random(seed), hall_of(3)
    hall.start()
    ill, *well = [Gateway(hall, label, rate) for label, rate in zip(hall.labels, (40, 150, 150), strict=True)]
    for _ in range(KILLS):
        before = len(ill.acknowledged)
        within(10, lambda before=before: len(ill.acknowledged) > before, "a reading is acknowledged")  # type: ignore[misc]
        within(ALARMS_AGAIN_S, lambda: _alarms_again(hall, ill.label), "the alarm stands again")
        time.sleep(chance.uniform(0, 0.15))
        hall.kill()
        hall.start()
    for gateway in (ill, *well):
        gateway.end()
    hall.stop()
    readings, values, minutes = _kept(hall.path)
    for gateway in (ill, *well):
        assert readings[hall.patients[gateway.label]] == Counter(gateway.acknowledged.items())
    assert minutes == values
