"""Rows that point nowhere are counted as SQLite counts them, whether an index spares reading every row or not."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.orphans import FEW, orphans_of

SCRIPT = """
CREATE TABLE babies (id INTEGER PRIMARY KEY, mrn TEXT UNIQUE);
CREATE TABLE seen (baby INTEGER REFERENCES babies, hr REAL);
CREATE TABLE asked (baby INTEGER REFERENCES babies (id), mrn TEXT REFERENCES babies (mrn));
CREATE TABLE loose (baby REFERENCES babies);
CREATE INDEX seen_by_baby ON seen (baby DESC, hr);
CREATE INDEX asked_by_baby ON asked (baby) WHERE mrn IS NOT NULL;
CREATE INDEX loose_by_baby ON loose (baby);
"""
CHECKS = "pragma_foreign_key_check"


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        file.executescript(SCRIPT)
        file.executemany("INSERT INTO babies VALUES (?, ?)", [(number, f"M{number}") for number in range(1, 41)])
        yield file


def counted(file: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Return what SQLite's own check finds."""
    return dict(Counter((row[0], row[2]) for row in file.execute("PRAGMA foreign_key_check")))


def found(file: sqlite3.Connection) -> tuple[dict[tuple[str, str], int], list[str]]:
    """Return what ours finds, and the tables of which every row was checked for it."""
    said = list[str]()
    file.set_trace_callback(said.append)
    orphans = orphans_of(file, read_catalog(file))
    file.set_trace_callback(None)
    return orphans, [line.split("'")[1] for line in said if CHECKS in line]


def test_an_index_over_few_values_spares_reading_every_row(file: sqlite3.Connection) -> None:
    file.executemany("INSERT INTO seen VALUES (?, ?)", [(number % 40 + 1 or None, number) for number in range(4_000)])
    file.execute("INSERT INTO seen VALUES (NULL, 1), (NULL, 2)")
    assert found(file) == ({}, ["asked"])  # its index leaves rows out


@pytest.mark.parametrize("odd", [0, 41, -7, 2**62, "none", b"\x01", 1.5])
@pytest.mark.parametrize("table", ["seen", "asked", "loose"])
def test_one_row_that_points_nowhere_is_counted(file: sqlite3.Connection, table: str, odd: object) -> None:
    file.executemany(f"INSERT INTO {table} (baby) VALUES (?)", [(number % 40 + 1,) for number in range(400)])
    file.execute(f"INSERT INTO {table} (baby) VALUES (?)", (odd,))
    assert found(file) == ({(table, "babies"): 1}, sorted({"asked", table}))
    assert counted(file) == {(table, "babies"): 1}


def test_more_values_than_are_looked_up_one_by_one_are_checked_row_by_row(file: sqlite3.Connection) -> None:
    file.executemany("INSERT INTO babies (id) VALUES (?)", [(number,) for number in range(100, 100 + FEW)])
    file.executemany("INSERT INTO seen (baby) VALUES (?)", [(number,) for number in range(100, 100 + FEW + 1)])
    assert found(file) == ({("seen", "babies"): 1}, ["asked", "seen"])


@pytest.mark.parametrize("seed", range(20))
def test_random_rows_are_counted_as_sqlite_counts_them(file: sqlite3.Connection, seed: int) -> None:
    chance = random.Random(seed)
    values = [None, *range(1, 41), *chance.sample([0, 41, "1", "M1", 2.0, 2.5, b"1"], chance.randrange(4))]
    for table in ("seen", "asked", "loose"):
        rows = [(chance.choice(values),) for _ in range(chance.randrange(60))]
        file.executemany(f"INSERT INTO {table} (baby) VALUES (?)", rows)
    assert found(file)[0] == counted(file)
