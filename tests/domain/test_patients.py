"""Ages and names as the ward writes them."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nicu_dashboard.domain.errors import AgeError
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, parse_instant
from nicu_dashboard.domain.patients import GestationalAge, Patient, initials, short_name, weeks_and_days

BORN_AT = parse_instant("2024-01-01T21:30:00Z")
LINDQVIST = Patient(1, "4711", "Lindqvist, Baby of Eva", BORN_AT, GestationalAge.parse("28+3"), "female", 1080)


@pytest.mark.parametrize("text", ["28+3", " 28 + 3 ", "28 3/7", "28w3d"])
def test_a_gestational_age_is_read_in_each_form_that_means_one_age(text: str) -> None:
    assert GestationalAge.parse(text).days == 28 * 7 + 3


def test_weeks_alone_are_completed_weeks() -> None:
    assert str(GestationalAge.parse("28")) == "28+0"


@pytest.mark.parametrize(
    "text", ["", "28.3", "28,3", "28+7", "28 3", "283", "+3", "28+", "19+6", "45+0", "28+3 w", "٢٨+٣"]
)
def test_an_age_that_could_mean_two_things_or_none_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(AgeError, match=r"28\+3"):
        GestationalAge.parse(text)


@given(st.integers(20 * 7, 45 * 7 - 1))
def test_every_gestational_age_is_read_back_as_it_was_written(days: int) -> None:
    assert GestationalAge.parse(weeks_and_days(days)).days == days


def test_postmenstrual_age_is_gestation_plus_days_since_birth() -> None:
    assert LINDQVIST.pma_text(BORN_AT) == "28+3"
    assert LINDQVIST.pma_text(BORN_AT + 29 * DAY_MS) == "32+4"


def test_ages_grow_at_midnight_of_the_unit_not_at_the_hour_of_birth() -> None:
    sydney = timezone(timedelta(hours=11))
    assert LINDQVIST.pma_text(BORN_AT + 3 * HOUR_MS) == "28+4"
    assert LINDQVIST.pma_text(BORN_AT + 3 * HOUR_MS, sydney) == "28+3"


def test_the_day_of_birth_is_day_of_life_one() -> None:
    assert LINDQVIST.day_of_life(BORN_AT) == 1
    assert LINDQVIST.day_of_life(BORN_AT + 6 * DAY_MS) == 7


def test_a_clock_that_runs_behind_the_birth_makes_no_negative_age() -> None:
    assert LINDQVIST.day_of_life(BORN_AT - 2 * DAY_MS) == 1


def test_corrected_age_is_shown_from_forty_weeks_only() -> None:
    term_at = BORN_AT + (280 - 28 * 7 - 3) * DAY_MS
    assert LINDQVIST.corrected_days(term_at - DAY_MS) is None
    assert LINDQVIST.corrected_days(term_at) == 0
    assert LINDQVIST.corrected_days(term_at + 30 * DAY_MS) == 30


def test_an_unknown_age_stays_unknown() -> None:
    foundling = Patient(2, "4712")
    known = (foundling.pma_days(BORN_AT), foundling.pma_text(BORN_AT), foundling.day_of_life(BORN_AT))
    assert known == (None, None, None)
    assert foundling.corrected_days(BORN_AT) is None


@pytest.mark.parametrize(
    ("name", "short", "letters"),
    [
        ("Lindqvist, Baby of Eva", "Lindqvist", "EL"),
        ("Lindqvist, Baby Girl", "Lindqvist", "L"),
        ("Lindqvist, Twin A of Eva", "Lindqvist A", "EL-A"),
        ("Lindqvist, Twin B of Eva", "Lindqvist B", "EL-B"),
        ("van der Berg, Åse", "van der Berg", "ÅV"),
        ("Eva Lindqvist", "Lindqvist", "EL"),
        ("Baby Lindqvist", "Lindqvist", "L"),
        ("Lindqvist", "Lindqvist", "L"),
        ("", "", ""),
    ],
)
def test_names_are_shortened_without_making_twins_alike(name: str, short: str, letters: str) -> None:
    assert (short_name(name), initials(name)) == (short, letters)
