"""Silences are ordered by a person, bounded or listed, and end by themselves; what still holds is told."""

import pytest

from nicu_dashboard.domain.alarms.effects import Reminded, Suspended, SuspensionEnded
from nicu_dashboard.domain.alarms.silences import PauseRefused
from tests.domain.alarms.dialogue import START, Bedside


def test_pausing_the_sound_silences_the_cot_for_two_minutes_and_no_longer() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.pauses_sound()
    assert ward.sounding() == []
    ward.for_seconds(119.75, heart_rate=95)
    assert ward.watch.audio_pause is not None
    assert ward.watch.audio_pause.until_at == ward.at + 250
    ward.expects("** HR 95 < 100")
    assert ward.sounding() == []
    ward.for_seconds(0.25, heart_rate=95)
    assert ward.sounding() == ["HR 95 < 100"]
    began_at = START + 5_000
    assert ward.suspensions() == [
        Suspended("audio_pause", "all", began_at, began_at + 120_000, None, "nurse Ada"),
        SuspensionEnded("audio_pause", "all", began_at, began_at + 120_000, "time over"),
    ]


@pytest.mark.parametrize("seconds", [-1, 121, 100_000])
def test_a_longer_pause_of_sound_is_refused(seconds: int) -> None:
    ward = Bedside()
    with pytest.raises(PauseRefused, match="120"):
        ward.pauses_sound(seconds)


def test_a_person_can_end_the_pause_of_sound() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.pauses_sound()
    ward.pauses_sound(0, by="nurse Bo")
    assert ward.sounding() == ["HR 95 < 100"]
    assert isinstance(ended := ward.suspensions()[-1], SuspensionEnded)
    assert ended.by == "nurse Bo"


def test_a_new_high_alarm_breaks_the_pause_of_sound_even_beside_another_high_one() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.pauses_sound()
    ward.for_seconds(12, heart_rate=70, spo2=70)
    assert sorted(ward.sounding()) == ["HR 70 < 80", "SpO2 70 < 80"]
    assert isinstance(ended := ward.suspensions()[-1], SuspensionEnded)
    assert ended.by == "new alarm: SpO2 70 < 80"


def test_an_alarm_that_grows_high_breaks_the_pause_of_sound() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.pauses_sound()
    ward.for_seconds(1, heart_rate=70)
    assert ward.sounding() == ["HR 70 < 80"]


def test_another_medium_alarm_does_not_break_the_pause_of_sound() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=95)
    ward.pauses_sound()
    ward.for_seconds(16, heart_rate=95, spo2=83)
    ward.expects("** HR 95 < 100", "** SpO2 83 < 85")
    assert ward.sounding() == []


def test_a_medium_alarm_breaks_a_pause_ordered_when_nothing_sounded() -> None:
    ward = Bedside()
    ward.pauses_sound()
    ward.for_seconds(2, heart_rate=95)
    assert ward.sounding() == ["HR 95 < 100"]


def test_escalating_calls_a_second_person_without_breaking_the_pause_of_sound() -> None:
    ward = Bedside()
    ward.for_seconds(5, heart_rate=70)
    ward.pauses_sound()
    ward.for_seconds(60, heart_rate=70)
    assert ward.triggers("heart_rate:low") == ["raised", "escalated"]
    assert ward.sounding() == []


def test_pausing_alarms_withdraws_them_and_announces_what_still_holds_when_it_is_over() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.hears("*** SpO2 70 < 80")
    ward.pauses_alarms(600)
    ward.expects_quiet()
    ward.for_seconds(599.75, spo2=70)
    ward.hears_nothing()
    ward.for_seconds(0.25, spo2=70)
    ward.expects("*** SpO2 70 < 80")
    ward.hears("*** SpO2 70 < 80")
    withdrawn = next(row for row in ward.transitions() if row.trigger == "withdrawn")
    assert (withdrawn.by, withdrawn.note) == ("nurse Ada", "alarms paused")


@pytest.mark.parametrize("seconds", [-1, 601, 86_400])
def test_a_pause_of_alarms_is_at_most_ten_minutes(seconds: int) -> None:
    ward = Bedside()
    with pytest.raises(PauseRefused, match="600"):
        ward.pauses_alarms(seconds)


