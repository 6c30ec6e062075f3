"""The simulated ward as a generator: the same for the same seed, possible in every value, honest about its origin."""

import math
from collections.abc import Sequence

import pytest

from nicu_dashboard.adapters.simulator import SimulatedWard
from nicu_dashboard.domain.instants import HOUR_MS, SECOND_MS
from nicu_dashboard.domain.vitals import VITALS, NoValue, Reading, check_value

STARTS_AT = 1_767_225_600_000
WHOLE = ("heart_rate", "spo2", "resp_rate", "apnea_duration", "fio2", "abp_mean", "nibp_mean", "weight")


def watch(ward: SimulatedWard, seconds: int, step_s: int = 1) -> list[Reading]:
    """Return the readings of the first seconds of the live view."""
    steps = range(step_s, seconds + 1, step_s)
    return [reading for second in steps for reading in ward.readings(STARTS_AT + second * SECOND_MS)]


def of(cot: str, readings: Sequence[Reading]) -> list[Reading]:
    return [reading for reading in readings if reading.cot == cot]


def test_two_wards_of_one_seed_are_the_same_to_the_last_value() -> None:
    first, second = SimulatedWard(12, 7, STARTS_AT), SimulatedWard(12, 7, STARTS_AT)
    assert watch(first, 300) == watch(second, 300)
    assert [baby.name for baby in first.babies] == [baby.name for baby in second.babies]


def test_another_seed_is_another_ward() -> None:
    assert watch(SimulatedWard(3, 1, STARTS_AT), 5) != watch(SimulatedWard(3, 2, STARTS_AT), 5)


def test_another_stretch_of_the_same_lives_repeats_nothing_but_the_babies() -> None:
    first, second = (SimulatedWard(3, 1, STARTS_AT, calm=True, stretch=number) for number in (1, 2))
    assert [(baby.name, baby.born_at) for baby in first.babies] == [(baby.name, baby.born_at) for baby in second.babies]
    heart = [[reading.values["heart_rate"] for reading in watch(ward, 300)] for ward in (first, second)]
    assert heart[0] != heart[1]


def test_a_baby_lives_the_same_life_whatever_the_number_of_cots() -> None:
    alone, in_company = watch(SimulatedWard(3, 1, STARTS_AT), 200), watch(SimulatedWard(40, 1, STARTS_AT), 200)
    for cot in ("NICU-01", "NICU-02", "NICU-03"):
        assert of(cot, alone) == of(cot, in_company)


def test_a_spell_of_one_baby_leaves_the_others_alone() -> None:
    disturbed, calm = SimulatedWard(4, 1, STARTS_AT, calm=True), SimulatedWard(4, 1, STARTS_AT, calm=True)
    disturbed.baby("NICU-02").begin_spell(apnea_s=25)
    seen, usual = watch(disturbed, 120), watch(calm, 120)
    assert of("NICU-02", seen) != of("NICU-02", usual)
    assert of("NICU-03", seen) == of("NICU-03", usual)


@pytest.mark.parametrize(("cots", "occupied"), [(1, 1), (5, 5), (12, 11), (40, 36), (100, 90)])
def test_about_a_tenth_of_the_cots_is_free_and_none_in_a_small_ward(cots: int, occupied: int) -> None:
    ward = SimulatedWard(cots, 1, STARTS_AT)
    assert len(ward.labels) == cots
    assert len(ward.babies) == occupied
    assert len(watch(ward, 1)) == occupied


def test_labels_are_padded_so_that_they_sort() -> None:
    assert SimulatedWard(12, 1, STARTS_AT).labels[0] == "NICU-01"
    assert SimulatedWard(100, 1, STARTS_AT).labels[-1] == "NICU-100"
    assert list(SimulatedWard(100, 1, STARTS_AT).labels) == sorted(SimulatedWard(100, 1, STARTS_AT).labels)


def test_a_free_cot_has_no_baby() -> None:
    with pytest.raises(KeyError, match="NICU-08"):
        SimulatedWard(12, 1, STARTS_AT).baby("NICU-08")


def test_people_are_plausible_and_told_apart() -> None:
    babies = SimulatedWard(100, 3, STARTS_AT).babies
    assert len({baby.mrn for baby in babies}) == len({baby.name for baby in babies}) == len(babies)
    for baby in babies:
        assert baby.mrn.startswith("SIM-")
        assert 23 * 7 <= baby.ga_days < 42 * 7
        assert 400 <= baby.birth_weight_g <= 5000
        assert baby.born_at < STARTS_AT
    extremes = [baby.birth_weight_g for baby in babies if baby.ga_days < 26 * 7]
    terms = [baby.birth_weight_g for baby in babies if baby.ga_days >= 38 * 7]
    assert max(extremes) < min(terms)


