"""A target whose tables somebody has changed since the move: told as it is, and nothing is read as what it is not."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import contents, make

AS_IS = api.Options(as_is=True)
SCRIPT = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, d JSON, h BLOB, at DATETIME);
INSERT INTO t VALUES (1, 5, '{"a":  1}', x'00ff', 1700000000123); CREATE TABLE other (v); INSERT INTO other VALUES (1);
"""
CHANGES = {
    "ALTER a TYPE integer": ("column a", "bigint"),
    "ALTER d TYPE jsonb USING d::jsonb": ("column d", "json"),
    "ALTER h TYPE text USING encode(h, 'hex')": ("column h", "bytea"),
    "RENAME a TO b": ("column a", "bigint"),
    "RENAME TO elsewhere": ("table", "name back"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_type_is_a_difference_and_stops_the_way_back(tmp_path: Path, postgres_url: str, change: str) -> None:
    source, back, (what, named) = make(tmp_path / "t.db", SCRIPT), tmp_path / "back.db", CHANGES[change]
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"ALTER TABLE t {change}".encode())
    for thorough in (False, True):
        report = api.verify(str(source), postgres_url, api.Options(as_is=True, thorough=thorough))
        assert (report.exit_code, [item["column"] for item in report.differences]) == (1, [what]), report.summary
        assert [item["name"] for item in report.not_compared] == ["t"]
    stopped = api.roll_back(postgres_url, str(back), AS_IS)
    assert (stopped.exit_code, named in stopped.next_step, back.exists()) == (2, True, False), stopped.summary


def test_what_reads_the_same_and_what_is_new_stops_nothing(tmp_path: Path, postgres_url: str) -> None:
    source, back = make(tmp_path / "t.db", "CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('x')"), tmp_path / "back.db"
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE t ALTER v TYPE varchar(50), ADD COLUMN n integer DEFAULT 5")
    assert api.roll_back(postgres_url, str(back), AS_IS).exit_code == 0
    assert contents(back) == contents(source)


STRANGE = ['{"a": 1}', '{"$blob": 5}', '{"$blob": "!"}', '{"$real": "x"}', "true", "99999999999999999999", '"\\ud800"']


@pytest.mark.parametrize("value", STRANGE)
def test_json_that_no_value_of_sqlite_is_is_told_by_row(tmp_path: Path, postgres_url: str, value: str) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (1), ('x'), (x'00'), (0.5), (NULL);"
    source = make(tmp_path / "t.db", script)
    assert api.run(str(source), postgres_url, AS_IS).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE t SET v = %s WHERE id = 2", (value,))
    seen = api.verify(str(source), postgres_url, AS_IS)
    assert (seen.exit_code, [item["key"] for item in seen.differences]) == (1, ["id=2"]), seen.summary
    stopped = api.roll_back(postgres_url, str(tmp_path / "back.db"), AS_IS)
    assert (stopped.exit_code, [item["key"] for item in stopped.rejects]) == (1, ["id=2"]), stopped.summary