def test_a_pause_of_alarms_ended_early_announces_at_once() -> None:
    ward = Bedside()
    ward.pauses_alarms()
    ward.for_seconds(30, heart_rate=70)
    ward.pauses_alarms(0)
    ward.hears("*** HR 70 < 80")


def test_a_lost_signal_is_seen_while_alarms_are_paused_and_a_high_fault_is_heard() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.pauses_alarms()
    ward.for_seconds(12, spo2="probe off")
    ward.expects("!! SpO2 probe off")
    assert ward.sounding() == []
    ward.fault("store", "Store unavailable", "high")
    assert ward.sounding() == ["Store unavailable"]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_switching_off_without_a_reason_is_refused(reason: str) -> None:
    ward = Bedside()
    with pytest.raises(PauseRefused, match="reason"):
        ward.switches_off("spo2:low", reason=reason)
    assert not ward.watch.off


def test_switching_off_a_limit_that_does_not_exist_is_refused() -> None:
    ward = Bedside()
    with pytest.raises(PauseRefused, match="spo2:high"):
        ward.switches_off("spo3:low")


def test_a_limit_that_is_off_is_listed_with_its_reason_and_called_to_mind() -> None:
    ward = Bedside()
    ward.switches_off("spo2:low", reason="palliative care", by="Dr Bo")
    ward.for_seconds(30 * 60, spo2=70)
    ward.expects_quiet()
    assert [(off.scope, off.reason, off.by) for off in ward.watch.off.values()] == [
        ("spo2:low", "palliative care", "Dr Bo")
    ]
    reminders = [effect for effect in ward.suspensions() if isinstance(effect, Reminded)]
    assert [reminder.at - START for reminder in reminders] == [15 * 60_000, 30 * 60_000]


def test_one_limit_off_leaves_the_others_watching() -> None:
    ward = Bedside()
    ward.switches_off("spo2:low")
    ward.for_seconds(5, spo2=50, heart_rate=50)
    ward.expects("*** HR 50 < 80")


def test_a_limit_switched_on_again_announces_what_holds_at_once() -> None:
    ward = Bedside()
    ward.switches_off("spo2:low")
    ward.for_seconds(60, spo2=70)
    ward.switches_on("spo2:low")
    ward.hears("*** SpO2 70 < 80")


def test_all_off_still_shows_a_lost_signal() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.switches_off("all")
    ward.silence(12)
    ward.expects("!! Signal lost")


def test_switching_all_on_leaves_nothing_off() -> None:
    ward = Bedside()
    ward.switches_off("spo2:low")
    ward.switches_off("all")
    ward.switches_on("all")
    assert not ward.watch.off
    ended = [effect.scope for effect in ward.suspensions() if isinstance(effect, SuspensionEnded)]
    assert ended == ["spo2:low", "all"]


def test_one_limit_cannot_be_switched_on_in_vain_while_all_are_off() -> None:
    ward = Bedside()
    ward.switches_off("all")
    with pytest.raises(PauseRefused, match="switch 'all' on"):
        ward.switches_on("spo2:low")


def test_switching_off_twice_keeps_the_first_reason_and_one_row() -> None:
    ward = Bedside()
    ward.switches_off("spo2:low", reason="first")
    ward.switches_off("spo2:low", reason="second")
    assert [off.reason for off in ward.watch.off.values()] == ["first"]
    assert len(ward.suspensions()) == 1


def test_the_baby_leaves_and_takes_every_alarm_and_silence_with_it() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70, heart_rate=70)
    ward.acknowledges("HR")
    ward.pauses_sound()
    ward.switches_off("resp_rate:low")
    ward.leaves(by="nurse Ada")
    ward.expects_quiet()
    assert [row.by for row in ward.transitions()[-2:]] == ["nurse Ada", "nurse Ada"]
    assert len([effect for effect in ward.suspensions() if isinstance(effect, SuspensionEnded)]) == 2
    ward.silence(3_600)
    ward.expects_quiet()
    assert not ward.watch.off


def test_an_emergency_seen_last_before_the_signal_was_lost_is_announced_when_the_pause_is_over() -> None:
    ward = Bedside()
    ward.pauses_alarms(60)
    ward.for_seconds(20, heart_rate=40)
    ward.silence(39.75)
    ward.expects("!! Signal lost")
    ward.silence(0.25)
    ward.expects("*** HR 40 < 80 (held)", "!! Signal lost")
