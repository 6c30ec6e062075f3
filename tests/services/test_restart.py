"""After a restart the ward knows what stood, and says it again."""

from pathlib import Path

from nicu_dashboard.domain.vitals import Reading
from tests.services.unit import NURSE, HandClock, TestUnit


async def test_an_alarm_that_outlives_a_restart_is_announced_again(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        await before.admit("NICU-01", "A-1")
        await before.seconds(12, spo2=75)
        alarm_id = before.cot()["alarms"][0]["id"]
        clock = HandClock(before.clock.at + 4_000)
    async with TestUnit.opened(path, clock) as after:
        assert after.cot()["alarms"][0]["held"]
        await after.seconds(1, spo2=74)
        alarm = after.cot()["alarms"][0]
        assert (alarm["id"], alarm["held"], alarm["announced_at"]) == (alarm_id, False, clock.at)
        _, transitions = after.store.chart.alarm(alarm_id)
        assert [one.trigger for one in transitions] == ["raised", "resumed"]


async def test_a_source_that_was_heard_before_the_restart_is_missed_after_it(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        await before.admit("NICU-01", "A-1")
        await before.seconds(5, spo2=95, heart_rate=150)
        clock = HandClock(before.clock.at + 4_000)
    async with TestUnit.opened(path, clock) as after:
        await after.seconds(10)
        assert after.alarms() == ["!! Signal lost on"]


async def test_a_limit_switched_off_stays_off_and_seen_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        await before.admit("NICU-01", "A-1")
        await before.station.actions.switch_off(1, "heart_rate:low", "pacing trial", NURSE)
        clock = HandClock(before.clock.at + 4_000)
    async with TestUnit.opened(path, clock) as after:
        (off,) = after.cot()["flags"]["off"]
        assert (off["scope"], off["reason"], off["by"]) == ("heart_rate:low", "pacing trial", "N. Okafor")
        await after.seconds(3, heart_rate=60)
        assert after.alarms() == []


async def test_a_command_that_admits_a_baby_is_followed_by_the_running_ward(tmp_path: Path) -> None:
    async with TestUnit.opened(tmp_path / "nicu.db") as unit, TestUnit.opened(tmp_path / "nicu.db") as command:
        await command.admit("NICU-01", "A-1")
        receipt = await unit.reading(heart_rate=150)
        assert receipt.accepted == 1
        assert unit.cot()["baby"]["short"] == "Kaur"


async def test_the_oxygen_on_record_still_decides_about_the_upper_limit_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        await before.admit("NICU-01", "A-1")
        await before.seconds(2, spo2=98, fio2=21)
        await before.seconds(3, spo2=98)
        clock = HandClock(before.clock.at + 600_000)
    async with TestUnit.opened(path, clock) as after:
        await after.seconds(20, spo2=98)
        assert after.alarms() == []
        assert after.cot()["values"] == {"spo2": 98, "fio2": 21}


async def test_values_of_no_real_baby_are_known_for_that_before_the_next_one_comes(tmp_path: Path) -> None:
    path = tmp_path / "nicu.db"
    async with TestUnit.opened(path) as before:
        await before.admit("NICU-01", "A-1")
        await before.admit("NICU-02", "A-2")
        simulated = Reading("NICU-01", before.clock.at, {"heart_rate": 150.0}, "simulator", "simulated")
        assert (await before.station.intake.receive([(0, simulated)])).accepted == 1
        assert before.cot()["origin"] == "simulated"
        clock = HandClock(before.clock.at + 60_000)
    async with TestUnit.opened(path, clock) as after:
        assert (after.cot()["origin"], after.cot("NICU-02")["origin"]) == ("simulated", None)
        await after.seconds(1, heart_rate=150)
        assert after.cot()["origin"] == "device"
