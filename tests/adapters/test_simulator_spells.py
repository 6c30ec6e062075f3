"""Spells of the simulated babies: breath, then heart, then oxygen; and a sensor that is off tells no number."""

from collections.abc import Sequence
from statistics import fmean

import pytest

from nicu_dashboard.adapters.simulator import SimulatedWard
from nicu_dashboard.domain.instants import SECOND_MS
from nicu_dashboard.domain.vitals import Measured, NoValue

STARTS_AT = 1_767_225_600_000
Signs = Sequence[dict[str, Measured]]


def watch(ward: SimulatedWard, cot: str, since_s: int, seconds: int) -> list[dict[str, Measured]]:
    """Return the values of one cot for so many seconds after since_s."""
    steps = range(since_s, since_s + seconds)
    by_second = (ward.readings(STARTS_AT + second * SECOND_MS) for second in steps)
    return [dict(reading.values) for readings in by_second for reading in readings if reading.cot == cot]


def numbers(signs: Signs, name: str) -> list[float]:
    return [value for sign in signs if not isinstance(value := sign.get(name, NoValue("absent")), NoValue)]


@pytest.mark.parametrize("seed", range(1, 7))
def test_oxygen_falls_after_the_breath_stops_and_never_before_blood_has_reached_the_probe(seed: int) -> None:
    ward, same = (SimulatedWard(2, seed, STARTS_AT, calm=True) for _ in range(2))
    watch(ward, "NICU-02", 0, 60)
    watch(same, "NICU-02", 0, 60)
    ward.baby("NICU-02").begin_spell(apnea_s=25, depth=0.8)
    spell, undisturbed = watch(ward, "NICU-02", 60, 70), watch(same, "NICU-02", 60, 70)
    oxygen, usual = numbers(spell, "spo2"), numbers(undisturbed, "spo2")
    assert oxygen[:8] == usual[:8]
    lowest = oxygen.index(min(oxygen))
    assert 25 <= lowest <= 50
    assert min(oxygen) < 80


def test_an_apnea_is_counted_while_it_lasts_and_ends_with_a_zero() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
    ward.baby("NICU-02").begin_spell(apnea_s=25)
    counted = [sign.get("apnea_duration") for sign in watch(ward, "NICU-02", 0, 40)]
    assert [value for value in counted if value is not None] == [*range(5, 26), 0]


def test_the_heart_slows_in_the_apnea_and_recovers_after_it() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
    before = numbers(watch(ward, "NICU-02", 0, 20), "heart_rate")
    ward.baby("NICU-02").begin_spell(apnea_s=25, depth=0.8)
    heart = numbers(watch(ward, "NICU-02", 20, 90), "heart_rate")
    assert min(heart[:6]) > min(before) - 15
    assert min(heart[10:26]) < 80
    assert heart[-1] > 120


def test_the_counted_breath_empties_in_an_apnea() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
    ward.baby("NICU-02").begin_spell(apnea_s=25)
    assert min(numbers(watch(ward, "NICU-02", 0, 30), "resp_rate")) < 10


def test_a_deeper_spell_goes_deeper() -> None:
    lowest = []
    for depth in (0.2, 0.5, 0.9):
        ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
        ward.baby("NICU-02").begin_spell(apnea_s=20, depth=depth)
        signs = watch(ward, "NICU-02", 0, 60)
        lowest.append((min(numbers(signs, "spo2")), min(numbers(signs, "heart_rate"))))
    assert lowest == sorted(lowest, reverse=True)
    assert lowest[0][0] > lowest[2][0] + 8


def test_a_probe_that_is_off_gives_the_reason_and_never_a_number() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
    ward.baby("NICU-01").probe_off(30)
    signs = watch(ward, "NICU-01", 0, 40)
    for name in ("spo2", "perfusion_index"):
        assert [sign[name] for sign in signs[:30]] == [NoValue("probe off")] * 30
        assert not isinstance(signs[30][name], NoValue)
    assert len(numbers(signs, "heart_rate")) == 40


def test_electrodes_that_are_off_leave_the_oximeter_alone_and_hide_the_apnea() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT, calm=True)
    ward.baby("NICU-02").leads_off(30)
    ward.baby("NICU-02").begin_spell(apnea_s=20)
    signs = watch(ward, "NICU-02", 0, 30)
    for name in ("heart_rate", "resp_rate"):
        assert [sign[name] for sign in signs] == [NoValue("lead off")] * 30
    assert not any("apnea_duration" in sign for sign in signs)
    assert numbers(signs, "spo2")


def test_a_slow_fall_stays_between_the_yellow_and_the_red_limit() -> None:
    ward = SimulatedWard(3, 1, STARTS_AT, calm=True)
    ward.baby("NICU-03").begin_sag(spo2=83, seconds=120)
    oxygen = numbers(watch(ward, "NICU-03", 0, 120), "spo2")
    assert all(80 <= value < 85 for value in oxygen[50:])


def test_the_nurse_turns_the_oxygen_up_when_it_stays_low() -> None:
    ward = SimulatedWard(3, 1, STARTS_AT, calm=True)
    before = ward.baby("NICU-03").body.nurse.fio2
    ward.baby("NICU-03").begin_sag(spo2=83, seconds=400)
    given = numbers(watch(ward, "NICU-03", 0, 400), "fio2")
    assert max(given) > before


def test_handling_raises_the_heart_rate() -> None:
    ward, same = (SimulatedWard(1, 1, STARTS_AT, calm=True) for _ in range(2))
    ward.baby("NICU-01").handle(600)
    handled, left = (fmean(numbers(watch(each, "NICU-01", 0, 600), "heart_rate")) for each in (ward, same))
    assert handled > left + 5
