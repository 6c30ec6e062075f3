"""Clocks that jump, ours or a monitor's: an alarm may be told of another hour, but never kept back."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nicu_dashboard.domain.instants import HOUR_MS
from tests.services.unit import TestUnit
from tests.templates import copy_of_empty_store


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[TestUnit]:
    """A unit whose time passes by itself, four times a second of the real clock, at the instants the test sets."""
    async with TestUnit.opened(copy_of_empty_store(tmp_path / "nicu.db")) as opened:
        await opened.admit("NICU-01", "A-1")
        opened.station.tasks.start(opened.station.engine.tick_forever(), "time")
        yield opened


async def _unit_alarms(unit: TestUnit) -> list[str]:
    await asyncio.sleep(0.6)
    unit.station.live.publish()
    newest = unit.station.broadcast.latest()
    assert newest is not None
    return [alarm["text"] for alarm in json.loads(newest.body)["alarms"]]


@pytest.mark.parametrize(("step_ms", "said"), [(HOUR_MS, "+3600 s"), (-HOUR_MS, "-3600 s")])
async def test_our_own_clock_stepped_by_an_hour_is_told_and_suppresses_no_alarm(
    unit: TestUnit, step_ms: int, said: str
) -> None:
    await unit.seconds(5, heart_rate=150, spo2=93)
    unit.clock.step = step_ms
    (told,) = await _unit_alarms(unit)
    assert told.startswith(f"Server clock stepped by {said}")
    await unit.seconds(2, heart_rate=40, spo2=93)
    assert unit.alarms() == ["*** HR 40 < 80 on"]
    await unit.seconds(12)
    assert "!! Signal lost on" in unit.alarms()
    unit.clock.step = 0
    assert await _unit_alarms(unit) == []


async def test_a_monitor_set_back_in_the_middle_of_a_desaturation_alarms_when_it_would_be_lost(unit: TestUnit) -> None:
    """Its readings look like history until its clock is learnt anew: what was known last is announced by then."""
    await unit.seconds(20, spo2=93)
    for second in range(18):
        unit.clock.at += 1_000
        await unit.reading(unit.clock.at - (HOUR_MS if second >= 8 else 0), spo2=70)
        unit.station.ward.pass_time(unit.clock.at)
    assert any(line.startswith("*** SpO2 70") for line in unit.alarms())


async def test_a_monitor_an_hour_ahead_is_refused_and_its_silence_alarms(unit: TestUnit) -> None:
    await unit.seconds(5, heart_rate=150, spo2=93)
    for _ in range(11):
        unit.clock.at += 1_000
        refused = await unit.reading(unit.clock.at + HOUR_MS, heart_rate=150, spo2=93)
        unit.station.ward.pass_time(unit.clock.at)
        assert "set the device's clock" in refused.rejected[0].reason
    assert unit.alarms() == ["!! Signal lost on"]
