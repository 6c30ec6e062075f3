"""The quick lanes carry only what they carry exactly; a stretch with one odd value takes the exact lane."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.report import Report
from tests.migration.files import contents, make

ROWS = 9_000
SCRIPT = """
CREATE TABLE vitals (id INTEGER PRIMARY KEY, cot TEXT NOT NULL, hr REAL, spo2 INTEGER, on_air BOOLEAN, at DATETIME,
    wave BLOB, extra JSON, dose NUMBER, unused TEXT);
"""


def rows(count: int = ROWS) -> list[list[object]]:
    chance = random.Random(3)
    return [
        [
            f"NICU-{number % 12:02d}", chance.choice([None, chance.uniform(-1e9, 1e9), 0.1, -0.0, 1e-300, 1e999]),
            chance.choice([None, 0, -(2**63), 2**63 - 1, number]), number % 2, 1_700_000_000_000 + number,
            chance.randbytes(number % 9), '{"a": [1, 2.50]}', number / 4, None,
        ]
        for number in range(count)
    ]  # fmt: skip


def write(path: Path, filled: Sequence[Sequence[object]]) -> Path:
    return make(path, SCRIPT, [("INSERT INTO vitals VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(tuple, filled))])


def options(lane: str, on_reject: str = "stop") -> api.Options:
    return api.Options(as_is=True, lane=lane, on_reject=on_reject, chunk_rows=3_000)


def back_is_equal(source: Path, url: str, tmp_path: Path) -> bool:
    returned = api.roll_back(url, str(tmp_path / "back.db"))
    assert (returned.exit_code, returned.differences) == (0, []), returned.summary
    return contents(tmp_path / "back.db") == contents(source)


def verified_every_way(source: Path, url: str) -> bool:
    ways = [api.Options(lane="auto"), api.Options(lane="plain"), api.Options(lane="exact"), api.Options(thorough=True)]
    return all(api.verify(str(source), url, way).exit_code == 0 for way in ways)


@pytest.mark.parametrize(("lane", "used"), [("auto", "columnar"), ("plain", "plain"), ("exact", "exact")])
def test_every_lane_carries_the_same_values(tmp_path: Path, postgres_url: str, lane: str, used: str) -> None:
    source = write(tmp_path / "ward.db", rows())
    report = api.run(str(source), postgres_url, options(lane))
    assert (report.exit_code, report.lanes) == (0, {used: ROWS}), report.summary
    assert verified_every_way(source, postgres_url)
    assert back_is_equal(source, postgres_url, tmp_path)


@pytest.mark.parametrize("lane", ["auto", "plain"])
@pytest.mark.parametrize(
    ("place", "value", "rejected"),
    [(0, "a\0b", 1), (3, 7, 1), (1, "n/a", 1), (5, "text", 1), (6, "{no json", 1), (4, 1_700_000_000_000_000_000, 1)],
)
def test_one_odd_value_sends_its_stretch_through_the_exact_lane(
    tmp_path: Path, postgres_url: str, lane: str, place: int, value: object, rejected: int
) -> None:
    filled = rows()
    filled[4_000][place] = value
    source = write(tmp_path / "ward.db", filled)
    kinds = {"vitals.on_air": "boolean", "vitals.extra": "json", "vitals.at": "timestamptz:epoch_ms"}
    kinds |= {"vitals.wave": "bytea"}
    chosen = api.Options(as_is=True, lane=lane, on_reject="quarantine", chunk_rows=3_000, kinds=kinds)
    report = api.run(str(source), postgres_url, chosen)
    assert (report.exit_code, report.reject_count, report.difference_count) == (1, rejected, 0), report.summary
    assert report.lanes == {"columnar" if lane == "auto" else "plain": 6_000, "exact": 2_999}
    assert report.rejects[0]["key"] == "id=4001"
    assert back_is_equal(source, postgres_url, tmp_path)


def sampled(tmp_path: Path, odd: object) -> Path:
    """A table so large that the plan looks at stretches of it only; the odd value lies between them."""
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, at DATETIME)"
    values: list[tuple[object, object]] = [(number, 1_700_000_000_000 + number) for number in range(30_000)]
    values[4_321] = (odd, values[4_321][1]) if not isinstance(odd, tuple) else odd
    return make(tmp_path / "large.db", script, [("INSERT INTO t VALUES (NULL, ?, ?)", values)])


def types_in(url: str) -> list[str]:
    statement = "SELECT data_type FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position"
    with psycopg.connect(url) as connection:
        return [str(row[0]) for row in connection.execute(statement.encode())]


def test_what_a_sample_has_missed_is_looked_at_again_and_stops(tmp_path: Path, postgres_url: str) -> None:
    report: Report = api.run(str(sampled(tmp_path, "n/a")), postgres_url, options("plain"))
    assert (report.exit_code, report.rejects[0]["key"]) == (1, "id=4322"), report.summary
    assert api.run(str(tmp_path / "large.db"), postgres_url, options("plain", "quarantine")).reject_count == 1


def test_a_type_that_a_sample_got_wrong_is_mended_and_the_table_loaded_again(tmp_path: Path, postgres_url: str) -> None:
    source = sampled(tmp_path, (0.5, "2024-01-01T00:00:00.000Z"))
    report = api.run(str(source), postgres_url, options("plain"))
    assert (report.exit_code, report.reject_count) == (0, 0), report.summary
    assert types_in(postgres_url) == ["bigint", "double precision", "timestamp with time zone"]
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT v, at::text FROM t WHERE id = 4322").fetchone()
    assert row == (0.5, "2024-01-01 00:00:00+00")


def test_the_plan_of_the_same_file_says_the_same_types(tmp_path: Path, postgres_url: str) -> None:
    source = sampled(tmp_path, (0.5, "2024-01-01T00:00:00.000Z"))
    plan = api.plan(str(source), postgres_url, options("plain"))
    assert [column.becomes for column in plan.tables[0].columns] == [
        "bigint", "double precision", "timestamptz (from several forms)",
    ]  # fmt: skip
