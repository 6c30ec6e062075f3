"""Acknowledging: what a person has seen is quiet, stays visible while it lasts, and speaks up when it changes."""

from tests.domain.alarms.dialogue import Bedside


def test_an_acknowledged_alarm_is_silent_and_visible_while_its_condition_lasts() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.acknowledges("HR", by="nurse Ada")
    ward.for_seconds(300, heart_rate=70)
    ward.expects("*** HR 70 < 80 (ack)")
    ward.hears("*** HR 70 < 80")
    assert ward.sounding() == []
    assert ward.alarm("HR").acknowledged_by == "nurse Ada"


def test_an_acknowledged_alarm_ends_with_its_condition() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.acknowledges("HR")
    ward.for_seconds(3)
    ward.expects_quiet()


def test_a_high_alarm_nobody_saw_stays_latched_with_its_worst_value_until_acknowledged() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=52)
    ward.for_seconds(5, heart_rate=77)
    ward.for_seconds(600)
    ward.expects("*** HR 52 < 80 (latched)")
    assert ward.sounding() == []
    ward.acknowledges("HR")
    ward.expects_quiet()
    assert [row.by for row in ward.transitions() if row.trigger == "acknowledged"] == ["nurse Ada"]


def test_a_medium_alarm_does_not_latch() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.for_seconds(3)
    ward.expects_quiet()


def test_an_acknowledged_yellow_that_turns_red_is_announced_again() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.acknowledges("HR")
    ward.for_seconds(2, heart_rate=75)
    ward.expects("*** HR 75 < 80")
    ward.hears("** HR 95 < 100", "*** HR 75 < 80")
    assert ward.alarm("HR").acknowledged_by is None


def test_an_acknowledged_red_eases_to_yellow_without_a_sound_and_worsens_with_one() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=75)
    ward.acknowledges("HR")
    ward.for_seconds(3, heart_rate=95)
    ward.expects("** HR 95 < 100 (ack)")
    ward.hears("*** HR 75 < 80")
    ward.for_seconds(1, heart_rate=70)
    ward.expects("*** HR 70 < 80")
    ward.hears("*** HR 70 < 80")


def test_a_latched_alarm_that_recurs_is_the_same_alarm_announced_again() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    first = ward.alarm("HR").id
    ward.for_seconds(10)
    ward.for_seconds(3, heart_rate=72)
    ward.expects("*** HR 72 < 80")
    ward.hears("*** HR 70 < 80", "*** HR 72 < 80")
    assert ward.alarm("HR").id == first
    assert ward.alarm("HR").extreme == 70


def test_a_latched_alarm_followed_by_yellow_is_announced_as_high_since_nobody_saw_the_red() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.for_seconds(10)
    ward.for_seconds(3, heart_rate=95)
    ward.expects("*** HR 70 < 80")


def test_acknowledging_twice_is_one_row() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.acknowledges("HR")
    ward.acknowledges("HR", by="somebody else")
    assert ward.triggers("heart_rate:low") == ["raised", "acknowledged"]
    assert ward.alarm("HR").acknowledged_by == "nurse Ada"


def test_acknowledging_one_alarm_leaves_the_others_sounding() -> None:
    ward = Bedside()
    ward.for_seconds(12, heart_rate=70, spo2=70)
    ward.acknowledges("HR")
    assert ward.sounding() == ["SpO2 70 < 80"]


def test_a_high_alarm_unanswered_for_a_minute_is_escalated_once() -> None:
    ward = Bedside()
    ward.for_seconds(59.75, heart_rate=70)
    assert ward.triggers("heart_rate:low") == ["raised"]
    ward.for_seconds(300, heart_rate=70)
    assert ward.triggers("heart_rate:low") == ["raised", "escalated"]
    ward.hears("*** HR 70 < 80", "*** HR 70 < 80")


def test_an_acknowledged_alarm_is_not_escalated() -> None:
    ward = Bedside()
    ward.for_seconds(50, heart_rate=70)
    ward.acknowledges("HR")
    ward.for_seconds(60, heart_rate=70)
    assert "escalated" not in ward.triggers("heart_rate:low")


def test_a_medium_alarm_is_not_escalated() -> None:
    ward = Bedside()
    ward.for_seconds(300, heart_rate=95)
    assert ward.triggers("heart_rate:low") == ["raised"]


def test_a_flapping_high_alarm_that_nobody_answers_is_escalated_all_the_same() -> None:
    """Else each return would begin the minute anew, and one spell after another would never bring a second person."""
    ward = Bedside()
    for _ in range(6):
        ward.for_seconds(8, heart_rate=70)
        ward.for_seconds(5)
    assert ward.triggers("heart_rate:low").count("escalated") == 1
    ward.for_seconds(5, heart_rate=70)
    ward.acknowledges("HR")
    ward.for_seconds(5)
    ward.for_seconds(61, heart_rate=70)
    assert ward.triggers("heart_rate:low").count("escalated") == 2


def test_an_alarm_that_ended_and_came_back_is_a_new_one() -> None:
    ward = Bedside()
    ward.for_seconds(3, heart_rate=95)
    first = ward.alarm("HR").id
    ward.for_seconds(5)
    ward.for_seconds(3, heart_rate=95)
    assert ward.alarm("HR").id != first
