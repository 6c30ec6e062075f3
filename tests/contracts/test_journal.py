"""The journal: what one tick changes is there after it, all of it or nothing."""

import dataclasses
import itertools

import pytest
from sqlalchemy import delete

from nicu_dashboard.adapters.sql.tables import alarm_transitions, alarms, audit_log, suspensions, vitals
from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.spells import Episode, Spell
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.ports.tick import (
    AlarmRow,
    Quarantined,
    Rescan,
    SpellRow,
    StoreRefused,
    SuspensionRow,
    Tick,
    VitalsRow,
)
from tests.contracts.ward import NIGHT, Ward, by_nurse

LOW_SPO2 = Alarm(
    id=1,
    key="spo2:low",
    kind="limit",
    priority="high",
    presence="on",
    text="SpO2 78 < 80",
    began_at=NIGHT,
    raised_at=NIGHT + 10_000,
    announced_at=NIGHT + 10_000,
    parameter="spo2",
    comparison="<",
    value=78.0,
    limit=80.0,
    delay_s=10.0,
    profile="26–36 wk",
    profile_version=3,
    extreme=76.5,
)
RAISED = Transition(1, NIGHT + 10_000, "off", "on", "condition held", "high", 78.0)


def desaturation(at_s: float, lowest: float = 74.0, definition: str = "uva") -> Spell:
    start = NIGHT + round(at_s * 1_000)
    fall = Episode("D", start, start + 14_000, "spo2", lowest)
    return Spell("D", start, start + 14_000, {"spo2": lowest}, None, definition, 1, 8.0, (fall,))


def of_ada(ward: Ward, alarm: Alarm) -> AlarmRow:
    return AlarmRow(ward.unit.id, ward.cot.id, ward.baby.id, alarm)


def test_an_open_alarm_is_there_after_a_restart_as_it_was(ward: Ward) -> None:
    ward.journal.commit(Tick(alarms=[of_ada(ward, LOW_SPO2)], transitions=[RAISED]))
    assert ward.journal.open_alarms(ward.unit.id) == [of_ada(ward, LOW_SPO2)]


def test_an_alarm_that_ended_is_in_the_log_with_every_change(ward: Ward) -> None:
    over = dataclasses.replace(LOW_SPO2, presence="off", ended_at=NIGHT + 60_000, acknowledged_by="grete")
    end = Transition(1, NIGHT + 60_000, "on", "off", "condition over", "high", 91.0, "grete", "repositioned")
    ward.journal.commit(Tick(alarms=[of_ada(ward, LOW_SPO2)], transitions=[RAISED]))
    ward.journal.commit(Tick(alarms=[of_ada(ward, over)], transitions=[end]))
    assert ward.journal.open_alarms(ward.unit.id) == []
    stored, changes = ward.chart.alarm(1)
    assert (stored.alarm, stored.cot, stored.mrn) == (over, "NICU-01", "MRN-ADA")
    assert changes == [RAISED, end]


def test_alarms_are_listed_newest_first_by_page_and_status(ward: Ward) -> None:
    many = [
        dataclasses.replace(LOW_SPO2, id=number, presence="latched" if number % 2 else "on") for number in range(1, 8)
    ]
    ward.journal.commit(Tick(alarms=[of_ada(ward, alarm) for alarm in many]))
    assert [stored.alarm.id for stored in ward.chart.alarms(limit=3)] == [7, 6, 5]
    assert [stored.alarm.id for stored in ward.chart.alarms(after=5, limit=2)] == [4, 3]
    assert [stored.alarm.id for stored in ward.chart.alarms(ward.baby.id, status="active")] == [6, 4, 2]
    assert ward.chart.alarms(cot_id=ward.cot.id + 1) == []


def test_an_alarm_nobody_knows_is_not_found(ward: Ward) -> None:
    with pytest.raises(NotFound, match="no alarm 99"):
        ward.chart.alarm(99)


