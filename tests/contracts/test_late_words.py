"""What an engine decided before another followed it comes late: it is history, and never the present."""

import dataclasses

from nicu_dashboard.adapters.sql.tables import alarm_transitions, audit_log, rescans, suspensions, vitals
from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.ports.tick import AlarmRow, Rescan, SuspensionRow, Tick
from tests.contracts.test_journal import LOW_SPO2, RAISED, of_ada
from tests.contracts.ward import NIGHT, Ward, by_nurse

TAKEN_OVER = NIGHT + 300_000


def silence(ward: Ward, began_at: int, ended_at: int | None = None) -> SuspensionRow:
    by = None if ended_at is None else "grete"
    return SuspensionRow(
        ward.cot.id, ward.baby.id, "off", "spo2:high", began_at, None, "room air", "grete", ended_at, by
    )


def changes_of(ward: Ward, number: int) -> list[Transition]:
    return list(ward.chart.alarm(number)[1])


def test_what_the_next_engine_knows_stays_as_it_is_and_the_late_change_is_kept(ward: Ward) -> None:
    ward.journal.commit(Tick(alarms=[of_ada(ward, LOW_SPO2)], transitions=[RAISED]))
    over = dataclasses.replace(LOW_SPO2, presence="off", ended_at=NIGHT + 90_000)
    end = Transition(1, NIGHT + 90_000, "on", "off", "condition over", "high", 91.0)
    ward.journal.commit(Tick(alarms=[of_ada(ward, over)], transitions=[end]))
    late = dataclasses.replace(LOW_SPO2, presence="ack", acknowledged_at=NIGHT + 60_000, acknowledged_by="grete")
    said = Transition(1, NIGHT + 60_000, "on", "ack", "acknowledged", "high", None, "grete")
    ward.journal.commit(Tick(alarms=[of_ada(ward, late)], transitions=[said]), None, TAKEN_OVER)
    assert ward.chart.alarm(1)[0].alarm == over
    assert changes_of(ward, 1) == [RAISED, said, end]


def test_an_alarm_that_only_the_former_engine_knew_is_on_record_and_over(ward: Ward) -> None:
    late: Alarm = dataclasses.replace(LOW_SPO2, id=7, held=True)
    raised = dataclasses.replace(RAISED, alarm_id=7)
    tick = Tick(alarms=[of_ada(ward, late)], transitions=[raised], audit=[by_nurse("alarm.acknowledge")])
    for _ in range(2):
        ward.journal.commit(tick, None, TAKEN_OVER)
    assert ward.journal.open_alarms(ward.unit.id) == []
    stored = ward.chart.alarm(7)[0].alarm
    assert (stored.presence, stored.ended_at, stored.held) == ("off", TAKEN_OVER, False)
    assert [(one.trigger, one.note) for one in changes_of(ward, 7)] == [
        ("condition held", None),
        ("withdrawn", "another engine took over"),
    ]
    assert len(ward.rows(alarm_transitions)) == 2
    assert ward.rows(audit_log)[-1]["action"] == "alarm.acknowledge"


def test_a_late_silence_silences_nothing(ward: Ward) -> None:
    ward.journal.commit(Tick(suspensions=[silence(ward, NIGHT)]))
    late = [silence(ward, NIGHT, NIGHT + 5_000), silence(ward, NIGHT + 9_000)]
    ward.journal.commit(Tick(suspensions=late), None, TAKEN_OVER)
    assert ward.journal.open_suspensions(ward.unit.id) == [silence(ward, NIGHT)]
    assert [(row["began_at"], row["ended_at"]) for row in ward.rows(suspensions)] == [
        (NIGHT, None),
        (NIGHT + 9_000, TAKEN_OVER),
    ]


def test_late_readings_are_stored_once_and_one_that_no_column_can_hold_spoils_nothing(ward: Ward) -> None:
    unit_alarm = AlarmRow(ward.unit.id, None, None, dataclasses.replace(LOW_SPO2, id=9, text="\x00"))
    tick = Tick(
        readings=[ward.reading(1, spo2=78)], alarms=[unit_alarm], rescans=[Rescan(ward.baby.id, NIGHT, NIGHT + 1)]
    )
    assert ward.journal.sift(tick, None, TAKEN_OVER) == ["accepted"]
    assert ward.journal.commit(Tick(readings=tick.readings), None, TAKEN_OVER) == ["duplicate"]
    assert (len(ward.rows(vitals)), len(ward.rows(rescans))) == (1, 1)
