"""Random schemas of several tables: keys of every shape, pointing at each other and in circles, come back the same."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nicu_dashboard.migration import api
from tests.migration.files import contents, schema
from tests.postgres import PostgresServer

NAMES = ("select", "Order", "user", "table", "xmin", "ctid", "a b", 'q"q', "ünï", "Group", "oid", "nicu_migration")
KEYS = ("INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT PRIMARY KEY", "pair", "pair WITHOUT ROWID")
ACTIONS = ("", " ON DELETE CASCADE", " ON UPDATE SET NULL", " DEFERRABLE INITIALLY DEFERRED")
GENERATED = ("n * 2 + 1", "n + r", "upper(t)", "t || n", "coalesce(n, 0)")
INDEXES = (
    "(n)", "(t DESC, n)", "(r) WHERE n > 0", "(lower(t))", "(t COLLATE NOCASE)", "(n, r DESC)",
)  # fmt: skip
HABITS = {
    "epoch s": lambda at: int(at.timestamp()),
    "epoch ms": lambda at: int(at.timestamp() * 1000),
    "epoch us": lambda at: int(at.timestamp()) * 1_000_000 + at.microsecond,
    "julian": lambda at: 2_440_587.5 + int(at.timestamp()) // 86_400,
    "iso Z": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "iso space": lambda at: at.strftime("%Y-%m-%d %H:%M:%S"),
    "iso offset": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+05:30"),
    "day": lambda at: at.strftime("%Y-%m-%d"),
}
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
PLAIN = {
    "n": st.none() | st.integers(-(2**31), 2**31),
    "r": st.none() | st.floats(-1e9, 1e9),
    "t": st.none() | st.text("abÜ€'\\ \t", max_size=6),
    "b": st.none() | st.binary(max_size=5),
    "big": st.none() | st.integers(-(2**63), 2**63 - 1),
}


@dataclass
class Ring:
    """Tables whose rows may point at any table of the ring, their own too."""

    names: list[str]
    keys: list[str]
    points_at: list[int]
    actions: list[str]
    generated: list[str]
    indexes: list[str]
    habits: list[str]
    filler: int
    rows: list[list[tuple[object, ...]]] = field(default_factory=list)

    def script(self) -> Iterator[str]:
        for number, name in enumerate(self.names):
            table, key = quoted(name), self.keys[number]
            lines = ["k INTEGER NOT NULL, l TEXT NOT NULL"] if key.startswith("pair") else [f"k {key}"]
            lines += ["n INTEGER DEFAULT 7", "r REAL", "t TEXT COLLATE NOCASE DEFAULT 'it''s'", "b BLOB", "big BIGINT"]
            lines += [
                "at DATETIME",
                *(f"f{place} {('INT', 'TEXT', 'REAL')[place % 3]}" for place in range(self.filler)),
            ]
            parent = self.points_at[number]
            lines += self._pointer(parent)
            lines.append(f"made AS ({self.generated[number]}) {'STORED' if number % 2 else 'VIRTUAL'}")
            lines += ["PRIMARY KEY (k, l)"] if key.startswith("pair") else []
            own, onto = ("p, q", "k, l") if self.keys[parent].startswith("pair") else ("p", "k")
            lines.append(f"FOREIGN KEY ({own}) REFERENCES {quoted(self.names[parent])} ({onto}){self.actions[number]}")
            yield f"CREATE TABLE {table} ({', '.join(lines)}){' WITHOUT ROWID' if 'WITHOUT' in key else ''}"
            yield f"CREATE INDEX {quoted(f'by {name}')} ON {table} {self.indexes[number]}"

    def _pointer(self, parent: int) -> list[str]:
        return [f"p {'TEXT' if self.keys[parent].startswith('TEXT') else 'INTEGER'}", "q TEXT"]

    def write(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as file, file:
            for statement in self.script():
                file.execute(statement)
            for name, key, rows in zip(self.names, self.keys, self.rows, strict=True):
                own = ["k", "l"] if key.startswith("pair") else ["k"]
                columns = [*own, *PLAIN, "at", "p", "q"]
                marks = ", ".join("?" * len(columns))
                file.executemany(f"INSERT INTO {quoted(name)} ({', '.join(columns)}) VALUES ({marks})", rows)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def keys_of(kind: str, count: int) -> list[tuple[object, ...]]:
    if kind.startswith("pair"):
        return [(number // 2, f"l{number % 2}") for number in range(count)]
    return [(f"k{number}" if kind.startswith("TEXT") else number * 3 - 4,) for number in range(count)]


@st.composite
def rings(draw: st.DrawFn) -> Ring:
    size = draw(st.integers(1, 3))

    def pick(choices: tuple[str, ...]) -> list[str]:
        return [draw(st.sampled_from(choices)) for _ in range(size)]

    names = draw(st.lists(st.sampled_from(NAMES), min_size=size, max_size=size, unique=True))
    points_at = [draw(st.integers(0, size - 1)) for _ in range(size)]
    filler = draw(st.sampled_from((0, 0, 0, 290)))
    ring = Ring(
        names, pick(KEYS), points_at, pick(ACTIONS), pick(GENERATED), pick(INDEXES), pick(tuple(HABITS)), filler
    )
    keys = [keys_of(kind, draw(st.integers(0, 6))) for kind in ring.keys]
    for number in range(size):
        parents = [(*key, None)[:2] for key in keys[points_at[number]]]
        pointers = st.sampled_from([(None, None), *parents])
        moments = st.none() | MOMENTS.map(HABITS[ring.habits[number]])
        rest = st.tuples(*PLAIN.values(), moments, pointers).map(lambda row: (*row[:-1], *row[-1]))
        ring.rows.append([(*key, *draw(rest)) for key in keys[number]])
    return ring


@pytest.fixture(scope="module")
def target(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


def _empty(target: str) -> None:
    with psycopg.connect(target) as connection:
        connection.execute("DROP SCHEMA IF EXISTS nicu_migration CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")


@settings(
    max_examples=int(os.environ.get("NICU_ROUND_TRIPS", "25")), suppress_health_check=list(HealthCheck),
    deadline=timedelta(minutes=1),
)  # fmt: skip
@given(ring=rings())
def test_rings_of_tables_come_back_the_same(tmp_path_factory: pytest.TempPathFactory, target: str, ring: Ring) -> None:
    folder = tmp_path_factory.mktemp("ring")
    source, back = folder / "source.db", folder / "back.db"
    ring.write(source)
    _empty(target)
    moved = api.run(str(source), target, api.Options(as_is=True))
    assert (moved.exit_code, moved.reject_count, moved.difference_count) == (0, 0, 0), (moved.summary, moved.rejects)
    assert not [item for item in moved.not_carried if item["what"] == "foreign key"]
    assert api.verify(str(source), target, api.Options(as_is=True, thorough=True)).exit_code == 0
    returned = api.roll_back(target, str(back))
    assert (returned.exit_code, returned.differences) == (0, []), returned.summary
    assert contents(back) == contents(source)
    assert schema(back) == schema(source)
