"""Limits that must not be used are refused in plain words; every change is told apart."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nicu_dashboard.domain.errors import LimitsError
from nicu_dashboard.domain.limits import (
    PROFILES,
    AlarmLimits,
    Change,
    Limit,
    Threshold,
    changes,
    default_profile,
    faults,
    profile_from_json,
    profile_to_json,
)

PRETERM = default_profile(32 * 7)


@pytest.mark.parametrize("days", [None, 24 * 7, 32 * 7, 40 * 7])
def test_the_published_profiles_have_no_fault(days: int | None) -> None:
    assert faults(default_profile(days)) == []


@pytest.mark.parametrize(
    ("limit", "fault"),
    [
        (Limit("heart_rate", "low", Threshold(100), Threshold(80)), "HR low: red 100 must be below yellow 80."),
        (Limit("heart_rate", "low", Threshold(80), Threshold(80)), "HR low: red 80 must be below yellow 80."),
        (Limit("abp_mean", "high", Threshold(70), Threshold(75)), "ABP mean high: red 70 must be above yellow 75."),
        (Limit("spo2", "high", None, Threshold(101)), "SpO2 high yellow 101 is outside the possible 0–100 %."),
        (Limit("resp_rate", "high", None, Threshold(float("nan"))), "RR high yellow nan is outside the possible"),
        (Limit("spo2", "high", None, Threshold(100)), "SpO2 high yellow 100 can never be passed"),
        (Limit("resp_rate", "low", Threshold(0), None), "RR low red 0 can never be passed"),
        (Limit("resp_rate", "high", None, Threshold(22)), "RR: low 25 must be below high 22."),
        (Limit("spo2", "low", Threshold(80, -1), None), "SpO2 low red delay of -1 s must be between 0 and 60 s."),
        (Limit("spo2", "low", Threshold(80, 600), None), "SpO2 low red delay of 600 s must be between 0 and 60 s."),
        (Limit("spo2", "low", Threshold(80), None, float("inf")), "SpO2 low off-delay of inf s must be"),
        (Limit("spo2", "low", None, Threshold(85)), "SpO2 low needs a red limit"),
        (Limit("cvp_mean", "high", None, None), "CVP high has neither a red nor a yellow value"),
        (Limit("mood", "low", Threshold(1), None), "'mood' is not a vital sign we know."),
    ],
)
def test_an_unsafe_limit_is_refused_with_one_plain_sentence(limit: Limit, fault: str) -> None:
    found = faults(PRETERM.replace(limit))
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_limits_that_leave_a_baby_unwatched_are_refused() -> None:
    found = faults(AlarmLimits("bare", 1, ()))
    assert [fault.split(" needs")[0] for fault in found] == ["HR low", "HR high", "SpO2 low", "Apnea high"]


def test_a_limit_given_twice_is_refused() -> None:
    doubled = dataclasses.replace(PRETERM, limits=(*PRETERM.limits, PRETERM.limits[0]))
    assert faults(doubled) == ["heart_rate:low is given 2 times; give it once."]


def test_a_change_names_parameter_side_level_and_both_values() -> None:
    new = PRETERM.replace(Limit("spo2", "low", Threshold(78, 10), Threshold(85, 20), off_delay_s=3))
    assert changes(PRETERM, new) == [
        Change("spo2", "low", "red", "value", 80, 78),
        Change("spo2", "low", "yellow", "delay_s", 15, 20),
        Change("spo2", "low", None, "off_delay_s", 2, 3),
    ]


def test_an_added_and_a_removed_limit_are_changes_from_and_to_nothing() -> None:
    etco2 = Limit("etco2", "high", None, Threshold(60))
    added = changes(PRETERM, PRETERM.replace(etco2))
    assert Change("etco2", "high", "yellow", "value", None, 60) in added
    removed = changes(PRETERM.replace(etco2), PRETERM)
    assert Change("etco2", "high", "yellow", "value", 60, None) in removed


def test_nothing_changes_between_equal_limits() -> None:
    assert changes(PRETERM, default_profile(30 * 7)) == []


@pytest.mark.parametrize("limits", [profile.limits for profile in PROFILES], ids=lambda limits: limits.profile)
def test_a_profile_survives_being_written_as_json(limits: AlarmLimits) -> None:
    assert profile_from_json(profile_to_json(limits)) == limits


@given(st.floats(40, 99), st.floats(0, 60))
def test_a_changed_profile_survives_being_written_as_json(red: float, delay_s: float) -> None:
    limits = PRETERM.replace(Limit("heart_rate", "low", Threshold(red, delay_s), Threshold(100)), version=9)
    assert profile_from_json(profile_to_json(limits)) == limits


def _without(field: str) -> str:
    document = json.loads(profile_to_json(PRETERM))
    del document[field]
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (_without("version"), "lacks 'version'"),
        (profile_to_json(PRETERM).replace('"side": "low"', '"side": "left"', 1), "'left' is neither low nor high"),
        (profile_to_json(PRETERM).replace("follows_fio2", "follows_mood"), "'follows_mood' is not known"),
        (
            profile_to_json(PRETERM).replace('"value": 80', '"value": 180', 1),
            "HR low: red 180 must be below yellow 100",
        ),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_with_its_fault(text: str, words: str) -> None:
    with pytest.raises(LimitsError, match=words):
        profile_from_json(text)
