"""Minutes and hours always say what the stored readings say, whatever order they came in."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.measured import values_of
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.tables import vitals, vitals_hour, vitals_minute, vitals_superseded
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS, SECOND_MS, floor_to
from nicu_dashboard.domain.trends import Bucket, bucket_of, merged
from nicu_dashboard.domain.vitals import Measured, NoValue
from nicu_dashboard.ports.tick import VitalsRow
from tests.contracts.ward import NIGHT, Ward

Key = tuple[str, int]
NAMES = ("heart_rate", "spo2", "temperature")

_value = st.one_of(
    st.integers(10_000, 45_000).map(lambda thousandths: thousandths / 1_000), st.just(NoValue("probe off"))
)
_values = st.dictionaries(st.sampled_from(NAMES), _value, min_size=1)
_seconds = st.integers(0, 3 * 3_600).map(lambda seconds: seconds - seconds % 7)
_messages = st.lists(st.tuples(_seconds, _values), min_size=1, max_size=40)


def from_the_rows(ward: Ward, rows: Iterable[dict[str, object]], length_ms: int = MINUTE_MS) -> dict[Key, Bucket]:
    """What the minutes must be, computed from stored readings by the domain alone."""
    held: dict[Key, list[Measured]] = defaultdict(list)
    for row in rows:
        for name, measured in values_of(row).items():
            at = row["recorded_at"]
            assert isinstance(at, int)
            held[name, floor_to(at, length_ms)].append(measured)
    return {key: bucket_of(values, 60) for key, values in held.items()}


def stored_minutes(ward: Ward) -> dict[Key, Bucket]:
    return {(row["parameter"], row["bucket_at"]): _bucket(row) for row in ward.rows(vitals_minute)}


def shown_hours(ward: Ward) -> dict[Key, Bucket]:
    series = ward.chart.buckets(ward.baby.id, 0, NIGHT * 2, HOUR_MS, "hour", NAMES)
    return {(name, at): bucket for name, row in series.items() for at, bucket in row}


def hours_of(minutes: dict[Key, Bucket]) -> dict[Key, Bucket]:
    parts: dict[Key, list[Bucket]] = defaultdict(list)
    for (name, at), bucket in minutes.items():
        parts[name, floor_to(at, HOUR_MS)].append(bucket)
    return {key: merged(buckets) for key, buckets in parts.items()}


def check(ward: Ward) -> None:
    """Roll-ups equal what the domain makes of the readings; stored hours too, all but the newest."""
    minutes = from_the_rows(ward, ward.rows(vitals))
    assert stored_minutes(ward) == minutes
    hours = hours_of(minutes)
    assert shown_hours(ward) == hours
    newest = max((at for _, at in hours), default=0)
    stored = {(row["parameter"], row["bucket_at"]): _bucket(row) for row in ward.rows(vitals_hour)}
    assert {key: bucket for key, bucket in stored.items() if key[1] < newest} == {
        key: bucket for key, bucket in hours.items() if key[1] < newest
    }


def _bucket(row: dict[str, object]) -> Bucket:
    return Bucket(*(row[name] for name in ("min", "max", "sum", "n_valid", "n_expected")))  # type: ignore[arg-type]


def _empty(ward: Ward) -> None:
    with ward.database.writing() as connection:
        for table in (vitals, vitals_superseded, vitals_minute, vitals_hour):
            connection.execute(delete(table))


def _ticks(rows: list[VitalsRow], sizes: list[int]) -> Iterable[list[VitalsRow]]:
    left = list(rows)
    for size in sizes:
        yield left[:size]
        left = left[size:]
    yield left


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=_messages, sizes=st.lists(st.integers(1, 9), max_size=6))
def test_any_messages_in_any_ticks_leave_roll_ups_that_equal_the_readings(
    ward: Ward, messages: list[tuple[int, dict[str, Measured]]], sizes: list[int]
) -> None:
    """Late, doubled, merged and corrected ones among them: few instants, drawn often."""
    _empty(ward)
    for tick in _ticks([ward.reading_of(second, values) for second, values in messages], sizes):
        ward.store(*tick)
        check(ward)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_readings_of_different_instants_leave_the_same_record_in_any_order(ward: Ward, data: st.DataObject) -> None:
    messages = data.draw(st.lists(st.tuples(_seconds, _values), unique_by=lambda message: message[0], max_size=15))
    rows = [ward.reading_of(second, values) for second, values in messages]
    states = []
    for order in (sorted(rows, key=lambda row: row.recorded_at), data.draw(st.permutations(rows))):
        _empty(ward)
        for row in order:
            ward.store(row)
        states.append((_content(ward), stored_minutes(ward), shown_hours(ward)))
    assert states[0] == states[1]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=_messages)
def test_a_tick_committed_twice_changes_nothing(ward: Ward, messages: list[tuple[int, dict[str, Measured]]]) -> None:
    _empty(ward)
    first_words = dict(reversed(messages))
    rows = [ward.reading_of(second, values) for second, values in first_words.items()]
    ward.store(*rows)
    before = _content(ward), stored_minutes(ward), shown_hours(ward)
    assert set(ward.store(*rows)) == {"duplicate"}
    assert (_content(ward), stored_minutes(ward), shown_hours(ward)) == before


def _content(ward: Ward) -> list[tuple[object, ...]]:
    rows = ward.rows(vitals)
    return sorted((row["recorded_at"], row["source_id"], str(values_of(row))) for row in rows)


def test_a_live_hour_second_by_second_is_complete_when_it_is_over(ward: Ward) -> None:
    for second in range(0, 2 * 3_600, 20):
        ward.store(ward.reading(second, spo2=90.0 + second % 7))
    check(ward)
    (first, second_hour) = ward.rows(vitals_hour)
    assert (first["n_valid"], second_hour["n_valid"] <= 180) == (180, True)


def test_two_programs_that_write_the_same_minutes_leave_them_right(ward: Ward, store_url: str) -> None:
    """A live engine and an import of the same hours, some instants of which both have."""

    def program(first: int) -> None:
        own = open_store(store_url)
        mine = Ward(own)
        for second in range(first, 4_000, 90):
            mine.store(
                mine.reading(second, spo2=80.0 + second % 11), mine.reading(second - second % 600, heart_rate=150.0)
            )
        own.close()

    with ThreadPoolExecutor(2) as programs:
        list(programs.map(program, (0, 45)))
    check(ward)


def test_what_is_expected_follows_the_interval_of_the_source(ward: Ward) -> None:
    slow = ward.roster.source("incubator-3", "device", 20.0)
    ward.store(VitalsRow(ward.baby.id, slow.id, NIGHT, NIGHT, {"temp_skin": 36.5}), ward.reading(0, spo2=94.0))
    assert {row["parameter"]: row["n_expected"] for row in ward.rows(vitals_minute)} == {"temp_skin": 3, "spo2": 60}


def test_a_minute_without_any_number_says_that_one_was_expected(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=NoValue("probe off")))
    assert stored_minutes(ward) == {("spo2", NIGHT): Bucket(None, None, 0.0, 0, 60)}


def test_a_late_reading_corrects_its_minute_and_its_hour(ward: Ward) -> None:
    ward.store(*[ward.reading(minute * 60, spo2=95.0) for minute in range(130)])
    ward.store(ward.reading(90, received_s=8_000, spo2=61.0))
    check(ward)
    assert shown_hours(ward)["spo2", NIGHT].min == 61.0


def test_buckets_are_the_same_from_every_tier(ward: Ward) -> None:
    ward.store(*[ward.reading(s, spo2=80.0 + s % 17, heart_rate=150.0) for s in range(0, 3 * 3_600, 5)])
    shown = [
        ward.chart.buckets(ward.baby.id, NIGHT, NIGHT + 3 * HOUR_MS, HOUR_MS, tier, ["spo2", "heart_rate"])
        for tier in ("reading", "minute", "hour")
    ]
    assert shown[0] == shown[1] == shown[2]
    assert [bucket.n_valid for _, bucket in shown[0]["spo2"]] == [720, 720, 720]


def test_a_gap_stays_a_gap_and_the_nadir_stays(ward: Ward) -> None:
    kept = [second for second in range(600) if not 120 <= second < 300]
    ward.store(*[ward.reading(second, spo2=61.0 if second == 410 else 95.0) for second in kept])
    series = ward.chart.buckets(ward.baby.id, NIGHT, NIGHT + 600_000, 30 * SECOND_MS, "reading", ["spo2", "fio2"])
    starts = [(at - NIGHT) // SECOND_MS for at, _ in series["spo2"]]
    assert starts == [0, 30, 60, 90, *range(300, 600, 30)]
    assert min(bucket.min or 999 for _, bucket in series["spo2"]) == 61.0
    assert all(bucket.n_expected == 30 for _, bucket in series["spo2"])
    assert series["fio2"] == []


def test_a_window_is_half_open(ward: Ward) -> None:
    ward.store(*[ward.reading(second, spo2=95.0) for second in range(10)])
    series = ward.chart.buckets(ward.baby.id, NIGHT + 2_000, NIGHT + 5_000, SECOND_MS, "reading", ["spo2"])
    assert [at - NIGHT for at, _ in series["spo2"]] == [2_000, 3_000, 4_000]


@pytest.mark.parametrize("rows_per_tick", [2_000])
def test_a_recording_of_nineteen_hours_is_imported_with_its_roll_ups(
    ward: Ward, database: Database, rows_per_tick: int, tmp_path: Path
) -> None:
    rows = [ward.reading(2 * place, heart_rate=140.0 + place % 9, spo2=94.0) for place in range(33_000)]
    for start in range(0, len(rows), rows_per_tick):
        ward.store(*rows[start : start + rows_per_tick])
    assert sum(row["n_valid"] for row in ward.rows(vitals_hour)) == 66_000
    check(ward)
