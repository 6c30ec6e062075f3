"""Killed while it spools or drains, the program has kept each acknowledged reading once; alarms are back at once."""

import os
import random
import time
from collections import Counter

import pytest

from tests.faults.gateway import Gateway
from tests.faults.site import Site
from tests.waiting import within

KILLS = 6
# Six kills by default; NICU_LONG=1 makes it more than a thousand.
SEEDS = range(170 if os.environ.get("NICU_LONG") else 1)
ALARMS_AGAIN_S = 5.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_while_spooling_or_draining_loses_and_doubles_nothing(site: Site, seed: int) -> None:
    chance, hall = random.Random(seed), site.hall
    ill, *well = [Gateway(hall, label, rate) for label, rate in zip(hall.labels, (40, 150, 150), strict=True)]
    for _ in range(KILLS):
        before = len(ill.acknowledged)
        within(15, lambda before=before: len(ill.acknowledged) > before, "a reading is acknowledged")  # type: ignore[misc]
        within(ALARMS_AGAIN_S, lambda: "heart_rate:low" in hall.standing(ill.label), "the alarm stands again")
        site.line.cut()
        time.sleep(chance.uniform(0.05, 0.8))
        if chance.random() < 0.6:  # let it begin to drain
            site.line.open()
            time.sleep(chance.uniform(0, 1.3))
        hall.kill()
        site.line.open()
        hall.start()
    for gateway in (ill, *well):
        gateway.end()
    within(20, site.is_drained, "the spool is drained")
    for gateway in (ill, *well):
        assert site.stored(gateway.label) == Counter(gateway.acknowledged.items())
    assert site.minutes_agree()
    assert site.rows("SELECT count(*) FROM alarms WHERE key = 'heart_rate:low' AND status <> 'ended'") == [(1,)]
