"""Files of other people's habits: what they hold comes back as it was, and what cannot is told before."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import contents, make, schema

AS_IS = api.Options(as_is=True)
QUARANTINE = api.Options(as_is=True, on_reject="quarantine")
SEARCHES = """
CREATE TABLE docs (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO docs VALUES (1, 'one apple'), (3, 'three pears'), (7, 'seven plums');
CREATE VIRTUAL TABLE beside USING fts5 (body, content = 'docs', content_rowid = 'id');
INSERT INTO beside (beside) VALUES ('rebuild');
CREATE VIRTUAL TABLE within USING fts5 (body); INSERT INTO within (rowid, body) VALUES (10, 'ten'), (20, 'twenty');
CREATE VIRTUAL TABLE older USING fts4 (body); INSERT INTO older (docid, body) VALUES (5, 'five');
CREATE VIRTUAL TABLE words USING fts5vocab (within, row);
"""
FOUND = {"beside": ("plums", 7), "within": ("twenty", 20), "older": ("five", 5)}


def there_and_back(source: Path, url: str) -> Path:
    """Move a file, verify it, and bring it back."""
    back = source.with_name("back.db")
    for report in (
        api.plan(str(source), url, AS_IS),
        api.run(str(source), url, AS_IS),
        api.verify(str(source), url, api.Options(as_is=True, thorough=True)),
        api.roll_back(url, str(back), AS_IS),
    ):
        assert report.exit_code == 0, (report.command, report.summary, report.differences, report.rejects)
    assert schema(back) == schema(source)
    return back


def test_words_for_infinity_and_no_number_stay_words_beside_numbers(tmp_path: Path, postgres_url: str) -> None:
    values = ["inf", "-inf", "nan", "Infinity", "NaN", math.inf, -math.inf, 1, 2.5, "lost"]
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, a NUMERIC, b INTEGER, c REAL, d INTEGER_OR_TEXT)"
    rows = [(value, value, value, value) for value in values]
    source = make(tmp_path / "words.db", script, [("INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)", rows)])
    back = there_and_back(source, postgres_url)
    assert contents(back) == contents(source)
    with psycopg.connect(postgres_url) as connection:
        told = connection.execute("SELECT a FROM t WHERE id <= 7 ORDER BY id").fetchall()
    assert [value for (value,) in told] == ["inf", "-inf", "nan", "Infinity", "NaN", "9e999", "-9e999"]


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-05:00"])
def test_an_instant_that_its_offset_takes_out_of_the_calendar_stays_text(
    tmp_path: Path, postgres_url: str, edge: str
) -> None:
    rows = [(edge,), (f"2024-01-01T00:00:00{edge[-6:]}",)]
    source = make(tmp_path / "edge.db", "CREATE TABLE t (at DATETIME)", [("INSERT INTO t VALUES (?)", rows)])
    assert contents(there_and_back(source, postgres_url)) == contents(source)


def test_rows_that_point_at_a_key_in_other_letters_are_no_orphans(tmp_path: Path, postgres_url: str) -> None:
    script = """CREATE TABLE unit (code TEXT PRIMARY KEY COLLATE NOCASE, room TEXT COLLATE RTRIM UNIQUE);
    CREATE TABLE bed (id INTEGER PRIMARY KEY, unit TEXT REFERENCES unit);
    INSERT INTO unit VALUES ('ICU', 'a'), ('Ward', 'b'); INSERT INTO bed VALUES (1, 'icu'), (2, 'WARD');"""
    source = make(tmp_path / "letters.db", script)
    assert contents(there_and_back(source, postgres_url)) == contents(source)
    told = api.plan(str(source), postgres_url, AS_IS).not_carried
    assert [(item["what"], item["name"]) for item in told] == [("foreign key", "bed(unit) → unit")]
    for statement in ("INSERT INTO unit VALUES ('icu', 'c')", "INSERT INTO unit VALUES ('x', 'a  ')"):
        with psycopg.connect(postgres_url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(statement.encode())


def test_what_programs_write_into_the_head_of_a_file_comes_back(tmp_path: Path, postgres_url: str) -> None:
    marks = {"auto_vacuum": 2, "application_id": 252_006_674, "user_version": -42}
    script = "".join(f"PRAGMA {name} = {value};" for name, value in marks.items()) + "CREATE TABLE t (v)"
    back = there_and_back(make(tmp_path / "marked.db", script), postgres_url)
    with closing(sqlite3.connect(back)) as file:
        assert {name: file.execute(f"PRAGMA {name}").fetchone()[0] for name in marks} == marks


def test_searches_find_the_same_rows_after_the_way_back(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "searches.db", SEARCHES)
    back = there_and_back(source, postgres_url)
    assert contents(back) == contents(source)
    with closing(sqlite3.connect(back)) as file:
        for table, (word, row_id) in FOUND.items():
            found = file.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (word,)).fetchall()
            assert found == [(row_id,)], table


def test_a_search_that_keeps_no_text_is_told(tmp_path: Path, postgres_url: str) -> None:
    script = "CREATE VIRTUAL TABLE s USING fts5 (body, content=''); INSERT INTO s (rowid, body) VALUES (4, 'four');"
    report = api.plan(str(make(tmp_path / "bare.db", script)), postgres_url, AS_IS)
    assert "keeps no text" in report.not_carried[0]["why"]


def test_a_virtual_table_of_an_unknown_module_hinders_nothing(tmp_path: Path, postgres_url: str) -> None:
    script = """CREATE TABLE kept (v); INSERT INTO kept VALUES (1); PRAGMA writable_schema = ON;
    INSERT INTO sqlite_schema VALUES ('table', 'map', 'map', 0, 'CREATE VIRTUAL TABLE map USING unheard_of (a)');"""
    source = make(tmp_path / "unknown.db", script)
    there_and_back(source, postgres_url)
    told = api.verify(str(source), postgres_url, AS_IS).not_carried
    assert [(item["name"], "unheard_of" in item["why"]) for item in told] == [("map", True)]


def test_defaults_that_look_like_numbers_mean_what_they_meant(tmp_path: Path, postgres_url: str) -> None:
    script = """CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER DEFAULT '1e30', b REAL DEFAULT 'nan',
    c INTEGER DEFAULT '9007199254740993', d NUMERIC DEFAULT '1_0', e NUMERIC DEFAULT '9223372036854775808',
    f INTEGER DEFAULT ' 12 '); INSERT INTO t VALUES (1, 0.5, 'x', 1, 'x', 0.5, 1), (2, 2, 2, 2, 2, 2, 2);"""
    source = make(tmp_path / "defaults.db", script)
    there_and_back(source, postgres_url)
    asked = "INSERT INTO t (id) VALUES (3) RETURNING {}"
    with closing(sqlite3.connect(source)) as file, psycopg.connect(postgres_url) as connection:
        shown = "CAST(b AS TEXT), c, CAST(d AS TEXT), f"
        ours = file.execute(asked.format(shown)).fetchone()
        theirs = connection.execute(asked.format(f"{shown}, a, e").encode()).fetchone()
    assert theirs is not None
    assert (theirs[:4], float(str(theirs[4])), float(str(theirs[5]))) == (ours, 1e30, 2.0**63)


def test_text_that_only_seems_to_be_json_stays_text(tmp_path: Path, postgres_url: str) -> None:
    rows = [('\ufeff{"a": 1}',), ('{"a": 2}',)]
    source = make(tmp_path / "json.db", "CREATE TABLE t (j JSON)", [("INSERT INTO t VALUES (?)", rows)])
    assert contents(there_and_back(source, postgres_url)) == contents(source)


def test_broken_text_of_a_file_in_utf_16_comes_back_as_it_was(tmp_path: Path, postgres_url: str) -> None:
    script = """PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO t (v) VALUES ('ä€😀'), (CAST(x'00d8' AS TEXT)), (CAST(x'410000004200' AS TEXT));"""
    source, back = make(tmp_path / "wide.db", script), tmp_path / "back.db"
    assert api.run(str(source), postgres_url, QUARANTINE).reject_count == 2
    assert api.roll_back(postgres_url, str(back), AS_IS).exit_code == 0
    assert contents(back) == contents(source)


def test_instants_that_may_be_the_same_stay_apart_where_they_are_unique(tmp_path: Path, postgres_url: str) -> None:
    rows = [(1_700_000_000,), ("2023-11-14 22:13:20",), ("2023-11-14T22:13:20Z",)]
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME UNIQUE)"
    source = make(tmp_path / "same.db", script, [("INSERT INTO t (at) VALUES (?)", rows)])
    assert contents(there_and_back(source, postgres_url)) == contents(source)


def test_a_table_of_many_columns_is_no_hindrance(tmp_path: Path, postgres_url: str) -> None:
    columns = ", ".join(f"c{number} DOUBLE" for number in range(1_100))
    script = f"CREATE TABLE t ({columns}); INSERT INTO t (c1, c1099) VALUES (1.5, 2.5), (NULL, -0.5);"
    source = make(tmp_path / "columns.db", script)
    with (
        closing(sqlite3.connect(there_and_back(source, postgres_url))) as back,
        closing(sqlite3.connect(source)) as file,
    ):
        assert [*back.execute("SELECT * FROM t")] == [*file.execute("SELECT * FROM t")]


def test_a_foreign_key_that_postgresql_refuses_is_told_and_holds_nothing_up(tmp_path: Path, postgres_url: str) -> None:
    script = """CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);
    CREATE TABLE b (id INTEGER PRIMARY KEY, p INTEGER,
        q INTEGER AS (p + 0) STORED REFERENCES a (id) ON DELETE SET NULL); INSERT INTO b (id, p) VALUES (1, 1);"""
    source, back = make(tmp_path / "key.db", script), tmp_path / "back.db"
    for report in (api.run(str(source), postgres_url, AS_IS), api.verify(str(source), postgres_url, AS_IS)):
        assert (report.exit_code, report.difference_count) == (1, 0), report.summary
        assert [item["name"] for item in report.not_carried] == ["b_q_fkey1"]
    assert api.roll_back(postgres_url, str(back), AS_IS).exit_code == 0
    assert contents(back) == contents(source)


def test_a_row_that_a_rule_of_the_file_refuses_does_not_block_the_way_back(tmp_path: Path, postgres_url: str) -> None:
    script = "CREATE TABLE t (name TEXT PRIMARY KEY, n INTEGER CHECK (typeof(n) = 'integer' AND n > 0))"
    source, back = (
        make(tmp_path / "rule.db", script, [("INSERT INTO t VALUES (?, 1)", [("a",), ("b",)])]),
        tmp_path / "x",
    )
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0  # the check is not carried, and told
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO t VALUES ('Smith, John', 0)")
    stopped = api.roll_back(postgres_url, str(back), AS_IS)
    assert (stopped.exit_code, back.exists(), [item["key"] for item in stopped.rejects]) == (
        1,
        False,
        ["name=‹hidden›"],
    )
    written = api.roll_back(postgres_url, str(back), QUARANTINE)
    assert (written.exit_code, written.reject_count, written.difference_count) == (1, 1, 0), written.summary
    assert contents(back) == contents(source)


@pytest.mark.parametrize("change", ["n = 0.1 + 1e-40", """j = '{"a": 1.5000000000000000000000000000000000000001}'"""])
def test_a_digit_far_behind_is_a_difference_too(tmp_path: Path, postgres_url: str, change: str) -> None:
    script = (
        """CREATE TABLE t (id INTEGER PRIMARY KEY, n DECIMAL, j JSON); INSERT INTO t VALUES (1, 0.1, '{"a": 1.50}');"""
    )
    source, options = make(tmp_path / "digits.db", script), api.Options(as_is=True, kinds={"t.j": "jsonb"})
    assert api.run(str(source), postgres_url, options).exit_code == 0
    assert api.verify(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"UPDATE t SET {change}".encode())
    report = api.verify(str(source), postgres_url, AS_IS)
    assert (report.exit_code, [item["column"] for item in report.differences]) == (1, [change[0]])
    if change.startswith("n"):
        back = api.roll_back(postgres_url, str(tmp_path / "back.db"), AS_IS)
        assert (back.exit_code, "more digits" in back.rejects[0]["reason"]) == (1, True)


def test_a_column_that_is_computed_of_a_computed_one_keeps_its_values(tmp_path: Path, postgres_url: str) -> None:
    script = """CREATE TABLE t (a INTEGER, b INTEGER AS (a + 1) UNIQUE, c INTEGER AS (b * 2) STORED);
    INSERT INTO t (a) VALUES (1), (NULL), (7);"""
    source = make(tmp_path / "computed.db", script)
    assert contents(there_and_back(source, postgres_url)) == contents(source)


def test_a_key_that_may_be_null_and_hidden_row_ids_lose_no_row(tmp_path: Path, postgres_url: str) -> None:
    rows = [(f"k{number}" if number % 3 else None,) for number in range(40)]
    script = "CREATE TABLE t (rowid, _rowid_, oid, k TEXT PRIMARY KEY)"
    source = make(tmp_path / "hidden.db", script, [("INSERT INTO t (k) VALUES (?)", rows)])
    report = api.run(str(source), postgres_url, api.Options(as_is=True, chunk_rows=7))
    assert (report.exit_code, report.difference_count) == (0, 0), report.summary
    assert api.roll_back(postgres_url, str(tmp_path / "back.db"), AS_IS).exit_code == 0
    assert contents(tmp_path / "back.db") == contents(source)
