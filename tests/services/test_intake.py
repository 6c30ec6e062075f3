"""From a reading to the wall and the record: nothing lost, nothing doubled, nothing shown under the wrong baby."""

import pytest

from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS
from nicu_dashboard.domain.vitals import Reading
from nicu_dashboard.services import intake, stays
from nicu_dashboard.services.liveness import LATE_MS
from tests.services.unit import NURSE, TestUnit


async def test_a_reading_is_on_the_wall_and_in_the_record_when_it_is_acknowledged(unit: TestUnit) -> None:
    receipt = await unit.reading(heart_rate=151, spo2=94)
    assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (1, 0, [])
    assert unit.cot()["values"] == {"heart_rate": 151, "spo2": 94}
    at, stored = unit.store.chart.latest([1])[1]
    assert (at, stored) == (unit.clock.at, {"heart_rate": 151, "spo2": 94})


async def test_a_resend_is_counted_as_known_and_changes_nothing(unit: TestUnit) -> None:
    await unit.reading(heart_rate=40)
    again = await unit.reading(heart_rate=40)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert unit.alarms() == ["*** HR 40 < 80 on"]


async def test_three_equal_low_readings_are_one_alarm(unit: TestUnit) -> None:
    await unit.seconds(3, heart_rate=40)
    assert unit.alarms() == ["*** HR 40 < 80 on"]
    assert len(unit.store.chart.alarms()) == 1


async def test_a_late_reading_is_stored_at_its_own_time_and_neither_shown_nor_alarmed(unit: TestUnit) -> None:
    await unit.seconds(20, heart_rate=150)
    await unit.reading(unit.clock.at - 15_000 + 500, heart_rate=45)
    assert unit.cot()["values"] == {"heart_rate": 150}
    assert unit.alarms() == []
    kept = [values["heart_rate"] for _, values in unit.store.chart.readings(1, 0, unit.clock.at, ("heart_rate",))]
    assert 45 in kept
    assert unit.store.journal.rescans()


async def test_a_history_sent_in_one_message_raises_no_alarm_about_the_past(unit: TestUnit) -> None:
    begin = unit.clock.at - HOUR_MS
    past = [(begin + second * 1_000, {"heart_rate": 45 if second < 3_000 else 150}) for second in range(3_600)]
    receipt = await unit.readings(past)
    assert receipt.accepted == 3_600
    assert unit.alarms() == []


async def test_a_device_whose_clock_is_years_behind_still_alarms_and_is_flagged(unit: TestUnit) -> None:
    long_ago = unit.clock.at - 700 * DAY_MS
    await unit.reading(long_ago, heart_rate=40)
    assert unit.alarms() == ["*** HR 40 < 80 on", "!! Device clock 700 d behind on"]


async def test_a_device_clock_set_back_an_hour_suppresses_no_alarm(unit: TestUnit) -> None:
    await unit.seconds(30, heart_rate=150)
    for _ in range(15):
        unit.clock.at += 1_000
        await unit.reading(unit.clock.at - HOUR_MS, heart_rate=40)
    assert "*** HR 40 < 80 on" in unit.alarms()


async def test_a_reading_from_the_future_is_refused_and_never_becomes_the_latest(unit: TestUnit) -> None:
    await unit.reading(heart_rate=150)
    receipt = await unit.reading(unit.clock.at + 61_000, heart_rate=40)
    assert receipt.accepted == 0
    assert "in the future" in receipt.rejected[0].reason
    assert unit.cot()["values"] == {"heart_rate": 150}


async def test_a_reading_for_an_unknown_cot_is_refused_with_the_remedy_and_kept_in_quarantine(unit: TestUnit) -> None:
    receipt = await unit.reading(cot="NICU-99", heart_rate=150)
    assert receipt.rejected[0].reason == "unknown cot 'NICU-99'; nicu cot add LABEL"
    await unit.reading(cot="NICU-99", heart_rate=151)
    (kept,) = unit.store.chart.quarantine()
    assert (kept["cot"], kept["count"]) == ("NICU-99", 2)


async def test_the_hours_before_the_clerk_wrote_are_the_first_babys_and_the_year_before_is_nobodys(
    unit: TestUnit,
) -> None:
    await unit.seconds(30, heart_rate=150)
    hours = await unit.reading(unit.clock.at - 3 * HOUR_MS, heart_rate=152)
    assert (hours.accepted, hours.rejected) == (1, [])
    year = await unit.reading(unit.clock.at - 365 * DAY_MS, heart_rate=40)
    assert year.accepted == 0
    assert "no baby lay in cot NICU-01" in year.rejected[0].reason


async def test_a_reading_for_an_empty_cot_belongs_to_nobody(unit: TestUnit) -> None:
    receipt = await unit.reading(cot="NICU-02", heart_rate=150)
    assert "no baby lay in cot NICU-02" in receipt.rejected[0].reason


