"""A/B/D events of one baby: kinds, companions, gaps, and the same answer however the readings come in."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nicu_dashboard.domain.errors import LateReading
from nicu_dashboard.domain.instants import SECOND_MS, parse_instant
from nicu_dashboard.domain.spells import (
    DEFINITIONS,
    ApneaRule,
    Criterion,
    Definition,
    Spell,
    SpellDetector,
    find_spells,
)
from nicu_dashboard.domain.spells.episodes import related
from nicu_dashboard.domain.vitals import Measured, NoValue
from tests.samples import bed33_rows

UVA = DEFINITIONS["uva"]
Rows = list[tuple[int, Mapping[str, Measured]]]
CALM: dict[str, Measured] = {"heart_rate": 150.0, "spo2": 95.0, "resp_rate": 50.0}


def ward(seconds: int, *stretches: tuple[int, int, Mapping[str, Measured]]) -> Rows:
    """A baby who is calm but for stretches of (from second, to second, what differs), one row a second."""
    rows: Rows = []
    for second in range(seconds):
        values = dict(CALM)
        for from_s, to_s, differing in stretches:
            if from_s <= second < to_s:
                values |= differing
        rows.append((second * SECOND_MS, values))
    return rows


def told(spells: list[Spell]) -> list[tuple[str, float, float]]:
    return [(spell.kind, spell.started_at / SECOND_MS, spell.duration_s) for spell in spells]


def found(rows: Rows, definition: Definition = UVA) -> list[tuple[str, float, float]]:
    return told(find_spells(definition, rows, interval_ms=SECOND_MS))


BRADY: dict[str, Measured] = {"heart_rate": 82.0}
DESAT: dict[str, Measured] = {"spo2": 74.0}
NO_BREATH: dict[str, Measured] = {"resp_rate": 0.0}


def test_the_recording_of_a_real_infant_holds_one_event_by_the_default_definition() -> None:
    [spell] = find_spells(UVA, bed33_rows(), averaging_s=8)
    assert (spell.kind, spell.started_at, spell.duration_s) == ("B", parse_instant("2024-01-01T00:05:54Z"), 8)
    assert (spell.nadirs, spell.definition_label, spell.averaging_s) == ({"heart_rate": 87}, "uva v1", 8)


def test_each_kind_is_found_alone() -> None:
    assert found(ward(400, (20, 45, NO_BREATH), (150, 156, BRADY), (300, 315, DESAT))) == [
        ("A", 20, 25),
        ("B", 150, 6),
        ("D", 300, 15),
    ]


def test_an_apnea_with_bradycardia_and_desaturation_is_one_event_with_its_nadirs() -> None:
    rows = ward(200, (20, 45, NO_BREATH), (38, 50, BRADY), (40, 41, {"heart_rate": 61.0}), (55, 75, DESAT))
    [spell] = find_spells(UVA, rows, interval_ms=SECOND_MS)
    assert (spell.kind, spell.duration_s, spell.apnea_s) == ("ABD", 55, 25)
    assert spell.nadirs == {"heart_rate": 61, "spo2": 74}


def test_parts_that_start_within_the_window_are_one_event_and_later_ones_are_two() -> None:
    assert found(ward(300, (20, 26, BRADY), (80, 95, DESAT))) == [("BD", 20, 75)]
    assert found(ward(300, (20, 26, BRADY), (81, 96, DESAT))) == [("B", 20, 6), ("D", 81, 15)]


def test_two_bradycardias_in_the_same_minute_stay_two() -> None:
    assert found(ward(200, (20, 26, BRADY), (50, 56, BRADY))) == [("B", 20, 6), ("B", 50, 6)]


def test_breaths_between_two_pauses_are_not_joined_into_one_apnea() -> None:
    assert found(ward(120, (20, 34, NO_BREATH), (37, 51, NO_BREATH))) == []


def counter(*stretches: tuple[int, int]) -> Rows:
    rows = ward(400)
    for from_s, to_s in stretches:
        for second in range(from_s, to_s + 1):
            rows[second] = (second * SECOND_MS, CALM | {"apnea_duration": float(second - from_s)})
    return rows


def test_the_monitors_counter_tells_when_breathing_stopped() -> None:
    assert found(counter((20, 45))) == [("A", 20, 25)]
    assert found(counter((20, 39))) == []


def test_a_single_count_sent_afterwards_tells_when_breathing_stopped() -> None:
    rows = ward(100)
    rows[60] = (60_000, CALM | {"apnea_duration": 24.0})
    assert found(rows) == [("A", 36, 24)]


def test_a_count_that_is_sent_again_and_again_is_not_a_longer_apnea() -> None:
    assert found(ward(300, (60, 200, {"apnea_duration": 24.0}))) == [("A", 36, 24)]


def test_a_counter_that_starts_again_is_a_second_apnea() -> None:
    rows = counter((20, 45), (46, 70))
    assert found(rows) == [("A", 20, 25), ("A", 46, 24)]


def test_where_a_counter_is_sent_the_averaged_rate_is_not_believed() -> None:
    assert found(ward(100, (20, 50, NO_BREATH | {"apnea_duration": 0.0}))) == []


def test_a_lead_that_fell_off_is_not_an_apnea() -> None:
    assert found(ward(100, (20, 60, NO_BREATH | {"heart_rate": 0.0}))) == []
    assert found(ward(100, (20, 60, NO_BREATH | {"heart_rate": NoValue("lead off")}))) == []


def test_a_gap_ends_an_apnea() -> None:
    rows = [row for row in ward(200, (20, 150, NO_BREATH)) if not 45 <= row[0] / SECOND_MS < 100]
    assert found(rows) == [("A", 20, 25), ("A", 100, 50)]


def test_a_baby_watched_by_the_oximeter_alone_still_has_bradycardias() -> None:
    rows: Rows = [(at, {"pulse_rate": values["heart_rate"]}) for at, values in ward(100, (50, 58, BRADY))]
    [spell] = find_spells(UVA, rows, interval_ms=SECOND_MS)
    assert (spell.kind, spell.nadirs) == ("B", {"pulse_rate": 82})


def test_a_weak_pulse_beside_a_good_ecg_is_not_bradycardia() -> None:
    assert found(ward(100, (20, 40, {"pulse_rate": 70.0}))) == []


def test_the_ecg_takes_over_from_the_oximeter_when_it_comes_back() -> None:
    rows: Rows = [(at, {"pulse_rate": values["heart_rate"]}) for at, values in ward(60, (50, 60, BRADY))]
    back: Rows = [(at + 60_000, values) for at, values in ward(60, (0, 8, BRADY))]
    assert found(rows + back) == [("B", 50, 10), ("B", 60, 8)]


def test_pmc4285412_counts_a_shorter_apnea_in_company_only() -> None:
    definition = DEFINITIONS["pmc4285412"]
    brady: Mapping[str, Measured] = {"heart_rate": 70.0}
    assert found(ward(200, (20, 37, NO_BREATH)), definition) == []
    assert found(ward(200, (20, 37, NO_BREATH), (30, 34, brady)), definition) == [("AB", 20, 17)]
    assert found(ward(200, (20, 40, NO_BREATH)), definition) == []
    assert found(ward(200, (20, 41, NO_BREATH)), definition) == [("A", 20, 21)]
    assert found(ward(200, (20, 34, NO_BREATH), (30, 34, brady)), definition) == [("B", 30, 4)]


def test_pmc5321050_counts_nothing_but_apnea_with_both() -> None:
    definition = DEFINITIONS["pmc5321050"]
    assert found(ward(200, (20, 31, NO_BREATH), (25, 30, BRADY), (33, 40, DESAT)), definition) == [("ABD", 20, 20)]
    assert found(ward(200, (20, 31, NO_BREATH), (25, 30, BRADY)), definition) == []
    assert found(ward(200, (25, 30, BRADY), (33, 40, DESAT)), definition) == []
    assert found(ward(200, (20, 30, NO_BREATH), (25, 30, BRADY), (33, 40, DESAT)), definition) == []


def test_a_pause_that_does_not_count_does_not_tie_two_events_together() -> None:
    rows = ward(300, (20, 26, BRADY), (25, 40, NO_BREATH), (84, 90, BRADY))
    assert found(rows) == [("B", 20, 6), ("B", 84, 6)]


def test_a_spell_is_told_once_nothing_more_can_belong_to_it() -> None:
    detector = SpellDetector(UVA, SECOND_MS)
    for at, values in ward(80, (20, 26, BRADY)):
        assert detector.take(at, values) == []
    assert detector.pass_time(80_000) == []
    assert told(detector.pass_time(80_001)) == [("B", 20, 6)]
    assert detector.pass_time(200_000) == detector.finish() == []


def test_a_spell_waits_for_the_part_of_it_that_is_still_going_on() -> None:
    detector = SpellDetector(UVA, SECOND_MS)
    early = [spell for row in ward(200, (20, 26, BRADY), (60, 200, DESAT)) for spell in detector.take(*row)]
    assert early == []
    assert told(detector.finish()) == [("BD", 20, 180)]


def test_an_older_reading_is_refused() -> None:
    detector = SpellDetector(UVA)
    detector.take(2_000, CALM)
    with pytest.raises(LateReading):
        detector.take(1_000, CALM)


RULED = Definition(
    "ruled",
    1,
    Criterion("heart_rate", "<", 100, 4),
    Criterion("spo2", "<", 80, 2),
    (ApneaRule(20), ApneaRule(6, ">", ("B", "D"))),
    window_s=15,
)
VALUES: st.SearchStrategy[dict[str, Measured]] = st.fixed_dictionaries(
    {},
    optional={
        "heart_rate": st.sampled_from([0.0, 90.0, 90.0, 150.0, NoValue("lead off")]),
        "pulse_rate": st.sampled_from([90.0, 150.0]),
        "spo2": st.sampled_from([70.0, 70.0, 95.0, NoValue("probe off")]),
        "resp_rate": st.sampled_from([0.0, 0.0, 40.0]),
        "apnea_duration": st.sampled_from([0.0, 5.0, 12.0, 25.0]),
    },
)


@st.composite
def stays(draw: st.DrawFn) -> Rows:
    at = 10_000_000
    rows: Rows = []
    steps = st.sampled_from([0, 1_000, 2_000, 2_000, 4_000, 11_000, 20_000])
    for step, values, times in draw(st.lists(st.tuples(steps, VALUES, st.integers(1, 6)), max_size=25)):
        for _ in range(times):
            at += step
            rows.append((at, values))
    return rows


def by_start(spells: list[Spell]) -> list[Spell]:
    return sorted(spells, key=lambda spell: (spell.started_at, spell.kind))


@settings(max_examples=40)
@given(stays(), st.sets(st.integers(0, 150)), st.integers(0, 25_000))
def test_being_told_the_time_never_changes_the_events(rows: Rows, asked: set[int], late_ms: int) -> None:
    detector = SpellDetector(RULED)
    spells: list[Spell] = []
    for index, (at, values) in enumerate(rows):
        spells += detector.take(at, values)
        following = rows[index + 1][0] if index + 1 < len(rows) else at + 200_000
        if index in asked:
            spells += detector.pass_time(min(at + late_ms, following))
    assert by_start(spells + detector.finish()) == find_spells(RULED, rows)


@settings(max_examples=40)
@given(stays(), st.randoms(use_true_random=False))
def test_one_message_per_parameter_in_any_order_gives_the_same_events(rows: Rows, chance: random.Random) -> None:
    last: dict[tuple[int, str], Measured] = {(at, name): value for at, row in rows for name, value in row.items()}
    single: Rows = [(at, {name: value}) for (at, name), value in last.items()]
    shuffled = chance.sample(single, len(single))
    assert find_spells(RULED, sorted(shuffled, key=lambda row: row[0])) == find_spells(RULED, rows)


@settings(max_examples=40)
@given(stays())
def test_a_resend_of_every_row_changes_nothing(rows: Rows) -> None:
    assert find_spells(RULED, [row for row in rows for _ in range(2)]) == find_spells(RULED, rows)


@settings(max_examples=40)
@given(stays())
def test_no_bradycardia_or_desaturation_is_lost_or_told_twice(rows: Rows) -> None:
    spells = find_spells(RULED, rows)
    parts = [(part.kind, part.started_at, part.ended_at) for spell in spells for part in spell.episodes]
    alone = [
        (part.kind, part.started_at, part.ended_at)
        for definition in (
            Definition("b", 1, RULED.bradycardia, None, ()),
            Definition("d", 1, None, RULED.desaturation, ()),
        )
        for spell in find_spells(definition, rows)
        for part in spell.episodes
    ]
    assert sorted(part for part in parts if part[0] != "A") == sorted(alone)


@settings(max_examples=40)
@given(stays())
def test_parts_that_belong_together_are_in_one_event(rows: Rows) -> None:
    definition = Definition("bd", 1, RULED.bradycardia, RULED.desaturation, (), window_s=15)
    spells = find_spells(definition, rows)
    for one in spells:
        for other in spells:
            apart = not any(related(a, b, 15_000) for a in one.episodes for b in other.episodes)
            assert one is other or apart