def test_a_tick_replayed_after_a_lost_answer_doubles_nothing(ward: Ward) -> None:
    tick = Tick(
        readings=[ward.reading(0, spo2=78.0)],
        alarms=[of_ada(ward, LOW_SPO2)],
        transitions=[RAISED],
        spells=[SpellRow(ward.baby.id, ward.cot.id, desaturation(0))],
        suspensions=[pause(ward)],
    )
    ward.journal.commit(tick)
    assert ward.journal.commit(tick) == ["duplicate"]
    assert [len(ward.rows(table)) for table in (vitals, alarms, alarm_transitions, suspensions)] == [1, 1, 1, 1]
    assert len(ward.chart.spells(ward.baby.id)) == 1


def test_a_tick_with_one_impossible_part_leaves_nothing_behind(ward: Ward) -> None:
    nobody = VitalsRow(999_999, ward.monitor.id, NIGHT, NIGHT, {"spo2": 90.0})
    tick = Tick(readings=[ward.reading(0, spo2=94.0), nobody], alarms=[of_ada(ward, LOW_SPO2)], audit=[by_nurse()])
    before = len(ward.rows(audit_log))
    with pytest.raises(StoreRefused) as refused:
        ward.journal.commit(tick)
    assert "999999" not in str(refused.value)
    assert ward.rows(vitals) == ward.rows(alarms) == []
    assert len(ward.rows(audit_log)) == before


def test_alarm_ids_are_never_given_twice(ward: Ward) -> None:
    given = [ward.journal.reserve_ids("alarm", count) for count in (3, 1, 4)]
    assert given == [range(1, 4), range(4, 5), range(5, 9)]
    assert ward.journal.reserve_ids("other", 1) == range(1, 2)


def pause(ward: Ward) -> SuspensionRow:
    until = NIGHT + 120_000
    return SuspensionRow(ward.cot.id, ward.baby.id, "audio_pause", "all", NIGHT, until, None, "grete")


def test_a_pause_is_in_force_until_it_ends(ward: Ward) -> None:
    off = SuspensionRow(ward.cot.id, ward.baby.id, "off", "spo2:high", NIGHT, None, "room air", "grete")
    ward.journal.commit(Tick(suspensions=[pause(ward), off]))
    assert ward.journal.open_suspensions(ward.unit.id) == [pause(ward), off]
    ended = dataclasses.replace(pause(ward), ended_at=NIGHT + 5_000, ended_by="a new high alarm")
    ward.journal.commit(Tick(suspensions=[ended]))
    assert ward.journal.open_suspensions(ward.unit.id) == [off]


def test_what_belongs_to_no_baby_is_counted_with_the_last_one_kept(ward: Ward) -> None:
    for second in range(3):
        stray = Quarantined(NIGHT + second, "monitor-9", "NICU-77", "no such cot", f"MSH|{second}")
        ward.journal.commit(Tick(quarantined=[stray, stray]))
    (row,) = ward.chart.quarantine()
    assert (row["count"], row["first_at"], row["last_at"], row["raw"]) == (6, NIGHT, NIGHT + 2, "MSH|2")


def test_events_are_kept_with_their_episodes_and_read_newest_first(ward: Ward) -> None:
    spells = [desaturation(0), desaturation(300, 61.0)]
    ward.journal.commit(Tick(spells=[SpellRow(ward.baby.id, ward.cot.id, spell) for spell in spells]))
    assert [stored.spell for stored in ward.chart.spells(ward.baby.id)] == spells[::-1]
    assert [stored.cot for stored in ward.chart.spells(ward.baby.id, NIGHT + 1, NIGHT + 400_000)] == ["NICU-01"]
    assert ward.chart.spells(ward.baby.id, definition="pmc4285412") == []


