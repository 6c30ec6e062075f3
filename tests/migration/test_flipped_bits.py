"""Bits flipped anywhere in a source: refused with the list of faults, or moved exactly as SQLite itself reads them."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import make

ROWS = 400
SCRIPT = """
CREATE TABLE patients (id INTEGER PRIMARY KEY, mrn TEXT NOT NULL UNIQUE);
CREATE TABLE vitals (id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patients (id), hr REAL, note TEXT);
CREATE INDEX by_hr ON vitals (hr);
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    chance = random.Random(5)
    path = make(tmp_path_factory.mktemp("sound") / "ward.db", SCRIPT, [
        ("INSERT INTO patients VALUES (?, ?)", [(number, f"M{number:05d}") for number in range(1, 41)]),
        ("INSERT INTO vitals VALUES (?, ?, ?, ?)",
         [(number, number % 40 + 1, chance.random() * 200, "Ünruhig, probe moved") for number in range(ROWS)]),
    ])  # fmt: skip
    return path.read_bytes()


def flipped(raw: bytes, seed: int) -> bytes:
    """Return the file with one to three bits flipped; of every third file one of them lies in its header."""
    chance = random.Random(seed)
    changed = bytearray(raw)
    for number in range(chance.randint(1, 3)):
        in_header = number == 0 and seed % 3 == 0
        changed[chance.randrange(100) if in_header else chance.randrange(100, len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def counted(path: Path) -> dict[str, int]:
    """Return how many rows SQLite finds by walking each table."""
    with closing(sqlite3.connect(path)) as file:
        file.text_factory = bytes
        return {name: len(file.execute(f"SELECT * FROM {name} NOT INDEXED").fetchall()) for name in
                ("patients", "vitals")}  # fmt: skip


@pytest.mark.parametrize("seed", range(int(os.environ.get("NICU_FLIPS", "12"))))
def test_flipped_bits_are_refused_or_moved_as_they_are_read(
    tmp_path: Path, postgres_url: str, sound: bytes, seed: int
) -> None:
    source = tmp_path / "ward.db"
    source.write_bytes(flipped(sound, seed))
    options = api.Options(as_is=True, on_reject="quarantine", workers=0)
    report = api.run(str(source), postgres_url, options)
    if report.exit_code == 2:
        with psycopg.connect(postgres_url) as connection:
            assert connection.execute("SELECT to_regnamespace('nicu_migration')").fetchone() == (None,), report.summary
        source.write_bytes(sound)
        mended = api.run(str(source), postgres_url, options)
        assert (mended.exit_code, sum(table.rows for table in mended.tables)) == (0, ROWS + 40), mended.summary
        return
    assert report.difference_count == 0, report.differences
    assert {table.name: table.rows for table in report.tables} == counted(source)
    verified = api.verify(str(source), postgres_url, api.Options(as_is=True, thorough=True, workers=0))
    assert (verified.exit_code, verified.difference_count) == (report.exit_code, 0), verified.summary
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM vitals),"
            " (SELECT count(*) FROM nicu_migration.rejects)"
        ).fetchone()
    assert row == (sum(counted(source).values()) - report.reject_count, report.reject_count)
