"""A dead sensor never looks like a calm baby: lost signals, held alarms, and what is announced again after a gap."""

import pytest

from tests.domain.alarms.dialogue import CALM, Bedside, line


def test_a_probe_that_is_off_raises_a_technical_alarm_within_ten_seconds() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(7.75, spo2="probe off")
    ward.expects_quiet()
    ward.for_seconds(0.25, spo2="probe off")
    ward.expects("!! SpO2 probe off")
    assert ward.alarm("SpO2").kind == "technical"


def test_a_lead_off_and_a_probe_off_are_two_alarms_with_their_reasons() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(12, spo2="probe off", heart_rate="lead off")
    ward.expects("!! HR lead off", "!! SpO2 probe off")


def test_a_parameter_that_falls_silent_alone_is_noticed_though_the_others_speak() -> None:
    """A central station once lost SpO2 without a word while the rest of the tile lived on."""
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(9, spo2=None)
    ward.expects("!! SpO2 signal lost")


def test_a_silent_source_is_one_alarm_for_the_cot() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.silence(9)
    ward.expects("!! Signal lost")
    ward.hears("!! Signal lost")
    ward.silence(600)
    ward.hears_nothing()


def test_the_words_follow_the_cause() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(10, spo2="probe off")
    ward.for_seconds(3, spo2="searching")
    ward.expects("!! SpO2 searching")
    ward.hears("!! SpO2 probe off")


def test_a_parameter_that_is_not_measured_is_not_missed() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(60, resp_rate="not measured")
    ward.expects_quiet()


def test_an_acknowledged_alarm_ends_when_its_parameter_is_not_measured_any_more() -> None:
    ward = Bedside()
    ward.for_seconds(5, resp_rate=10)
    ward.for_seconds(60, resp_rate="not measured")
    ward.expects("*** RR 10 < 20 (held)")
    ward.acknowledges("RR")
    ward.for_seconds(1, resp_rate="not measured")
    ward.expects_quiet()


def test_the_alarm_of_a_signal_ends_five_seconds_after_its_return() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(12, spo2="probe off")
    ward.for_seconds(4)
    ward.expects("!! SpO2 probe off")
    ward.for_seconds(2)
    ward.expects_quiet()


def test_a_probe_that_flickers_is_one_technical_alarm() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    for _ in range(20):
        ward.for_seconds(12, spo2="probe off")
        ward.for_seconds(2)
    ward.expects("!! SpO2 probe off")
    ward.hears("!! SpO2 probe off")


def test_a_source_that_flickers_is_one_technical_alarm() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    for _ in range(20):
        ward.silence(12)
        ward.reads(**CALM)
    ward.expects("!! Signal lost")
    ward.hears("!! Signal lost")


def test_an_acknowledged_signal_alarm_is_silent_and_stays() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(12, spo2="probe off")
    ward.acknowledges("SpO2")
    ward.for_seconds(600, spo2="probe off")
    ward.expects("!! SpO2 probe off (ack)")
    ward.hears("!! SpO2 probe off")


def test_acknowledging_the_cots_lost_signal_hides_nothing_that_comes_after() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.silence(12)
    ward.acknowledges("Signal lost")
    ward.hears("!! Signal lost")
    ward.for_seconds(10, spo2="probe off", heart_rate=60)
    ward.expects("*** HR 60 < 80", "!! SpO2 probe off")
    ward.hears("*** HR 60 < 80", "!! SpO2 probe off")
    ward.silence(12)
    assert "!! Signal lost" in [f"{alarm.mark} {alarm.text}" for alarm in ward.watch.alarms if alarm.presence == "on"]


def test_a_parameter_still_missing_when_the_cot_is_heard_again_is_announced_again() -> None:
    ward = Bedside()
    ward.for_seconds(5)
    ward.for_seconds(12, spo2="probe off")
    ward.acknowledges("SpO2")
    ward.silence(12)
    ward.expects("!! Signal lost")
    ward.for_seconds(10, spo2="probe off")
    ward.expects("!! SpO2 probe off")
    ward.hears("!! SpO2 probe off", "!! Signal lost", "!! SpO2 probe off")