async def test_after_a_discharge_readings_are_not_shown_under_the_discharged_baby(unit: TestUnit) -> None:
    await unit.seconds(2, heart_rate=150)
    await unit.station.admissions.discharge(1, NURSE)
    unit.clock.at += 1_000
    receipt = await unit.reading(heart_rate=40)
    assert receipt.accepted == 0
    assert unit.cot()["baby"] is None
    assert unit.alarms() == []


async def test_a_late_reading_finds_the_baby_who_lay_there_then(unit: TestUnit) -> None:
    await unit.seconds(5, heart_rate=150)
    then = unit.clock.at - 1_500
    await unit.station.admissions.transfer(1, "NICU-02", NURSE)
    unit.clock.at += 60_000
    second = await unit.admit("NICU-01", "B-2")
    unit.clock.at += 60_000
    await unit.reading(heart_rate=160)
    await unit.reading(then, heart_rate=99)
    first_baby = [values["heart_rate"] for _, values in unit.store.chart.readings(1, then, then + 1, ("heart_rate",))]
    other = [at for at, _ in unit.store.chart.readings(second, then, then + 1, ("heart_rate",))]
    assert (first_baby, other) == ([99], [])


async def test_a_missing_value_stays_missing(unit: TestUnit) -> None:
    await unit.seconds(3, heart_rate=150, spo2=95)
    await unit.seconds(2, heart_rate=150, spo2="probe off")
    cot = unit.cot()
    assert cot["values"] == {"heart_rate": 150}
    assert cot["missing"]["spo2"][0] == "probe off"


async def test_a_silent_source_goes_stale_and_then_raises_a_technical_alarm(unit: TestUnit) -> None:
    await unit.seconds(3, heart_rate=150, spo2=95)
    await unit.seconds(5)
    assert unit.cot()["values"] == {}
    assert unit.cot()["missing"]["spo2"][0] == "stale"
    await unit.seconds(5)
    assert unit.alarms() == ["!! Signal lost on"]


async def test_a_baby_whose_monitor_was_never_heard_is_not_shown_as_calm(unit: TestUnit) -> None:
    await unit.seconds(11)
    assert unit.alarms() == ["!! Signal lost on"]


async def test_a_second_device_with_a_fast_clock_does_not_silence_the_first(unit: TestUnit) -> None:
    await unit.reading(unit.clock.at + 50_000, source="ventilator", fio2=30)
    await unit.reading(heart_rate=40)
    assert unit.alarms() == ["*** HR 40 < 80 on"]


async def test_what_a_gateway_kept_during_an_outage_is_never_shown_as_now(unit: TestUnit) -> None:
    await unit.seconds(30, spo2=95)
    went = unit.clock.at
    await unit.seconds(300)
    for second in range(280):
        unit.clock.at += 20
        await unit.reading(went + (second + 1) * 1_000, spo2=60)
        unit.station.ward.pass_time(unit.clock.at)
        assert unit.cot()["values"] == {}
    assert unit.alarms() == ["!! Signal lost on"]
    await unit.seconds(1, spo2=96)
    assert unit.cot()["values"] == {"spo2": 96}


async def test_a_backlog_that_takes_long_to_arrive_is_not_shown_as_now_until_it_has_caught_up(unit: TestUnit) -> None:
    await unit.seconds(30, spo2=95)
    went = unit.clock.at
    await unit.seconds(90)
    recorded = went
    while unit.clock.at - recorded > LATE_MS + 1_000:
        unit.clock.at += 400
        recorded += 1_000
        await unit.reading(recorded, spo2=60)
        assert unit.cot()["values"] == {}
    assert unit.clock.at - went > 90_000 + 3 * LATE_MS
    assert unit.alarms() == ["!! Signal lost on"]
    unit.clock.at += 1_000
    await unit.reading(unit.clock.at, spo2=96)
    assert unit.cot()["values"] == {"spo2": 96}


async def test_a_clock_set_back_in_a_silence_counts_as_live_after_one_window_however_shaky_the_line(
    unit: TestUnit,
) -> None:
    await unit.seconds(30, spo2=95)
    await unit.seconds(60)
    for _ in range(2):
        for _ in range(4):
            unit.clock.at += 1_000
            await unit.reading(unit.clock.at - HOUR_MS, spo2=60)
        unit.clock.at += 15_000
    await unit.reading(unit.clock.at - HOUR_MS, spo2=61)
    assert unit.cot()["values"] == {"spo2": 61}


async def test_a_source_that_speaks_now_and_then_is_live_at_once_after_its_clock_was_set_back(unit: TestUnit) -> None:
    for minute in range(4):
        unit.clock.at += 60_000
        await unit.reading(unit.clock.at - (HOUR_MS if minute == 3 else 0), heart_rate=150 + minute)
    assert unit.cot()["values"] == {"heart_rate": 153}


