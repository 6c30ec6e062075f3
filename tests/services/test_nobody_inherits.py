"""Silences, alarms and limits belong to one baby: nobody inherits them, whatever happened while nobody watched."""

import asyncio
from pathlib import Path

import pytest

from nicu_dashboard.domain.alarms.silences import PauseRefused
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.domain.limits import AlarmLimits
from nicu_dashboard.ports.roster import NewPatient
from tests.services.unit import NURSE, HandClock, TestUnit


async def test_a_free_cot_has_no_alarms_to_silence(unit: TestUnit) -> None:
    free = unit.station.ward.bed_by_label("NICU-02")
    assert free is not None
    for act in (
        unit.station.actions.pause_alarms(free.cot.id, 600, NURSE),
        unit.station.actions.pause_audio(free.cot.id, 120, NURSE),
        unit.station.actions.switch_off(free.cot.id, "all", "tests", NURSE),
    ):
        with pytest.raises(PauseRefused, match="no baby lies in cot NICU-02"):
            await act
    assert unit.store.journal.open_suspensions(1) == []


async def test_a_baby_who_came_while_the_server_was_down_inherits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        patient_id = await before.admit("NICU-01", "A-1")
        await before.seconds(12, spo2=75)
        (alarm,) = before.cot()["alarms"]
        await before.station.actions.switch_off(1, "heart_rate:low", "pacing trial", NURSE)
        clock = HandClock(before.clock.at + 60_000)
        # Commands write into the record beside the server, which was killed and never saw it.
        before.store.roster.discharge(patient_id, clock.at, NURSE.entry(clock.at, "admission.discharge", "patient"))
        other = before.store.roster.add_patient(NewPatient("B-2"), NURSE.entry(clock.at, "patient.create", "patient"))
        before.store.roster.admit(other.id, "NICU-01", clock.at, NURSE.entry(clock.at, "admission.admit", "cot"))
    async with TestUnit.opened(path, clock) as after:
        assert after.cot()["alarms"] == []
        assert after.cot()["flags"]["off"] == []
        await after.station.engine.submit()
        stored, transitions = after.store.chart.alarm(alarm["id"])
        assert (stored.alarm.status, stored.patient_id) == ("ended", patient_id)
        assert [one.trigger for one in transitions] == ["raised", "withdrawn"]
        assert after.store.journal.open_suspensions(1) == []
        assert after.store.journal.open_alarms(1) == []


async def test_a_condition_that_two_servers_recorded_is_one_alarm_after_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as one, TestUnit.opened(path, one.clock) as other:
        await one.admit("NICU-01", "A-1")
        await other.station.upkeep._watch.sync()
        await one.seconds(12, spo2=75)
        await other.seconds(12, spo2=75)
        assert len(one.store.journal.open_alarms(1)) == 2
        clock = HandClock(one.clock.at + 1_000)
    async with TestUnit.opened(path, clock) as after:
        await after.station.engine.submit()
        assert len(after.store.journal.open_alarms(1)) == 1
        await after.seconds(12, spo2=95)
        await after.station.actions.acknowledge(after.cot()["alarms"][0]["id"], NURSE)
        assert after.store.journal.open_alarms(1) == []


async def test_limits_given_back_to_the_profile_follow_the_age_again(unit: TestUnit) -> None:
    young = NewPatient("YOUNG", None, None, unit.clock.at - DAY_MS, 25 * 7 + 5, 700)
    baby = (await unit.station.admissions.admit("NICU-02", young, NURSE)).patient.id
    desk = unit.station.limits
    await desk.change(baby, desk.read(baby).limits, 0, None, NURSE)
    await desk.reset(baby, 1, NURSE)
    unit.clock.at += 10 * DAY_MS
    await unit.station.upkeep.follow_ages()
    assert _limits(unit, "NICU-02").profile == "26–36 wk"
    assert (desk.read(baby).limits.profile, desk.read(baby).version) == ("26–36 wk", 2)


async def test_a_change_of_limits_is_not_undone_by_the_profile_that_was_being_looked_up(unit: TestUnit) -> None:
    young = NewPatient("YOUNG", None, None, unit.clock.at - DAY_MS, 25 * 7 + 5, 700)
    baby = (await unit.station.admissions.admit("NICU-02", young, NURSE)).patient.id
    desk = unit.station.limits
    before = desk.read(baby)
    unit.clock.at += 10 * DAY_MS
    read_book = unit.store.book.current

    def slowly(patient_ids: list[int]) -> object:
        found = read_book(patient_ids)
        if baby in patient_ids:
            asyncio.run_coroutine_threadsafe(desk.change(baby, before.limits, 0, None, NURSE), loop).result(10)
        return found

    loop = asyncio.get_running_loop()
    unit.store.book.current = slowly  # type: ignore[method-assign,assignment]
    await unit.station.upkeep.follow_ages()
    assert _limits(unit, "NICU-02").profile == "< 26 wk, own limits"


async def test_a_gateway_speaks_for_monitors_whose_clocks_differ(unit: TestUnit) -> None:
    await unit.admit("NICU-02", "A-2")
    for _ in range(15):
        unit.clock.at += 1_000
        await unit.reading(cot="NICU-02", heart_rate=150)
        await unit.reading(unit.clock.at - 15_000, spo2=70)
        unit.station.ward.pass_time(unit.clock.at)
    assert unit.cot()["values"] == {"spo2": 70}
    assert unit.alarms() == ["*** SpO2 70 < 80 on"]
    assert [offset for _, offset in unit.station.intake.offsets()] == [15_000]


def _limits(unit: TestUnit, label: str) -> AlarmLimits:
    bed = unit.station.ward.bed_by_label(label)
    assert bed is not None
    return bed.limits
