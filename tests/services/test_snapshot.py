"""What is kept from one snapshot to the next must never differ from what the ward knows now."""

import json
import random

import msgspec
import pytest

from nicu_dashboard.domain.alarms.silences import PauseRefused
from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.services.snapshot import bed_view
from tests.services.unit import NURSE, TestUnit

HEART_RATES: tuple[float | str, ...] = (150, 60, "lead off")
SATURATIONS: tuple[float | str, ...] = (94, 70, "probe off")
PASSES_MS = (0, 100, 1_000, 1_000, 1_000, 4_600, 9_100, 70_000, 13 * HOUR_MS)


def _shown(unit: TestUnit) -> list[object]:
    unit.station.live.publish()
    newest = unit.station.broadcast.latest()
    assert newest is not None
    shown: list[object] = json.loads(newest.body)["cots"]
    return shown


def _known(unit: TestUnit) -> list[object]:
    beds = sorted(unit.station.ward.beds.values(), key=lambda bed: bed.cot.position)
    return [json.loads(msgspec.json.encode(bed_view(bed, unit.clock.at))) for bed in beds]


async def _something_happens(unit: TestUnit, chance: random.Random) -> None:
    actions, occupied = unit.station.actions, [bed for bed in unit.station.ward.beds.values() if bed.stay]
    match chance.randrange(8):
        case 0:
            await unit.reading(heart_rate=chance.choice(HEART_RATES), spo2=chance.choice(SATURATIONS), fio2=30)
        case 1:
            await unit.reading(temperature=36.8, source="incubator")
        case 2:
            for alarm in [alarm for bed in occupied for alarm in bed.watch.alarms][:1]:
                await actions.acknowledge(alarm.id, NURSE)
        case 3:
            await actions.pause_audio(1, chance.choice([0, 60]), NURSE)
        case 4 if occupied:
            await actions.switch_off(occupied[0].cot.id, "heart_rate:low", "pacing", NURSE)
        case 5 if occupied:
            bed, free = occupied[0], {"NICU-01": "NICU-02", "NICU-02": "NICU-01"}
            assert bed.stay is not None
            await unit.station.admissions.transfer(bed.stay.patient.id, free[bed.cot.label], NURSE)
        case _:
            unit.station.ward.pass_time(unit.clock.at)


@pytest.mark.parametrize("seed", range(4))
async def test_a_kept_view_reads_as_if_it_were_written_now(unit: TestUnit, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(120):
        unit.clock.at += chance.choice(PASSES_MS)
        try:
            await _something_happens(unit, chance)
        except PauseRefused:
            continue
        assert _shown(unit) == _known(unit)
        unit.clock.at += chance.choice((1, 250, 4_501, 9_000))
        assert _shown(unit) == _known(unit)