def test_a_standing_alarm_is_held_through_a_gap_and_announced_again_after_it() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.acknowledges("SpO2")
    ward.silence(30)
    ward.expects("*** SpO2 70 < 80 (ack, held)", "!! Signal lost")
    ward.hears("*** SpO2 70 < 80", "!! Signal lost")
    ward.reads(**{**CALM, "spo2": 72})
    ward.hears("*** SpO2 72 < 80")
    assert ward.alarm("SpO2").presence == "on"


def test_an_alarm_whose_condition_ended_during_the_gap_clears_after_it() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.acknowledges("SpO2")
    ward.silence(30)
    ward.for_seconds(2)
    ward.expects("!! Signal lost")
    ward.for_seconds(5)
    ward.expects_quiet()


def test_a_high_alarm_that_ended_unseen_during_the_gap_stays_latched() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.silence(30)
    ward.for_seconds(10)
    ward.expects("*** SpO2 70 < 80 (latched)")


def test_an_artefact_of_a_second_neither_clears_nor_announces_a_standing_alarm() -> None:
    ward = Bedside()
    ward.for_seconds(12, spo2=70)
    ward.acknowledges("SpO2")
    for _ in range(10):
        ward.for_seconds(1, spo2="artefact")
        ward.expects("*** SpO2 70 < 80 (ack, held)")
        ward.for_seconds(3, spo2=70)
        ward.expects("*** SpO2 70 < 80 (ack)")
    ward.hears("*** SpO2 70 < 80")


@pytest.mark.parametrize(("low_s", "away_s"), [(1, 1), (9, 6), (1, 7), (3, 2)])
def test_a_probe_that_goes_off_between_low_values_hides_nothing(low_s: float, away_s: float) -> None:
    """Each absence would begin the delay anew: low values of hours without an alarm."""
    ward = Bedside()
    for _ in range(12):
        ward.for_seconds(low_s, spo2=70)
        ward.for_seconds(away_s, spo2="probe off")
    ward.for_seconds(1, spo2=70)
    assert ward.alarm("SpO2 70").priority == "high"
    assert ward.triggers("spo2:low").count("raised") == 1


def test_one_saturation_of_45_followed_by_silence_alarms() -> None:
    ward = Bedside()
    ward.for_seconds(30)
    ward.reads(**{**CALM, "spo2": 45})
    ward.silence(9)
    ward.expects("*** SpO2 45 < 80 (held)", "!! Signal lost")


def test_one_saturation_of_45_followed_by_nothing_but_artefact_alarms() -> None:
    ward = Bedside()
    ward.for_seconds(1, spo2=45)
    ward.for_seconds(9, spo2="artefact")
    ward.expects("*** SpO2 45 < 80 (held)", "!! SpO2 artefact")


def test_a_low_value_as_the_probe_slips_off_is_a_technical_alarm_only() -> None:
    ward = Bedside()
    ward.for_seconds(3, spo2=60)
    ward.for_seconds(20, spo2="probe off")
    ward.expects("!! SpO2 probe off")


def test_a_delay_begins_anew_after_a_lost_signal() -> None:
    ward = Bedside()
    ward.for_seconds(3, spo2=60)
    ward.for_seconds(20, spo2="probe off")
    ward.for_seconds(9.75, spo2=60)
    assert "spo2:low" not in {alarm.key for alarm in ward.watch.alarms}
    ward.for_seconds(0.25, spo2=60)
    ward.expects("*** SpO2 60 < 80")