def test_a_review_is_kept_when_the_event_is_found_again(ward: Ward) -> None:
    row = SpellRow(ward.baby.id, ward.cot.id, desaturation(0))
    ward.journal.commit(Tick(spells=[row]))
    (found,) = ward.chart.spells(ward.baby.id)
    said = by_nurse("review event", at=NIGHT + 60_000)
    ward.chart.review_spell(found.id, {"review": "confirmed", "kind": "BD", "state": "feeding"}, said)
    deeper = SpellRow(ward.baby.id, ward.cot.id, desaturation(0, 70.0))
    ward.journal.replace_spells(Rescan(ward.baby.id, NIGHT, NIGHT + 1_000), [deeper])
    again = ward.chart.spell(found.id)
    assert (again.review, again.state, again.reviewed_by, again.reviewed_at) == (
        "confirmed",
        "feeding",
        "grete",
        said.at,
    )
    assert (again.spell.kind, again.spell.nadirs) == ("BD", {"spo2": 70.0})
    assert ward.rows(audit_log)[-1]["patient_id"] == ward.baby.id


def test_a_review_goes_with_an_event_whose_beginning_is_found_to_be_another(ward: Ward) -> None:
    ward.journal.commit(Tick(spells=[SpellRow(ward.baby.id, ward.cot.id, desaturation(at)) for at in (0, 100)]))
    later, first = ward.chart.spells(ward.baby.id)
    for one in (later, first):
        said = by_nurse("review event", at=NIGHT + 200_000)
        ward.chart.review_spell(one.id, {"review": "rejected", "note": "probe off"}, said)
    window = Rescan(ward.baby.id, NIGHT - 10_000, NIGHT + 150_000)
    ward.journal.replace_spells(window, [SpellRow(ward.baby.id, None, desaturation(-4))])
    kept, moved = ward.chart.spells(ward.baby.id)
    assert (moved.id, moved.spell.started_at, moved.review) == (first.id, NIGHT - 4_000, "rejected")
    assert (kept.id, kept.review, kept.note) == (later.id, "rejected", "probe off")


def test_an_event_whose_beginning_is_found_to_be_another_keeps_its_number(ward: Ward) -> None:
    ward.journal.commit(Tick(spells=[SpellRow(ward.baby.id, ward.cot.id, desaturation(0))]))
    (open_on_a_page,) = ward.chart.spells(ward.baby.id)
    again = [SpellRow(ward.baby.id, None, desaturation(at)) for at in (-4, 100)]
    ward.journal.replace_spells(Rescan(ward.baby.id, NIGHT - 10_000, NIGHT + 150_000), again)
    assert ward.chart.spell(open_on_a_page.id).spell == again[0].spell
    assert [stored.spell for stored in ward.chart.spells(ward.baby.id)] == [again[1].spell, again[0].spell]


def test_two_reviewed_events_that_prove_to_be_one_are_one(ward: Ward) -> None:
    ward.journal.commit(Tick(spells=[SpellRow(ward.baby.id, ward.cot.id, desaturation(at)) for at in (1, 12)]))
    for one in ward.chart.spells(ward.baby.id):
        ward.chart.review_spell(one.id, {"review": "confirmed"}, by_nurse("review event"))
    window = Rescan(ward.baby.id, NIGHT - 10_000, NIGHT + 150_000)
    ward.journal.replace_spells(window, [SpellRow(ward.baby.id, None, desaturation(0))])
    ((one),) = ward.chart.spells(ward.baby.id)
    assert (one.spell.started_at, one.review) == (NIGHT, "confirmed")


def test_a_rescan_asked_for_while_another_runs_is_not_forgotten_with_it(ward: Ward) -> None:
    late = Rescan(ward.baby.id, NIGHT, NIGHT + 60_000)
    ward.journal.commit(Tick(rescans=[late]))
    (window,) = ward.journal.rescans()
    ward.journal.commit(Tick(rescans=[late]))
    ward.journal.replace_spells(window, [])
    (again,) = ward.journal.rescans()
    ward.journal.replace_spells(again, [])
    assert ward.journal.rescans() == []


