"""How an alarm begins, grows worse and ends."""

import pytest

from tests.domain.alarms.dialogue import Bedside


def test_a_low_saturation_alarms_after_its_delay_and_not_before() -> None:
    ward = Bedside(pma="31+2")
    ward.for_seconds(9.75, spo2=78)
    ward.expects_quiet()
    ward.for_seconds(0.25, spo2=78)
    ward.expects("*** SpO2 78 < 80")
    ward.hears("*** SpO2 78 < 80")


def test_a_dip_shorter_than_the_delay_alarms_nobody() -> None:
    ward = Bedside()
    ward.for_seconds(9, spo2=78)
    ward.for_seconds(60)
    ward.hears_nothing()
    ward.expects_quiet()


def test_one_value_within_limits_starts_the_delay_anew() -> None:
    ward = Bedside()
    ward.for_seconds(8, spo2=78)
    ward.for_seconds(1, spo2=90)
    ward.for_seconds(9, spo2=78)
    ward.expects_quiet()


def test_three_equal_low_readings_are_one_alarm() -> None:
    ward = Bedside()
    ward.for_seconds(3, heart_rate=70)
    ward.expects("*** HR 70 < 80")
    ward.hears("*** HR 70 < 80")
    assert ward.triggers("heart_rate:low") == ["raised"]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"heart_rate": 40}, "*** HR 40 < 80"),
        ({"heart_rate": 0}, "*** HR 0 < 80"),
        ({"heart_rate": 240}, "*** HR 240 > 230"),
        ({"resp_rate": 0}, "*** RR 0 < 20"),
        ({"apnea_duration": 20}, "*** Apnea 20 ≥ 20"),
        ({"abp_mean": 20}, "*** ABP mean 20 < 25"),
        ({"temp_skin": 35.2}, "*** T skin 35.2 < 35.5"),
    ],
)
def test_an_extreme_value_is_an_emergency_at_once(value: dict[str, float], line: str) -> None:
    ward = Bedside()
    ward.reads(**value)
    ward.expects(line)


def test_a_saturation_of_45_alarms_like_any_other() -> None:
    ward = Bedside()
    ward.for_seconds(10, spo2=45)
    ward.expects("*** SpO2 45 < 80")


@pytest.mark.parametrize(
    "values", [{"spo2": 85}, {"heart_rate": 100}, {"heart_rate": 200}, {"resp_rate": 25}, {"apnea_duration": 19}]
)
def test_a_value_exactly_at_its_limit_keeps_it(values: dict[str, float]) -> None:
    ward = Bedside()
    ward.for_seconds(30, **values)
    ward.expects_quiet()


def test_yellow_grows_to_red_as_one_alarm_announced_again() -> None:
    ward = Bedside()
    ward.for_seconds(15, spo2=83)
    ward.expects("** SpO2 83 < 85")
    first = ward.alarm("SpO2")
    ward.for_seconds(10, spo2=76)
    ward.expects("*** SpO2 76 < 80")
    ward.hears("** SpO2 83 < 85", "*** SpO2 76 < 80")
    grown = ward.alarm("SpO2")
    assert (grown.id, grown.began_at, grown.raised_at) == (first.id, first.began_at, first.raised_at)


def test_a_saturation_between_the_limits_of_red_and_yellow_counts_red_for_yellow_too() -> None:
    ward = Bedside()
    ward.for_seconds(8, spo2=83)
    ward.for_seconds(7, spo2=78)
    ward.expects("** SpO2 78 < 85")
    ward.for_seconds(3, spo2=78)
    ward.expects("*** SpO2 78 < 80")


def test_a_medium_alarm_ends_after_its_off_delay() -> None:
    ward = Bedside()
    ward.for_seconds(3, heart_rate=95)
    ward.for_seconds(1.75, heart_rate=120)
    ward.expects("** HR 95 < 100")
    ward.for_seconds(0.25, heart_rate=120)
    ward.expects_quiet()


