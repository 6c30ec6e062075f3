"""Limits that change while they are violated, and the upper SpO2 limit that follows the oxygen given."""

from dataclasses import replace

from nicu_dashboard.domain.alarms.effects import SuspensionEnded
from nicu_dashboard.domain.limits import AlarmLimits, Limit, Threshold
from tests.domain.alarms.dialogue import Bedside

LOWER_SPO2 = Limit("spo2", "low", Threshold(70, 10), Threshold(75, 15))
HIGHER_SPO2 = Limit("spo2", "low", Threshold(86, 10), Threshold(90, 15))


def _without(key: str, limits: AlarmLimits) -> AlarmLimits:
    return replace(limits, limits=tuple(limit for limit in limits.limits if limit.key != key))


def test_a_wider_limit_ends_the_alarm_it_no_longer_violates() -> None:
    ward = Bedside()
    ward.for_seconds(16, spo2=83)
    ward.expects("** SpO2 83 < 85")
    ward.changes_limit(LOWER_SPO2)
    ward.for_seconds(3, spo2=83)
    ward.expects_quiet()


def test_a_high_alarm_nobody_saw_stays_latched_when_its_limit_is_widened() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=78)
    ward.changes_limit(LOWER_SPO2)
    ward.for_seconds(3, spo2=78)
    ward.expects("*** SpO2 78 < 80 (latched)")


def test_a_narrower_limit_is_judged_at_once_with_its_own_delay() -> None:
    ward = Bedside()
    ward.for_seconds(16, spo2=83)
    ward.changes_limit(HIGHER_SPO2)
    ward.for_seconds(9.75, spo2=83)
    ward.expects("** SpO2 83 < 90")
    ward.for_seconds(0.25, spo2=83)
    ward.expects("*** SpO2 83 < 86")
    assert ward.alarm("SpO2").profile_version == 2


def test_a_changed_limit_never_claims_what_the_last_value_does_not_violate() -> None:
    """The old count must not raise `SpO2 78 < 70` while the signal is stale."""
    ward = Bedside()
    ward.for_seconds(8, spo2=78)
    ward.silence(0.5)
    ward.changes_limit(LOWER_SPO2)
    ward.silence(20)
    ward.expects("!! Signal lost")


def test_the_alarm_of_a_removed_limit_ends_and_a_high_one_nobody_saw_stays_latched() -> None:
    ward = Bedside()
    ward.for_seconds(5, resp_rate=10, heart_rate=95)
    ward.changes_limits(lambda limits: _without("resp_rate:low", _without("heart_rate:low", limits)))
    ward.expects("*** RR 10 < 20 (latched)")
    ward.for_seconds(5, resp_rate=10)
    ward.acknowledges("RR")
    ward.expects_quiet()


def test_a_limit_that_was_off_and_is_removed_leaves_the_list_of_what_is_off() -> None:
    ward = Bedside()
    ward.switches_off("resp_rate:low")
    ward.changes_limits(lambda limits: _without("resp_rate:low", limits))
    assert not ward.watch.off
    assert isinstance(ended := ward.suspensions()[-1], SuspensionEnded)
    assert ended.by == "the limit was removed"


def test_an_inclusive_limit_is_violated_at_the_limit_itself() -> None:
    ward = Bedside()
    ward.changes_limit(Limit("heart_rate", "low", Threshold(80), None, inclusive=True))
    ward.for_seconds(1, heart_rate=80)
    ward.expects("*** HR 80 ≤ 80")


def test_a_high_saturation_alarms_while_oxygen_is_given() -> None:
    ward = Bedside()
    ward.for_seconds(15, spo2=98, fio2=40)
    ward.expects("** SpO2 98 > 95")


def test_a_high_saturation_in_room_air_alarms_nobody() -> None:
    ward = Bedside()
    ward.for_seconds(60, spo2=100, fio2=21)
    ward.expects_quiet()


def test_an_unknown_fio2_turns_nothing_off() -> None:
    ward = Bedside()
    ward.for_seconds(15, spo2=98)
    ward.expects("** SpO2 98 > 95")


def test_an_fio2_the_device_cannot_give_counts_as_unknown() -> None:
    ward = Bedside()
    ward.for_seconds(5, spo2=98, fio2=21)
    ward.for_seconds(15, spo2=98, fio2="sensor fault")
    ward.expects("** SpO2 98 > 95")


def test_an_fio2_of_yesterday_counts_as_unknown() -> None:
    ward = Bedside(interval_s=60, tick_ms=60_000)
    ward.reads(fio2=21)
    ward.for_seconds(12 * 3_600, spo2=98)
    ward.expects_quiet()
    ward.for_seconds(120, spo2=98)
    ward.expects("** SpO2 98 > 95")


def test_the_alarm_ends_when_the_oxygen_is_turned_down_to_room_air() -> None:
    ward = Bedside()
    ward.for_seconds(20, spo2=98, fio2=30)
    ward.for_seconds(3, spo2=98, fio2=21)
    ward.expects_quiet()
    ward.for_seconds(15, spo2=98, fio2=25)
    ward.expects("** SpO2 98 > 95")
