"""What people do acts at once, is seen, and leaves an audit row."""

import asyncio
from dataclasses import replace

import pytest

from nicu_dashboard.domain.alarms.silences import PauseRefused
from nicu_dashboard.domain.limits import Threshold
from nicu_dashboard.ports.limit_book import LimitsChangedMeanwhile
from nicu_dashboard.services.displays import OF_ONE
from nicu_dashboard.services.limits_desk import LimitsRefused
from tests.services.unit import NURSE, TestUnit


def _audited(unit: TestUnit) -> list[str]:
    return [row["action"] for row in unit.store.people.audit()]


async def test_acknowledging_silences_and_names_who(unit: TestUnit) -> None:
    await unit.seconds(2, heart_rate=60)
    (alarm,) = unit.cot()["alarms"]
    await unit.station.actions.acknowledge(alarm["id"], NURSE)
    (seen,) = unit.cot()["alarms"]
    assert (seen["presence"], seen["sounding"], seen["acknowledged_by"]) == ("ack", False, "N. Okafor")
    assert "alarm.acknowledge" in _audited(unit)


async def test_a_latched_alarm_goes_when_it_is_acknowledged(unit: TestUnit) -> None:
    await unit.seconds(2, heart_rate=60)
    await unit.seconds(8, heart_rate=150)
    (alarm,) = unit.cot()["alarms"]
    assert alarm["presence"] == "latched"
    left, _ = await unit.station.actions.acknowledge(alarm["id"], NURSE)
    assert left.status == "ended"
    assert unit.alarms() == []


async def test_an_audio_pause_counts_down_and_ends_by_itself(unit: TestUnit) -> None:
    await unit.station.actions.pause_audio(1, 120, NURSE)
    until = unit.cot()["flags"]["audio_paused_until"]
    assert until == unit.clock.at + 120_000
    await unit.seconds(121, heart_rate=150)
    assert unit.cot()["flags"]["audio_paused_until"] is None


async def test_a_longer_audio_pause_is_refused(unit: TestUnit) -> None:
    with pytest.raises(PauseRefused, match="120 seconds"):
        await unit.station.actions.pause_audio(1, 3_600, NURSE)


async def test_changed_limits_are_in_force_at_once_and_in_the_history(unit: TestUnit) -> None:
    await unit.seconds(2, heart_rate=110)
    before = unit.station.limits.read(1)
    low = before.limits.get("heart_rate", "low")
    assert low is not None
    wanted = before.limits.replace(type(low)("heart_rate", "low", Threshold(90), Threshold(115)))
    after = await unit.station.limits.change(1, wanted, 0, "athlete", NURSE)
    assert (after.version, after.history[0].changed_by, after.history[0].reason) == (1, "N. Okafor", "athlete")
    assert after.limits.label == "26–36 wk, own limits v1"
    await unit.seconds(1, heart_rate=110)
    assert unit.alarms() == ["** HR 110 < 115 on"]
    assert "limits.change" in _audited(unit)


async def test_limits_changed_while_the_baby_moves_are_in_force_in_its_new_cot(unit: TestUnit) -> None:
    await unit.reading(heart_rate=150)
    for version, cot in enumerate(["NICU-02", "NICU-01"] * 4):
        before = unit.station.limits.read(1)
        low = before.limits.get("heart_rate", "low")
        assert low is not None
        wanted = before.limits.replace(replace(low, red=Threshold(90 + version), yellow=Threshold(115)))
        changed, stay = await asyncio.gather(
            unit.station.limits.change(1, wanted, version, None, NURSE),
            unit.station.admissions.transfer(1, cot, NURSE),
        )
        assert unit.station.ward.bed(stay.cot.id).limits == changed.limits


async def test_two_people_cannot_overwrite_each_others_limits(unit: TestUnit) -> None:
    limits = unit.station.limits.read(1).limits
    await unit.station.limits.change(1, limits, 0, None, NURSE)
    with pytest.raises(LimitsChangedMeanwhile):
        await unit.station.limits.change(1, limits, 0, None, NURSE)


async def test_a_red_limit_inside_yellow_is_refused(unit: TestUnit) -> None:
    limits = unit.station.limits.read(1).limits
    low = limits.get("spo2", "low")
    assert low is not None
    with pytest.raises(LimitsRefused):
        await unit.station.limits.change(
            1, limits.replace(type(low)("spo2", "low", Threshold(90), Threshold(85))), 0, None, NURSE
        )


async def test_a_transfer_takes_history_and_limits_along(unit: TestUnit) -> None:
    await unit.seconds(2, heart_rate=60)
    await unit.station.admissions.transfer(1, "NICU-02", NURSE)
    assert unit.cot("NICU-01")["baby"] is None
    assert unit.cot("NICU-02")["baby"]["patient_id"] == 1
    (stored,) = unit.store.chart.alarms(patient_id=1)
    assert stored.alarm.status == "ended"


async def test_a_unit_that_nobody_can_hear_says_so_and_a_reload_of_the_page_does_not_flicker(unit: TestUnit) -> None:
    def unheard() -> bool:
        return any(alarm.key == "no_audible_display" for alarm in unit.station.ward.unit_watch.alarms)

    displays = unit.station.displays
    await unit.seconds(31)
    displays.check(unit.clock.at)
    assert unheard()
    displays.report("tv-1", "on", unit.clock.at)
    assert not unheard()
    displays.report("tv-1", "closed", unit.clock.at)
    await unit.seconds(2)
    displays.report("tv-1", "on", unit.clock.at)
    assert not unheard()


async def test_one_screen_cannot_fill_the_memory_with_displays(unit: TestUnit) -> None:
    displays = unit.station.displays
    for number in range(OF_ONE + 20):
        displays.report(f"made up {number}", "on", unit.clock.at, "kiosk corridor")
    displays.report("tv-1", "on", unit.clock.at, "nurse grete")
    assert displays.audible(unit.clock.at) == OF_ONE + 1


async def test_time_in_target_has_no_upper_bound_in_room_air(unit: TestUnit) -> None:
    await unit.seconds(3, spo2=98, fio2=30)
    await unit.station.upkeep.refresh_targets()
    assert unit.cot()["in_target"] == 0
    await unit.seconds(1, spo2=98, fio2=21)
    await unit.station.upkeep.refresh_targets()
    assert unit.cot()["in_target"] == 100
