"""A gateway may send what a monitor measured at one instant in several messages: all of it is judged."""

from tests.services.unit import TestUnit


async def test_the_second_half_of_an_instant_is_shown_and_alarms(unit: TestUnit) -> None:
    await unit.seconds(20, heart_rate=150, spo2=95)
    for _ in range(15):
        unit.clock.at += 1_000
        await unit.reading(heart_rate=150)
        await unit.reading(spo2=70)
        unit.station.ward.pass_time(unit.clock.at)
    assert unit.cot()["values"] == {"heart_rate": 150, "spo2": 70}
    assert unit.alarms() == ["*** SpO2 70 < 80 on"]


async def test_a_corrected_value_of_the_same_instant_counts(unit: TestUnit) -> None:
    await unit.seconds(5, heart_rate=150, spo2=95)
    await unit.reading(heart_rate=150, spo2=88)
    assert unit.cot()["values"]["spo2"] == 88


async def test_the_same_reading_again_is_no_news(unit: TestUnit) -> None:
    await unit.seconds(5, heart_rate=150)
    heard_at, recorded_at = unit.cot()["last_at"], unit.clock.at
    for _ in range(8):
        unit.clock.at += 1_000
        await unit.reading(recorded_at, heart_rate=150)
    assert unit.cot()["values"] == {}
    assert unit.cot()["last_at"] in (heard_at, unit.clock.at)
