"""A tick with a poisonous part keeps all the rest; a tick that was written is not written again."""

import dataclasses

import pytest

from nicu_dashboard.adapters.sql.tables import alarm_transitions, alarms, audit_log, counters, quarantine, vitals
from nicu_dashboard.ports.tick import AlreadyWritten, Mark, Quarantined, Refused, SuspensionRow, Tick, VitalsRow
from tests.contracts.test_journal import LOW_SPO2, RAISED, of_ada
from tests.contracts.ward import NIGHT, Ward, by_nurse

NOBODY = 999_999


def test_only_the_guilty_reading_and_the_guilty_alarm_are_refused_and_both_are_kept_in_the_quarantine(
    ward: Ward,
) -> None:
    good = [ward.reading(second, spo2=94.0) for second in range(5)]
    poison = VitalsRow(NOBODY, ward.monitor.id, NIGHT, NIGHT, {"spo2": 90.0})
    other = dataclasses.replace(LOW_SPO2, id=LOW_SPO2.id + 1)
    tick = Tick(
        readings=[*good[:2], poison, *good[2:]],
        alarms=[of_ada(ward, LOW_SPO2), dataclasses.replace(of_ada(ward, other), patient_id=NOBODY)],
        transitions=[RAISED, dataclasses.replace(RAISED, alarm_id=other.id)],
        suspensions=[SuspensionRow(NOBODY, None, "audio_pause", "all", NIGHT, NIGHT + 1, None, "grete")],
        audit=[by_nurse()],
    )
    before = len(ward.rows(audit_log))
    fates = ward.journal.sift(tick)
    assert [isinstance(fate, Refused) for fate in fates] == [False, False, True, False, False, False]
    assert str(NOBODY) not in repr(fates)
    assert len(ward.rows(vitals)) == 5
    assert [row["id"] for row in ward.rows(alarms)] == [LOW_SPO2.id]
    assert len(ward.rows(alarm_transitions)) == 1
    assert len(ward.rows(audit_log)) == before + 1
    kept = [(row["source"], row["reason"].split()[0]) for row in ward.rows(quarantine)]
    assert kept == [(f"source {ward.monitor.id}", "The"), ("dashboard", "alarm:"), ("dashboard", "silence:")]


def test_a_text_that_no_column_can_hold_is_refused_alone(ward: Ward) -> None:
    message = Quarantined(NIGHT, "monitor", "NICU-9", "unknown cot", "a\x00b")
    tick = Tick(readings=[ward.reading(0, spo2=94.0)], quarantined=[message])
    assert ward.journal.sift(tick) == ["accepted"]
    assert len(ward.rows(vitals)) == 1


def test_the_same_numbers_are_not_written_twice(ward: Ward) -> None:
    before = len(ward.rows(audit_log))
    ward.journal.commit(Tick(audit=[by_nurse()]), Mark("here", 5, 7))
    assert ward.journal.last_mark("here") == 7
    for mark in (Mark("here", 5, 7), Mark("here", 7, 9), Mark("here", 1, 1)):
        with pytest.raises(AlreadyWritten) as written:
            ward.journal.commit(Tick(audit=[by_nurse()]), mark)
        assert written.value.last == 7
        with pytest.raises(AlreadyWritten):
            ward.journal.sift(Tick(audit=[by_nurse()]), mark)
    ward.journal.commit(Tick(audit=[by_nurse()]), Mark("here", 8, 8))
    ward.journal.commit(Tick(audit=[by_nurse()]), Mark("elsewhere", 1, 1))
    assert len(ward.rows(audit_log)) == before + 3
    assert ward.journal.last_mark("nowhere") == 0


def test_a_store_gives_itself_a_name_once(ward: Ward) -> None:
    name = ward.journal.identity()
    assert ward.journal.identity() == name
    assert len([row for row in ward.rows(counters) if row["name"] == "store"]) == 1