def test_a_rescan_replaces_the_events_of_its_window_and_no_others(ward: Ward) -> None:
    before = [desaturation(0), desaturation(100), desaturation(200)]
    rows = [SpellRow(ward.baby.id, ward.cot.id, spell) for spell in before]
    late = Rescan(ward.baby.id, NIGHT + 50_000, NIGHT + 150_000)
    ward.journal.commit(Tick(spells=rows, rescans=[late]))
    found = desaturation(120)
    ward.journal.replace_spells(late, [SpellRow(ward.baby.id, ward.cot.id, found)])
    assert [stored.spell for stored in ward.chart.spells(ward.baby.id)] == [before[2], found, before[0]]
    assert ward.journal.rescans() == []


def test_an_event_found_again_stays_in_the_cot_where_the_baby_lay(ward: Ward) -> None:
    before, after = desaturation(-3_600), desaturation(0)
    ward.journal.commit(Tick(spells=[SpellRow(ward.baby.id, ward.cot.id, after)]))
    found = [SpellRow(ward.baby.id, None, spell) for spell in (before, after)]
    ward.journal.replace_spells(Rescan(ward.baby.id, NIGHT - 7_200_000, NIGHT + 1_000), found)
    assert [stored.cot for stored in ward.chart.spells(ward.baby.id)] == ["NICU-01", None]


def test_windows_to_scan_again_are_joined_when_they_touch(ward: Ward) -> None:
    def minutes(first: int, last: int) -> Rescan:
        return Rescan(ward.baby.id, NIGHT + first * 60_000, NIGHT + last * 60_000)

    ward.journal.commit(Tick(rescans=[minutes(20, 30), minutes(0, 5), minutes(5, 7), minutes(2, 3)]))
    assert ward.journal.rescans() == [minutes(0, 7), minutes(20, 30)]
    ward.journal.replace_spells(minutes(0, 7), [])
    assert ward.journal.rescans() == [minutes(20, 30)]


def test_the_trail_counts_without_a_gap_even_after_a_tick_that_failed(ward: Ward) -> None:
    nobody = VitalsRow(999_999, ward.monitor.id, NIGHT, NIGHT, {"spo2": 90.0})
    with pytest.raises(StoreRefused):
        ward.journal.commit(Tick(readings=[nobody], audit=[by_nurse()]))
    ward.journal.commit(Tick(audit=[by_nurse("pause sound"), by_nurse("end pause")]))
    rows = ward.rows(audit_log)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["action"] for row in rows[-2:]] == ["pause sound", "end pause"]
    assert all(row["previous_hash"] == before["hash"] for before, row in itertools.pairwise(rows))


def test_the_latest_reading_is_gone_only_when_its_row_is(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0))
    with ward.database.writing() as connection:
        connection.execute(delete(vitals))
    assert ward.chart.latest([ward.baby.id]) == {}


def test_the_log_says_how_grave_an_alarm_was_and_when_its_condition_ended(ward: Ward) -> None:
    latched = dataclasses.replace(LOW_SPO2, presence="latched")
    seen = dataclasses.replace(LOW_SPO2, presence="off", priority="medium", ended_at=NIGHT + 600_000)
    cleared = Transition(1, NIGHT + 60_000, "on", "latched", "cleared", "high", 91.0)
    closed = Transition(1, NIGHT + 600_000, "latched", "off", "acknowledged", "medium", 91.0, "grete")
    ward.journal.commit(Tick(alarms=[of_ada(ward, LOW_SPO2)], transitions=[RAISED]))
    assert [one.condition_ended_at for one in ward.chart.alarms()] == [None]
    ward.journal.commit(Tick(alarms=[of_ada(ward, latched)], transitions=[cleared]))
    assert [one.condition_ended_at for one in ward.chart.alarms()] == [NIGHT + 60_000]
    ward.journal.commit(Tick(alarms=[of_ada(ward, seen)], transitions=[closed]))
    (stored,) = ward.chart.alarms()
    assert (stored.alarm.priority, stored.worst, stored.condition_ended_at) == ("medium", "high", NIGHT + 60_000)
