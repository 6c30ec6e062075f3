"""What PostgreSQL cannot hold stops the move or is kept whole in the rejects; nothing is dropped in silence."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.rejects import values_of
from tests.migration.files import contents, make

NASTY = """
CREATE TABLE patients (id INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT NOT NULL, name TEXT, weight_g INTEGER);
CREATE TABLE vitals (id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patients (id), at DATETIME, hr REAL,
    extra JSON);
CREATE TABLE audit (at TEXT, who TEXT, what BLOB);
INSERT INTO patients (mrn, name, weight_g) VALUES ('777123', 'Ann', 980), ('777124', 'B' || char(0) || 'b', 1100),
    ('777125', CAST(x'c3' AS TEXT), 1200), ('777126', 'Dan', 1300);
INSERT INTO vitals VALUES (1, 1, 1700000000123, 151.5, '{"a": 1}'), (2, 1, '2024-01-01T00:00:00.123Z', 150.0, NULL),
    (3, 1, '2024-01-01 00:00:01', 98.3, '[]'), (4, 99, 1700000001000, 1.0, NULL), (5, 2, 1700000002000, 2.0, NULL);
INSERT INTO audit VALUES ('x', 'a' || char(0) || 'b', NULL), ('x', 'ok', x'00'), ('x', 'ok', x'00');
"""


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    return make(tmp_path / "nasty.db", NASTY)


def test_the_plan_counts_what_would_be_rejected_and_writes_nothing(nasty: Path, postgres_url: str) -> None:
    report = api.plan(str(nasty), postgres_url, api.Options(as_is=True))
    reasons = sorted(item["reason"] for item in report.rejects)
    assert report.exit_code == 1
    assert reasons == [
        "orphan: no such row in patients", "text that holds a NUL byte", "text that holds a NUL byte",
        "text that is no valid UTF-8",
    ]  # fmt: skip
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        assert connection.execute("SELECT to_regnamespace('nicu_migration')").fetchone() == (None,)


def test_orphans_stop_a_move_before_it_writes(nasty: Path, postgres_url: str) -> None:
    report = api.run(str(nasty), postgres_url, api.Options(as_is=True))
    assert (report.exit_code, "vitals → patients: 1" in report.summary) == (1, True)


def test_the_first_unfit_row_stops_a_move_and_is_named(tmp_path: Path, postgres_url: str) -> None:
    source = make(
        tmp_path / "nul.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (7, 'a' || char(0));",
    )
    report = api.run(str(source), postgres_url, api.Options(as_is=True))
    assert report.exit_code == 1
    assert report.rejects == [
        {"table": "t", "key": "id=7", "column": "v", "reason": "text that holds a NUL byte", "value": "‹text, 2 bytes›"}
    ]
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    again = api.run(str(source), postgres_url, api.Options(as_is=True, on_reject="quarantine"))
    assert (again.exit_code, again.reject_count, again.difference_count) == (1, 1, 0)


@pytest.mark.parametrize("lane", ["plain", "exact"])
def test_quarantine_keeps_every_rejected_row_whole(nasty: Path, postgres_url: str, tmp_path: Path, lane: str) -> None:
    report = api.run(str(nasty), postgres_url, api.Options(as_is=True, on_reject="quarantine", lane=lane))
    assert (report.exit_code, report.reject_count, report.difference_count) == (1, 5, 0), report.summary
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute(
            "SELECT source_table, row_key, column_name, reason, row_image FROM nicu_migration.rejects ORDER BY 1, 2"
        ).fetchall()
        kept = connection.execute("SELECT id, at, hr, extra::text FROM vitals ORDER BY id").fetchall()
    assert [row[:3] for row in rows] == [
        ("audit", "row id 1", "who"), ("patients", "id=2", "name"), ("patients", "id=3", "name"),
        ("vitals", "id=4", ""), ("vitals", "id=5", ""),
    ]  # fmt: skip
    assert values_of(rows[1][4]) == [2, "777124", "B\0b", 1100]
    assert [(row[0], row[1].isoformat(), row[2], row[3]) for row in kept] == [
        (1, "2023-11-14T22:13:20.123000+00:00", 151.5, '{"a": 1}'),
        (2, "2024-01-01T00:00:00.123000+00:00", 150.0, None),
        (3, "2024-01-01T00:00:01+00:00", 98.3, "[]"),
    ]
    verified = api.verify(str(nasty), postgres_url, api.Options(as_is=True))
    assert (verified.exit_code, verified.difference_count, verified.reject_count) == (1, 0, 5)

    assert api.roll_back(postgres_url, str(tmp_path / "back.db")).exit_code == 0
    back, source = contents(tmp_path / "back.db"), contents(nasty)
    assert {name: back[name] for name in ("patients", "audit")} == {
        name: source[name] for name in ("patients", "audit")
    }


def test_values_are_masked_unless_asked_for(nasty: Path, postgres_url: str) -> None:
    hidden = str(api.plan(str(nasty), postgres_url, api.Options(as_is=True)).to_dict())
    assert "B\\x00b" not in hidden
    assert "777" not in hidden
    assert "B\\\\x00b" in str(api.plan(str(nasty), postgres_url, api.Options(as_is=True, show_values=True)).to_dict())


def test_a_few_strays_keep_the_declared_type_and_many_widen_it(tmp_path: Path, postgres_url: str) -> None:
    script = (
        "CREATE TABLE few (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE many (id INTEGER PRIMARY KEY, v INTEGER);"
    )
    numbers = [(number,) for number in range(999)]
    source = make(tmp_path / "strays.db", script, [
        ("INSERT INTO few (v) VALUES (?)", [*numbers, ("n/a",)]),
        ("INSERT INTO many (v) VALUES (?)", [*numbers[:50], *[("n/a",)] * 50]),
    ])  # fmt: skip
    report = api.plan(str(source), postgres_url, api.Options(as_is=True))
    becomes = {table.name: table.columns[1].becomes for table in report.tables}
    assert becomes == {"few": "bigint", "many": "text (numbers and text as text)"}
    assert report.reject_count == 1
    chosen = api.plan(str(source), postgres_url, api.Options(as_is=True, kinds={"few.v": "mixed_text"}))
    assert (chosen.exit_code, chosen.reject_count) == (0, 0)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE patients SET weight_g = 981 WHERE id = 1", "weight_g"),
        ("DELETE FROM vitals WHERE id = 2", ""),
        ("INSERT INTO patients (mrn) VALUES ('new')", ""),
        ("UPDATE vitals SET at = at + interval '1 microsecond' WHERE id = 3", "at"),
        ("UPDATE vitals SET hr = 98.30000000000001 WHERE id = 3", "hr"),
        ("UPDATE audit SET what = '' WHERE ctid = (SELECT max(ctid) FROM audit)", ""),
        ("SELECT setval(pg_get_serial_sequence('patients', 'id'), 1)", "sequence"),
    ],
)
def test_one_changed_value_is_found_and_named(nasty: Path, postgres_url: str, statement: str, column: str) -> None:
    api.run(str(nasty), postgres_url, api.Options(as_is=True, on_reject="quarantine"))
    with psycopg.connect(postgres_url) as connection:
        connection.execute(statement.encode())
    report = api.verify(str(nasty), postgres_url, api.Options(as_is=True))
    assert report.exit_code == 1
    assert column in {item["column"] for item in report.differences}
