"""Killed at any point of its work, the server has kept each acknowledged reading, once, and alarms again at once."""

import os
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.conftest import Halls
from tests.faults.gateway import Gateway
from tests.faults.hall import Hall
from tests.waiting import within

KILLS = 6
# Twelve kills by default; NICU_LONG=1 makes it more than a thousand.
SEEDS = range(170 if os.environ.get("NICU_LONG") else 2)
ALARMS_AGAIN_S = 5.0


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
