"""Random schemas and values, SQLite → PostgreSQL → SQLite: equal again, and what PostgreSQL cannot hold is told."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nicu_dashboard.migration import api
from nicu_dashboard.migration.kinds import SqliteValue, codec
from nicu_dashboard.migration.plan import Plan
from tests.migration.files import contents
from tests.postgres import PostgresServer

DECLARED = (
    "INTEGER", "INT", "BIGINT", "TEXT", "VARCHAR(20)", "REAL", "DOUBLE", "BLOB", "", "NUMERIC", "DECIMAL(10,2)",
    "BOOLEAN", "DATETIME", "TIMESTAMP", "DATE", "JSON", "STRING",
)  # fmt: skip
NAMES = st.text("abXY_ \"'%;é€0", min_size=1, max_size=12)
BROKEN = st.binary(max_size=6).map(lambda raw: raw + b"\xff").map(lambda raw: raw.decode("utf-8", "surrogateescape"))
ISO = st.datetimes().map(lambda at: at.isoformat(" ", "milliseconds")) | st.datetimes().map(
    lambda at: f"{at.isoformat()}Z"
)
CLASSES: dict[str, st.SearchStrategy[SqliteValue]] = {
    "small": st.integers(0, 1),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "epoch": st.integers(1_600_000_000_000, 1_800_000_000_000),
    "real": st.floats(allow_nan=False),
    "julian": st.floats(2_440_000.5, 2_470_000.5),
    "text": st.text(max_size=12) | st.text("0123456789.-e+ ", max_size=6),
    "broken": BROKEN,
    "blob": st.binary(max_size=8),
    "iso": ISO,
    "day": st.dates().map(str),
    "json": st.recursive(st.none() | st.integers() | st.text(max_size=4), st.lists, max_leaves=4).map(json.dumps),
}
KEYS = ("none", "rowid", "text", "without rowid")


@dataclass
class RandomTable:
    name: str
    columns: list[tuple[str, str]]
    key: str
    rows: list[list[SqliteValue]]

    def write(self, path: Path) -> None:
        names = [_quoted(name) for name, _ in self.columns]
        parts = [f"{name} {declared}" for name, (_, declared) in zip(names, self.columns, strict=True)]
        if self.key == "rowid":
            parts[0] = f"{names[0]} INTEGER PRIMARY KEY"
        elif self.key != "none":
            parts.append(f"PRIMARY KEY ({names[0]}, {names[-1]})" if len(names) > 1 else f"PRIMARY KEY ({names[0]})")
        tail = " WITHOUT ROWID" if self.key == "without rowid" else ""
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(f"CREATE TABLE {_quoted(self.name)} ({', '.join(parts)}){tail}")
            for row in self.rows:
                self._insert(file, row)

    def _insert(self, file: sqlite3.Connection, row: list[SqliteValue]) -> None:
        marks = ", ".join("CAST(? AS TEXT)" if isinstance(value, str) else "?" for value in row)
        raw = [value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value for value in row]
        with suppress(sqlite3.IntegrityError):  # a lone INTEGER key is the row's number: SQLite takes no blob for it
            file.execute(f"INSERT OR IGNORE INTO {_quoted(self.name)} VALUES ({marks})", raw)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _filling(draw: st.DrawFn) -> st.SearchStrategy[SqliteValue]:
    classes = draw(st.lists(st.sampled_from(sorted(CLASSES)), min_size=1, max_size=2))
    return st.one_of(st.none(), *(CLASSES[name] for name in classes))


@st.composite
def tables(draw: st.DrawFn) -> RandomTable:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.lower))
    columns = [(name, draw(st.sampled_from(DECLARED))) for name in names]
    key = draw(st.sampled_from(KEYS))
    fillings = [_filling(draw) for _ in names]
    rows = draw(st.lists(st.tuples(*fillings).map(list), max_size=8))
    if key == "rowid":
        rows = [[number * 3 - 5, *row[1:]] for number, row in enumerate(rows)]
    elif key == "without rowid":
        rows = [["k" if value is None else value for value in row] for row in rows]
    return RandomTable(draw(NAMES.filter(lambda name: not name.lower().startswith("sqlite_"))), columns, key, rows)


@pytest.fixture(scope="module")
def target(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


def _empty(target: str) -> None:
    with psycopg.connect(target) as connection:
        connection.execute("DROP SCHEMA IF EXISTS nicu_migration CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _normal(path: Path, plan: Plan) -> object:
    """Return what a file holds, instants of mixed writing as instants."""
    found = contents(path)
    for table in plan.tables:
        for place, column in enumerate(table.columns):
            if column.kind.habit.startswith("mixed/"):
                encode = codec(column.kind)[0]
                found[table.source] = type(found[table.source])(
                    {_with(row, place, encode(row[place][1]) if row[place][1] is not None else None): count  # type: ignore[arg-type]
                     for row, count in found[table.source].items()}
                )  # fmt: skip
    return found


def _with(row: tuple[tuple[str, object], ...], place: int, value: object) -> tuple[tuple[str, object], ...]:
    return (*row[:place], ("instant", value), *row[place + 1 :])


@settings(max_examples=int(os.environ.get("NICU_ROUND_TRIPS", "60")), suppress_health_check=list(HealthCheck))
@given(table=tables(), lane=st.sampled_from(["plain", "exact"]))
@example(RandomTable("t", [("id", "INTEGER")], "text", [[7], [b""]]), "plain")
def test_random_tables_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, target: str, table: RandomTable, lane: str
) -> None:
    folder = tmp_path_factory.mktemp("round")
    source, back = folder / "source.db", folder / "back.db"
    table.write(source)
    _empty(target)

    options = api.Options(as_is=True, on_reject="quarantine", lane=lane)
    planned = api.plan(str(source), target, options)
    moved = api.run(str(source), target, options)
    assert moved.difference_count == 0, (moved.summary, moved.differences)
    assert moved.exit_code == (1 if moved.reject_count else 0), moved.summary
    assert planned.exit_code == moved.exit_code
    assert planned.reject_count == moved.reject_count

    returned = api.roll_back(target, str(back))
    assert (returned.exit_code, returned.differences) == (0, []), returned.summary
    with psycopg.connect(target) as connection:
        row = connection.execute("SELECT plan FROM nicu_migration.runs").fetchone()
    assert row is not None
    plan = Plan.from_json(row[0])
    assert _normal(back, plan) == _normal(source, plan)
