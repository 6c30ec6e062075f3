"""Targets whose role, database or environment asks for another way of speaking: the same values must arrive."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from nicu_dashboard.migration import api
from tests.migration.files import contents, make

QUARANTINE = api.Options(as_is=True, on_reject="quarantine")
NAMES = ["Zoë Müller", "Łucja 東", "plain"]


def ask_for(url: str, **settings: str) -> None:
    """Set defaults of a database, as an administrator may."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings.items():
            database, setting = sql.Identifier(connection.info.dbname), sql.Identifier(name)
            connection.execute(sql.SQL("ALTER DATABASE {} SET {} = {}").format(database, setting, value))


@pytest.mark.parametrize("asked_by", ["the database", "the environment"])
def test_text_arrives_whatever_encoding_is_asked_for(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, asked_by: str
) -> None:
    source = make(
        tmp_path / "names.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
        [("INSERT INTO t (name) VALUES (?)", [(name,) for name in NAMES])],
    )
    if asked_by == "the database":
        ask_for(postgres_url, client_encoding="LATIN1")
    else:
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert api.run(str(source), postgres_url, QUARANTINE).exit_code == 0
    with psycopg.connect(postgres_url, client_encoding="utf8") as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM t ORDER BY id")] == NAMES
    assert api.verify(str(source), postgres_url, api.Options(as_is=True, thorough=True)).exit_code == 0
    assert api.roll_back(postgres_url, str(tmp_path / "back.db")).exit_code == 0
    assert contents(tmp_path / "back.db") == contents(source)


def test_defaults_mean_the_same_whatever_a_server_makes_of_literals(tmp_path: Path, postgres_url: str) -> None:
    source = make(
        tmp_path / "defaults.db",
        r"CREATE TABLE t (id INTEGER PRIMARY KEY, a DEFAULT 'C:\new\0', b BLOB DEFAULT x'00ff', c TEXT DEFAULT '\',"
        " at DATETIME DEFAULT '2024-02-03 04:05:06'); INSERT INTO t (id, at) VALUES (1, '2024-01-31 00:00:00');",
    )
    ask_for(postgres_url, standard_conforming_strings="off", DateStyle="German", IntervalStyle="sql_standard")
    assert api.run(str(source), postgres_url, QUARANTINE).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute(
            "INSERT INTO t (id) VALUES (2) RETURNING a, b, c, to_char(at, 'YYYY-MM-DD HH24:MI:SS')"
        )
        assert row.fetchone() == ("C:\\new\\0", b"\0\xff", "\\", "2024-02-03 04:05:06")
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM t WHERE id = 2")
    ask_for(postgres_url, DateStyle="ISO", IntervalStyle="postgres")
    assert api.verify(str(source), postgres_url, QUARANTINE).exit_code == 0


@pytest.fixture
def small(tmp_path: Path) -> str:
    return str(
        make(tmp_path / "small.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a')")
    )


@pytest.mark.parametrize("schema", ["nicu_migration", "pg_ward", "", "x" * 64])
def test_a_schema_that_cannot_take_the_tables_is_told_by_the_plan(small: str, postgres_url: str, schema: str) -> None:
    for command in (api.plan, api.run):
        report = command(small, postgres_url, api.Options(as_is=True, schema=schema))
        assert (report.exit_code, "--schema" in report.summary) == (2, True), report.summary


def test_a_database_that_is_read_only_is_told_by_the_plan(small: str, postgres_url: str) -> None:
    ask_for(postgres_url, default_transaction_read_only="on")
    report = api.plan(small, postgres_url, QUARANTINE)
    assert (report.exit_code, "default_transaction_read_only" in report.summary) == (2, True), report.summary


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("v", "timestamptz:iso:x"),
        ("v", "timestamptz:iso:"),
        ("v", "timestamp:iso:T9!Z"),
        ("v", "bigint:x"),
        ("id", "text"),
    ],
)
def test_a_type_that_no_column_can_have_is_refused_by_name(
    small: str, postgres_url: str, column: str, kind: str
) -> None:
    report = api.run(small, postgres_url, api.Options(as_is=True, kinds={f"t.{column}": kind}))
    assert (report.exit_code, (kind if column == "v" else "t.id") in report.summary) == (2, True), report.summary
