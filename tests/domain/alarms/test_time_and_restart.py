"""Clocks that jump, servers that restart: no alarm is lost, none is silent for an hour."""

import pytest

from nicu_dashboard.domain.alarms.effects import SuspensionEnded
from tests.domain.alarms.dialogue import CALM, Bedside

HOUR_S = 3_600


def test_a_standing_alarm_is_held_over_a_restart_and_announced_when_it_is_confirmed() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    before = ward.alarm("SpO2")
    ward.hears("*** SpO2 70 < 80")
    ward.restarts()
    ward.expects("*** SpO2 70 < 80 (held)")
    ward.for_seconds(1, spo2=72)
    ward.expects("*** SpO2 72 < 80")
    ward.hears("*** SpO2 72 < 80")
    after = ward.alarm("SpO2")
    assert (after.id, after.began_at, after.extreme) == (before.id, before.began_at, 70)


def test_an_acknowledged_alarm_that_still_holds_after_a_restart_is_announced_again() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.acknowledges("SpO2")
    ward.restarts()
    ward.expects("*** SpO2 70 < 80 (ack, held)")
    ward.for_seconds(2, spo2="artefact")
    ward.for_seconds(1, spo2=70)
    ward.expects("*** SpO2 70 < 80")


def test_a_latched_alarm_is_latched_after_a_restart() -> None:
    ward = Bedside()
    ward.for_seconds(3, heart_rate=60)
    ward.for_seconds(5)
    ward.restarts()
    ward.for_seconds(60)
    ward.expects("*** HR 60 < 80 (latched)")


def test_what_was_measured_before_a_restart_is_missed_after_it() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.restarts()
    ward.silence(9)
    ward.expects("!! Signal lost")


def test_a_lost_signal_is_the_same_alarm_after_a_restart() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.silence(60)
    lost = ward.alarm("Signal lost").id
    ward.restarts()
    ward.silence(60)
    assert ward.alarm("Signal lost").id == lost
    assert ward.triggers("signal_lost") == ["raised"]
    ward.for_seconds(6)
    ward.expects_quiet()


def test_a_lost_parameter_is_the_same_alarm_after_a_restart() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(60, spo2="probe off")
    ward.acknowledges("SpO2")
    ward.restarts(expected=("heart_rate", "resp_rate"))
    ward.for_seconds(60, spo2="probe off")
    ward.expects("!! SpO2 probe off (ack)")
    ward.for_seconds(6)
    ward.expects_quiet()


def test_an_unanswered_alarm_is_escalated_after_a_restart() -> None:
    ward = Bedside()
    ward.for_seconds(30, heart_rate=60)
    ward.restarts(after_s=3)
    ward.for_seconds(27, heart_rate=60)
    assert ward.triggers("heart_rate:low") == ["raised", "resumed", "escalated"]


@pytest.mark.parametrize("jump_s", [-HOUR_S, -60, -3, -1, 3, 60, HOUR_S])
def test_no_jump_of_the_clock_suppresses_an_alarm(jump_s: float) -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.clock_jumps(jump_s)
    ward.for_seconds(12, spo2=70)
    assert "*** SpO2 70 < 80" in [f"{alarm.mark} {alarm.text}" for alarm in ward.watch.alarms]


@pytest.mark.parametrize("jump_s", [-HOUR_S, -60, HOUR_S])
def test_no_jump_of_the_clock_hides_a_lost_signal(jump_s: float) -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.clock_jumps(jump_s)
    ward.silence(9)
    ward.expects("!! Signal lost")


@pytest.mark.parametrize("jump_s", [-HOUR_S, -60])
def test_a_delay_under_way_goes_on_over_a_clock_set_back(jump_s: float) -> None:
    ward = Bedside()
    ward.for_seconds(8, spo2=70)
    ward.clock_jumps(jump_s)
    ward.for_seconds(3, spo2=70)
    ward.expects("*** SpO2 70 < 80")


def test_a_pause_does_not_grow_when_the_clock_is_set_back() -> None:
    ward = Bedside()
    ward.for_seconds(60, spo2=70)
    ward.pauses_alarms(600)
    ward.for_seconds(300, spo2=70)
    ward.clock_jumps(-HOUR_S)
    ward.for_seconds(301, spo2=70)
    ward.expects("*** SpO2 70 < 80")


def test_a_pause_of_sound_ends_at_once_when_the_clock_jumps_over_its_end() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.pauses_sound()
    ward.clock_jumps(HOUR_S)
    ward.for_seconds(1, heart_rate=95)
    assert ward.watch.audio_pause is None
    assert isinstance(ward.suspensions()[-1], SuspensionEnded)


def test_an_unanswered_alarm_is_escalated_in_its_minute_though_the_clock_is_set_back() -> None:
    ward = Bedside()
    ward.for_seconds(30, heart_rate=60)
    ward.clock_jumps(-HOUR_S)
    ward.for_seconds(31, heart_rate=60)
    assert "escalated" in ward.triggers("heart_rate:low")


def test_a_limit_that_is_off_is_called_to_mind_though_the_clock_is_set_back() -> None:
    ward = Bedside(tick_ms=1_000)
    ward.switches_off("spo2:low")
    ward.silence(600)
    ward.clock_jumps(-HOUR_S)
    ward.silence(301)
    assert [type(effect).__name__ for effect in ward.suspensions()] == ["Suspended", "Reminded"]


def test_events_that_overtake_each_other_by_a_little_change_nothing() -> None:
    ward, orderly = Bedside(), Bedside()
    for second in range(30):
        for watched in (ward, orderly):
            watched.reads(**{**CALM, "heart_rate": 95 if second < 20 else 150})
            watched.silence(1)
        ward.clock_jumps(-0.3)
        ward.silence(0.3)
    assert ward.transitions() == orderly.transitions()


def test_a_stalled_server_tells_of_the_gap_and_announces_again_what_holds() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.acknowledges("SpO2")
    ward.hears("*** SpO2 70 < 80")
    ward.clock_jumps(30)
    ward.reads(**{**CALM, "spo2": 70})
    ward.hears("!! Signal lost", "*** SpO2 70 < 80")