def test_exactly_one_baby_falls_ill() -> None:
    assert sum(baby.case.sepsis for baby in SimulatedWard(100, 1, STARTS_AT).babies) == 1


def test_every_value_is_physically_possible_and_every_reading_says_it_is_simulated() -> None:
    for reading in SimulatedWard(12, 5, STARTS_AT).history(STARTS_AT, hours=2):
        assert (reading.origin, reading.source) == ("simulated", "simulator")
        for name, value in reading.values.items():
            if isinstance(value, NoValue):
                assert value.reason
                continue
            assert check_value(name, value) == value
            assert math.isclose(value, round(value, VITALS[name].decimals), abs_tol=1e-9)
            assert name not in WHOLE or isinstance(value, int)


def test_each_baby_has_one_kind_of_blood_pressure() -> None:
    seen: dict[str, set[str]] = {}
    for reading in SimulatedWard(12, 1, STARTS_AT).history(STARTS_AT, hours=4, step_s=10):
        seen.setdefault(reading.cot, set()).update(reading.values)
    for cot, names in seen.items():
        assert ("abp_mean" in names) != ("nibp_mean" in names), cot


def test_a_cuff_pressure_is_told_once_when_measured_and_survives_a_long_step() -> None:
    fine = [r for r in SimulatedWard(7, 1, STARTS_AT).history(STARTS_AT, 2) if "nibp_mean" in r.values]
    coarse = [r for r in SimulatedWard(7, 1, STARTS_AT).history(STARTS_AT, 2, step_s=30) if "nibp_mean" in r.values]
    wet_lungs = of("NICU-07", fine)  # its cuff runs every half hour
    assert 3 <= len(wet_lungs) <= 5
    assert [r.values["nibp_mean"] for r in wet_lungs] == [r.values["nibp_mean"] for r in of("NICU-07", coarse)]


def test_no_reading_is_made_twice_in_one_second() -> None:
    ward = SimulatedWard(3, 1, STARTS_AT)
    assert len(ward.readings(STARTS_AT)) == 3
    assert ward.readings(STARTS_AT + 400) == []
    assert ward.readings(STARTS_AT - 5_000) == []
    assert len(ward.readings(STARTS_AT + 1_003)) == 3


def test_readings_lag_their_second_by_a_constant_that_differs_between_cots() -> None:
    readings = watch(SimulatedWard(12, 1, STARTS_AT), 20)
    lags = {(r.cot, -r.recorded_at % SECOND_MS) for r in readings}
    assert len(lags) == 11
    assert all(lag < 400 for _, lag in lags)


def test_a_long_step_arrives_where_single_seconds_arrive() -> None:
    by_seconds, by_minutes = SimulatedWard(5, 1, STARTS_AT), SimulatedWard(5, 1, STARTS_AT)
    every_second = watch(by_seconds, 180)
    every_minute = watch(by_minutes, 180, step_s=60)
    at_minutes = {(r.cot, r.recorded_at): r.values["heart_rate"] for r in every_second}
    assert all(at_minutes[r.cot, r.recorded_at] == r.values["heart_rate"] for r in every_minute)


def test_history_ends_where_live_begins_and_both_are_one_stream() -> None:
    split, whole = SimulatedWard(3, 1, STARTS_AT), SimulatedWard(3, 1, STARTS_AT)
    past = list(split.history(STARTS_AT, hours=0.25))
    assert len(past) == 3 * 900
    assert past[0].recorded_at < STARTS_AT - 0.2 * HOUR_MS
    assert past[-1].recorded_at <= STARTS_AT
    live = watch(split, 60)
    assert past + live == list(whole.history(STARTS_AT + 60 * SECOND_MS, hours=0.25 + 60 / 3600))


def test_history_can_be_coarse_first_and_fine_towards_the_end() -> None:
    ward = SimulatedWard(2, 1, STARTS_AT)
    coarse = list(ward.history(STARTS_AT - HOUR_MS // 4, hours=1, step_s=10))
    fine = list(ward.history(STARTS_AT, hours=1))
    times = [r.recorded_at for r in of("NICU-01", coarse + fine)]
    assert times == sorted(set(times))
    assert len(fine) == 2 * 900