async def test_a_monitor_at_an_empty_cot_is_one_row_of_the_quarantine(unit: TestUnit) -> None:
    for _ in range(5):
        unit.clock.at += 1_000
        await unit.reading(cot="NICU-02", heart_rate=150)
    assert [(row["cot"], row["count"]) for row in unit.store.chart.quarantine()] == [("NICU-02", 5)]


async def test_one_sender_names_a_thousand_sources_and_not_one_more(
    unit: TestUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stays, "MOST_NEW_SOURCES", 3)
    at = unit.clock.at

    async def sent(sender: str, *names: str) -> list[int]:
        message = [
            (index, Reading("NICU-01", at + index, {"heart_rate": 150.0}, name, "device"))
            for index, name in enumerate(names)
        ]
        receipt = await unit.station.intake.receive(message, sender)
        return [one.index for one in receipt.rejected]

    assert await sent("gateway", "a", "b", "c", "d") == [3]
    assert await sent("gateway", "a", "e") == [1]
    assert await sent("another gateway", "f") == []
    assert {one.name for one in unit.store.roster.sources()} == {"a", "b", "c", "f"}


async def test_invented_cots_fill_no_table(unit: TestUnit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_QUARANTINED", 2)
    for number in range(6):
        await unit.reading(cot=f"X-{number}", heart_rate=150)
    rows = {row["cot"]: row["count"] for row in unit.store.chart.quarantine()}
    assert rows == {"X-0": 1, "X-1": 1, "(further cots)": 4}


async def test_two_devices_under_one_name_are_told_and_the_backlog_of_one_is_not(unit: TestUnit) -> None:
    await unit.seconds(1, spo2=95)
    for _ in range(18):
        await unit.reading(unit.clock.at - 40_000, heart_rate=45)
        await unit.seconds(1, spo2=95)
    assert unit.alarms() == ["!! monitor: two clocks, 40 s apart on"]
    assert unit.cot()["values"] == {"spo2": 95}
    await unit.seconds(12, spo2=95)
    assert unit.alarms() == []
    begin = unit.clock.at - HOUR_MS
    for second in range(18):
        await unit.reading(begin + second * 10_000, heart_rate=45)
        await unit.seconds(1, spo2=95)
    assert unit.alarms() == []


def clocks(unit: TestUnit) -> list[str]:
    """What the cot says of a second clock."""
    return [one for one in unit.alarms() if "clocks" in one]


async def both(unit: TestUnit, seconds: int, behind_ms: int, every_s: int = 1) -> None:
    """Two devices under one name, each message with the newest of both."""
    for _ in range(seconds // every_s):
        unit.clock.at += every_s * 1_000
        at = unit.clock.at
        await unit.readings([(at, {"spo2": 95}), (at - behind_ms, {"heart_rate": 45})])


@pytest.mark.parametrize("every_s", [1, 20])
async def test_two_devices_in_one_message_are_told_as_long_as_both_speak(unit: TestUnit, every_s: int) -> None:
    await both(unit, 14, 40_000)
    assert clocks(unit) == []
    await both(unit, 60, 40_000, every_s)
    assert clocks(unit) == ["!! monitor: two clocks, 40 s apart on"]
    assert unit.cot()["values"] == {"spo2": 95}
    await unit.seconds(45, spo2=95)
    assert clocks(unit) == []


@pytest.mark.parametrize("every_s", [2, 30])
@pytest.mark.parametrize("step_s", [1, 15])
async def test_one_device_that_sends_its_last_minutes_again_and_again_is_no_second_clock(
    unit: TestUnit, step_s: int, every_s: int
) -> None:
    for _ in range(0, 120, every_s):
        unit.clock.at += every_s * 1_000
        newest = unit.clock.at // (step_s * 1_000) * step_s * 1_000
        await unit.readings([(newest - back * 1_000, {"spo2": 95}) for back in range(0, 120, step_s)])
    assert clocks(unit) == []


async def test_a_pressure_that_stays_the_last_and_a_backlog_among_the_new_are_no_second_clock(unit: TestUnit) -> None:
    taken = unit.clock.at - 20_000
    for second in range(40):
        unit.clock.at += 1_000
        at = unit.clock.at
        kept = [(at - HOUR_MS + second * 5_000 + one * 1_000, {"heart_rate": 150}) for one in range(5)]
        await unit.readings([(at, {"spo2": 95}), (taken, {"nibp_mean": 34}), *kept])
    assert clocks(unit) == []


async def test_the_clock_that_is_off_is_flagged_once_however_many_devices_speak(unit: TestUnit) -> None:
    for _ in range(5):
        await unit.reading(unit.clock.at - HOUR_MS, source="ventilator", fio2=30)
        await unit.seconds(1, spo2=95)
    assert unit.alarms() == ["!! Device clock 1 h behind on"]
    assert unit.station.ward.raised == 1