def test_a_cuff_pressure_is_never_lost_and_keeps_its_alarm_until_the_next_one() -> None:
    ward = Bedside()
    ward.reads(nibp_mean=20)
    ward.for_seconds(600)
    ward.expects("*** NIBP mean 20 < 25")
    ward.acknowledges("NIBP")
    ward.hears("*** NIBP mean 20 < 25", "*** NIBP mean 20 < 25")
    ward.reads(nibp_mean=20)
    ward.hears_nothing()
    ward.reads(nibp_mean=40)
    ward.for_seconds(2)
    ward.expects_quiet()


def test_a_slow_second_source_does_not_make_the_fast_one_patient() -> None:
    """A ventilator that speaks once a minute once kept a dead SpO2 probe alive for four."""
    ward = Bedside()
    ward.for_seconds(30)
    ward.interval_s = 60
    ward.reads(etco2=40, fio2=30)
    ward.interval_s = 1
    ward.silence(9)
    assert {"!! HR signal lost", "!! SpO2 signal lost"} <= {f"{alarm.mark} {alarm.text}" for alarm in ward.watch.alarms}


def test_a_fast_source_does_not_make_a_slow_one_look_lost() -> None:
    ward = Bedside()
    for _ in range(5):
        ward.interval_s = 60
        ward.reads(etco2=40)
        ward.interval_s = 1
        ward.for_seconds(60)
        ward.expects_quiet()


@pytest.mark.parametrize(("interval_s", "lost_s"), [(1, 9), (2, 9), (10, 40), (60, 240)])
def test_a_slow_source_is_lost_after_four_of_its_intervals(interval_s: float, lost_s: float) -> None:
    ward = Bedside(interval_s=interval_s)
    ward.for_seconds(interval_s)
    ward.silence(lost_s - interval_s - 0.25)
    ward.expects_quiet()
    ward.silence(0.25)
    ward.expects("!! Signal lost")


def test_a_fault_told_again_and_again_is_one_alarm_and_follows_its_cause() -> None:
    ward = Bedside()
    for _ in range(10):
        ward.fault("store", "Store unavailable", "low")
    ward.fault("store", "Store unavailable for 10 min", "medium")
    ward.expects("!! Store unavailable for 10 min")
    ward.hears("!! Store unavailable", "!! Store unavailable for 10 min")
    ward.fault_over("store")
    ward.fault_over("store")
    ward.expects_quiet()
    assert ward.triggers("store") == ["raised", "worsened", "cleared"]


def test_an_alarm_the_bedside_monitor_sends_latches_and_recurs_like_our_own() -> None:
    ward = Bedside()
    ward.device_alarm("device:asystole", "Asystole")
    ward.expects("*** Asystole")
    ward.fault_over("device:asystole")
    ward.expects("*** Asystole (latched)")
    ward.device_alarm("device:asystole", "Asystole")
    ward.hears("*** Asystole", "*** Asystole")
    ward.acknowledges("Asystole")
    ward.fault_over("device:asystole")
    ward.expects_quiet()


def test_an_apnea_counter_that_stops_while_the_cot_speaks_is_breathing_again() -> None:
    ward = Bedside()
    ward.for_seconds(3)
    ward.reads(apnea_duration=22)
    ward.for_seconds(8.75)
    ward.expects("*** Apnea 22 ≥ 20")
    ward.for_seconds(0.25)
    ward.expects("*** Apnea 22 ≥ 20 (latched)")
    ward.acknowledges("Apnea")
    ward.expects_quiet()
    ward.reads(apnea_duration=25)
    ward.hears("*** Apnea 22 ≥ 20", "*** Apnea 25 ≥ 20")


def test_an_apnea_counter_that_stops_with_the_whole_cot_keeps_its_alarm() -> None:
    ward = Bedside()
    ward.for_seconds(3)
    ward.reads(**{**CALM, "apnea_duration": 22})
    ward.silence(60)
    assert "*** Apnea 22 ≥ 20 (held)" in [line(alarm) for alarm in ward.watch.alarms]
