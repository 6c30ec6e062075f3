"""Limits by age, what violates them, and the rule that ties SpO2 to oxygen."""

import pytest

from nicu_dashboard.domain.limits import (
    PROFILES,
    AlarmLimits,
    Limit,
    Side,
    Threshold,
    choose_profile,
    default_profile,
    effective,
    effective_reason,
)
from nicu_dashboard.domain.vitals import VITALS

EXTREMELY_PRETERM, PRETERM, TERM = 25 * 7, 32 * 7, 38 * 7

# PMC6906083, table 6: red and yellow for < 26, 26–36 and ≥ 37 weeks.
TABLE: list[tuple[str, Side, list[tuple[float | None, float | None]]]] = [
    ("heart_rate", "high", [(230, 200), (230, 200), (230, 200)]),
    ("heart_rate", "low", [(80, 100), (80, 100), (60, 80)]),
    ("spo2", "high", [(None, 95), (None, 95), (None, 95)]),
    ("spo2", "low", [(80, 85), (80, 85), (80, 92)]),
    ("apnea_duration", "high", [(20, None), (20, None), (20, None)]),
    ("abp_mean", "high", [(55, 50), (75, 70), (75, 70)]),
    ("abp_mean", "low", [(19, 24), (25, 30), (26, 31)]),
]


def the(limits: AlarmLimits, parameter: str, side: Side) -> Limit:
    limit = limits.get(parameter, side)
    assert limit is not None
    return limit


def printed(threshold: Threshold | None) -> float | None:
    return None if threshold is None else threshold.value


def value(threshold: Threshold | None) -> float:
    assert threshold is not None
    return threshold.value


@pytest.mark.parametrize(("parameter", "side", "cells"), TABLE)
def test_the_default_limits_are_those_of_the_published_table(
    parameter: str, side: Side, cells: list[tuple[float | None, float | None]]
) -> None:
    found = [the(default_profile(days), parameter, side) for days in (EXTREMELY_PRETERM, PRETERM, TERM)]
    assert [(printed(limit.red), printed(limit.yellow)) for limit in found] == cells


def test_spo2_waits_ten_seconds_for_red_and_fifteen_for_yellow() -> None:
    low = the(default_profile(PRETERM), "spo2", "low")
    assert (low.red, low.yellow) == (Threshold(80, 10), Threshold(85, 15))


@pytest.mark.parametrize(("days", "name"), [(181, "< 26 wk"), (182, "26–36 wk"), (258, "26–36 wk"), (259, "≥ 37 wk")])
def test_the_profile_changes_on_the_day_the_week_is_completed(days: int, name: str) -> None:
    assert default_profile(days).profile == name


def test_a_baby_of_unknown_age_has_the_strictest_red_limits_and_a_profile_that_says_so() -> None:
    unknown = default_profile(None)
    assert "age unknown" in unknown.profile
    for limits in (default_profile(days) for days in (EXTREMELY_PRETERM, PRETERM, TERM)):
        for parameter in ("heart_rate", "spo2"):
            red, other = the(unknown, parameter, "low").red, the(limits, parameter, "low").red
            assert value(red) >= value(other)


def test_a_unit_chooses_from_its_own_profiles() -> None:
    own = AlarmLimits("ours", 4, ())
    assert choose_profile((), PRETERM, own) is own
    assert choose_profile(PROFILES, PRETERM, own).profile == "26–36 wk"


def test_every_limit_names_a_vital_sign_and_every_temperature_has_both_sides() -> None:
    limits = default_profile(None)
    assert {limit.parameter for limit in limits.limits} <= set(VITALS)
    for name in (name for name in VITALS if name.startswith("temp")):
        assert [limit.side for limit in limits.for_parameter(name)] == ["low", "high"]


@pytest.mark.parametrize(
    ("measured", "level"),
    [(101, None), (100, None), (99.9, "yellow"), (80, "yellow"), (79, "red"), (40, "red"), (0, "red")],
)
def test_a_value_on_the_limit_does_not_violate_it_and_an_extreme_one_always_does(
    measured: float, level: str | None
) -> None:
    assert the(default_profile(PRETERM), "heart_rate", "low").violated_by(measured) == level


@pytest.mark.parametrize(("measured", "level"), [(19, None), (20, "red"), (45, "red")])
def test_an_apnea_of_exactly_twenty_seconds_alarms(measured: float, level: str | None) -> None:
    limit = the(default_profile(PRETERM), "apnea_duration", "high")
    assert (limit.violated_by(measured), limit.comparison) == (level, "≥")


def test_a_limit_names_itself_and_its_comparison() -> None:
    limits = default_profile(PRETERM)
    assert [(limit.key, limit.comparison) for limit in limits.for_parameter("spo2")] == [
        ("spo2:low", "<"),
        ("spo2:high", ">"),
    ]
    assert limits.label == "26–36 wk v1"


def test_a_replaced_limit_keeps_its_place_and_the_rest_is_untouched() -> None:
    old = default_profile(PRETERM)
    mine = Limit("spo2", "low", Threshold(75, 10), Threshold(82, 15))
    new = old.replace(mine, Limit("etco2", "high", None, Threshold(60)), version=2)
    assert (new.version, new.get("spo2", "low"), old.get("spo2", "low") == mine) == (2, mine, False)
    assert [limit.key for limit in new.limits] == [*(limit.key for limit in old.limits), "etco2:high"]


SPO2_HIGH = Limit("spo2", "high", None, Threshold(95, 15), rule="follows_fio2")


@pytest.mark.parametrize(
    ("fio2", "is_on"), [(21, False), (20.9, False), (21.1, True), (30, True), (100, True), (17, True)]
)
def test_the_upper_spo2_alarm_is_off_in_room_air_only(fio2: float, is_on: bool) -> None:
    assert (effective(SPO2_HIGH, fio2) is SPO2_HIGH) == is_on
    assert str(effective_reason(SPO2_HIGH, fio2)).startswith("on" if is_on else "off")


def test_an_unknown_fio2_never_turns_an_alarm_off() -> None:
    assert effective(SPO2_HIGH, None) is SPO2_HIGH
    assert effective_reason(SPO2_HIGH, None) == "on: FiO2 is not known"


def test_a_limit_without_the_rule_ignores_oxygen() -> None:
    low = the(default_profile(PRETERM), "spo2", "low")
    assert (effective(low, 21), effective_reason(low, 21)) == (low, None)