def test_one_good_value_amid_bad_ones_neither_clears_nor_announces() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    for _ in range(10):
        ward.for_seconds(1, heart_rate=120)
        ward.for_seconds(3, heart_rate=70)
    ward.expects("*** HR 70 < 80")
    ward.hears("*** HR 70 < 80")


def test_a_high_alarm_that_wanders_into_yellow_unseen_stays_high() -> None:
    ward = Bedside()
    ward.for_seconds(10, spo2=70)
    ward.for_seconds(30, spo2=83)
    ward.expects("*** SpO2 70 < 80")


def test_the_worst_value_counts_from_the_first_second_of_the_delay() -> None:
    ward = Bedside()
    ward.for_seconds(5, spo2=55)
    ward.for_seconds(6, spo2=79)
    assert ward.alarm("SpO2").extreme == 55
    ward.for_seconds(5, spo2=62)
    assert ward.alarm("SpO2").extreme == 55


def test_the_record_says_why_each_step_was_taken() -> None:
    ward = Bedside()
    ward.for_seconds(15, spo2=83)
    ward.for_seconds(10, spo2=76)
    raised, worsened = ward.transitions()
    assert (raised.trigger, raised.value, raised.note) == ("raised", 83, "limit 85, held for 15 s, 26–36 wk v1")
    assert (worsened.trigger, worsened.value, worsened.note) == ("worsened", 76, "limit 80, held for 10 s, 26–36 wk v1")


def test_limits_follow_the_age_of_the_baby() -> None:
    ward = Bedside(pma="38+0")
    ward.for_seconds(5, heart_rate=70)
    ward.expects("** HR 70 < 80")


def test_a_source_that_speaks_every_ten_seconds_is_held_to_the_same_delays() -> None:
    ward = Bedside(interval_s=10)
    ward.for_seconds(10, spo2=78)
    ward.expects("*** SpO2 78 < 80")
    ward.for_seconds(20, spo2=92)
    ward.expects("*** SpO2 78 < 80 (latched)")


def test_a_source_that_speaks_once_a_minute_alarms_on_one_low_value() -> None:
    ward = Bedside(interval_s=60)
    ward.for_seconds(300, spo2=93)
    ward.expects_quiet()
    ward.for_seconds(10, spo2=78)
    ward.expects("*** SpO2 78 < 80")


@pytest.mark.parametrize("irregular_s", [5, 8, 9.5, 12])
def test_a_source_slower_than_it_says_cannot_hide_a_low_saturation(irregular_s: float) -> None:
    """Configured for one reading a second, it sends fewer: every gap would have begun the delay anew."""
    ward = Bedside()
    for _ in range(5):
        ward.reads(spo2=70, heart_rate=150)
        ward.silence(irregular_s)
    assert "*** SpO2 70 < 80" in [f"{alarm.mark} {alarm.text}" for alarm in ward.watch.alarms]


def test_many_conditions_stand_side_by_side_each_once() -> None:
    ward = Bedside()
    everything: dict[str, float] = {
        "heart_rate": 20, "pulse_rate": 20, "spo2": 20, "spo2_pre": 20, "spo2_post": 20, "resp_rate": 0,
        "apnea_duration": 30, "abp_mean": 5, "nibp_mean": 5, "temperature": 30, "temp_core": 30, "temp_skin": 30,
        "temp_axillary": 30,
    }  # fmt: skip
    ward.for_seconds(60, **everything)
    assert sorted(alarm.parameter or "" for alarm in ward.watch.alarms) == sorted(everything)
    assert all(alarm.priority == "high" for alarm in ward.watch.alarms)


def test_a_storm_of_thousands_of_faults_keeps_every_one_and_ends_every_one() -> None:
    ward = Bedside()
    for number in range(2_000):
        ward.fault(f"fault:{number}", f"Fault {number}", "low")
    ward.for_seconds(10, heart_rate=60)
    assert len(ward.watch.alarms) == 2_001
    for number in range(2_000):
        ward.fault_over(f"fault:{number}")
    ward.expects("*** HR 60 < 80")
