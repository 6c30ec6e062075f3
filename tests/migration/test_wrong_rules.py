"""What `verify` and a second `run` must not let pass: a rule dropped in the target, the sign of a zero, a reject."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import make
from tests.migration.wards import filled

AS_IS = api.Options(as_is=True)
SOUND = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, x REAL CHECK (x < 9), made TEXT DEFAULT 'm');
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) ON DELETE CASCADE, "Order" TEXT);
CREATE TABLE keyed (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE INDEX sorted ON child ("Order");
INSERT INTO parent (id, name, x) VALUES (1, 'a', 0.0), (2, 'b', 1.5);
INSERT INTO child VALUES (1, 1, 'o');
INSERT INTO keyed VALUES ('k', 1);
"""
ORPHAN = """
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id));
INSERT INTO child VALUES (1, 1);
"""
DROPPED = {
    "ALTER TABLE child DROP CONSTRAINT {foreign}": "constraint",
    "ALTER TABLE parent DROP CONSTRAINT {check}": "constraint",
    "ALTER TABLE keyed DROP CONSTRAINT keyed_pkey": "constraint",
    "ALTER TABLE parent ALTER name DROP NOT NULL": "column name",
    "ALTER TABLE parent ALTER made SET DEFAULT 'other'": "column made",
    "DROP INDEX sorted": "index sorted",
}


@pytest.mark.parametrize("statement", DROPPED)
def test_a_rule_that_is_gone_is_a_difference(tmp_path: Path, postgres_url: str, statement: str) -> None:
    source = make(tmp_path / "some.db", SOUND)
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        names = {
            str(kind): f'"{name}"'
            for kind, name in connection.execute(
                "SELECT CASE contype WHEN 'f' THEN 'foreign' ELSE 'check' END, conname FROM pg_constraint"
                " WHERE contype IN ('f', 'c') AND connamespace = 'public'::regnamespace"
            )
        }
        connection.execute(statement.format(**names).encode())
    report = api.verify(str(source), postgres_url)
    assert report.exit_code == 1, report.summary
    said = report.differences[0]
    assert said["column"].startswith(DROPPED[statement])
    assert (said["source"], said["target"] in ("gone", "changed since")) == ("as built", True)


def test_a_rule_of_the_dashboard_too_but_not_an_index_that_may_go(tmp_path: Path, postgres_url: str) -> None:
    source = filled(tmp_path / "nicu.db")
    assert api.run(str(source), postgres_url).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP INDEX idx_alarms_cot")
        connection.execute("CREATE INDEX of_a_person ON vitals (received_at)")
    assert api.verify(str(source), postgres_url).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE alarms ALTER triggered_at DROP NOT NULL")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, report.differences[0]["column"]) == (1, "column triggered_at")


def test_the_sign_of_a_zero_is_compared_in_a_small_table_too(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "some.db", SOUND)
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE parent SET x = '-0' WHERE id = 1")
    report = api.verify(str(source), postgres_url, api.Options(show_values=True))
    assert [(item["source"], item["target"]) for item in report.differences] == [("0.0", "-0.0")]


def test_a_second_run_says_what_the_first_has_left(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "some.db", ORPHAN)
    quarantine = api.Options(as_is=True, on_reject="quarantine")
    assert api.run(str(source), postgres_url, quarantine).exit_code == 1
    again = api.run(str(source), postgres_url, quarantine)
    assert (again.exit_code, again.reject_count, "in the rejects" in again.summary) == (1, 1, True)


def test_a_second_run_is_not_content_with_what_nobody_compared(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "some.db", SOUND)
    unverified = api.Options(as_is=True, verify=False)
    assert api.run(str(source), postgres_url, unverified).exit_code == 0
    again = api.run(str(source), postgres_url, AS_IS)
    assert (again.exit_code, "not verified" in again.summary, "verify" in again.next_step) == (1, True, True)
    assert api.run(str(source), postgres_url, unverified).exit_code == 0


def test_a_table_or_column_that_came_since_and_another_file_are_no_success(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "some.db", SOUND)
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    make(source, "CREATE TABLE later (a); ALTER TABLE child ADD COLUMN later INTEGER DEFAULT 5")
    report = api.verify(str(source), postgres_url)
    said = [(item["table"], item["column"], item["source"], item["target"]) for item in report.differences]
    assert report.exit_code == 1
    assert said == [("child", "column later", "there", "not moved"), ("later", "table", "there", "not moved")]


def test_a_key_onto_no_table_stops_no_row(tmp_path: Path, postgres_url: str) -> None:
    source = make(
        tmp_path / "some.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b (c)); INSERT INTO a VALUES (1, 2)"
    )
    assert [step(str(source), postgres_url, AS_IS).exit_code for step in (api.plan, api.run)] == [0, 0]


def test_differences_beyond_those_that_are_told_apart_are_said_to_be_more(tmp_path: Path, postgres_url: str) -> None:
    rows = [("INSERT INTO a VALUES (?, ?)", [(number, number) for number in range(150)])]
    source = make(tmp_path / "some.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER)", rows)
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE a SET b = -1")
    report = api.verify(str(source), postgres_url)
    assert (report.exit_code, report.summary) == (1, "at least 100 difference(s) between source and target.")
