"""Every value that tools like to round, cut or drop arrives bit by bit, on each lane; what cannot is listed exactly."""

from __future__ import annotations

import sqlite3
import struct
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import make

REALS = [
    0.1, 98.3, 1 / 3, -0.0, 0.0, 1e999, -1e999, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**53,
    2.0**53 + 2, -(2.0**63), 1e22, 123456789.123456789, 4.35, 1e-7, 36.599999999999994,
]  # fmt: skip
WHOLES = [0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
TEXTS = [
    "",
    " ",
    "Ünïcödé",
    "👶🏽",
    "\u202eabc",
    "a\tb\r\n",
    "\\N",
    '"quoted", 1',
    "\u0001",
    "\ufeffx",
    "nul",
    "x" * 3_000,
]
BLOBS = [b"", b"\0", b"\xff\xfe", bytes(range(256)), b"\\x00"]
INSTANTS_US = [1_700_000_000_123_456, 1_700_000_000_000_001, 1_199_145_600_999_999, 4_102_444_800_000_000]
ISO_US = ["2024-01-01T00:00:00.123456Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z",
          "9999-12-31T23:59:59.999999Z", "2024-02-29T12:00:00.000001Z"]  # fmt: skip
ROWS = 6_000
SCRIPT = """
CREATE TABLE v (id INTEGER PRIMARY KEY, real REAL, number, whole INTEGER, text TEXT, blob BLOB, at DATETIME);
CREATE TABLE iso (id INTEGER PRIMARY KEY, at TIMESTAMP);
"""
ALL: tuple[Sequence[object], ...] = (REALS, REALS, WHOLES, TEXTS, BLOBS, INSTANTS_US)


def rows() -> list[tuple[object, ...]]:
    """Every value of every list, at other places of the stretch each time; NULLs between them."""
    return [
        tuple(None if (number + place) % 7 == 0 else values[(number * (place + 3)) % len(values)]
              for place, values in enumerate(ALL))
        for number in range(ROWS)
    ]  # fmt: skip


def write(path: Path) -> Path:
    return make(path, SCRIPT, [
        ("INSERT INTO v VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows()),
        ("INSERT INTO iso VALUES (NULL, ?)", [(text,) for text in ISO_US]),
    ])  # fmt: skip


def bits(value: object) -> object:
    return struct.pack(">d", value) if isinstance(value, float) else value


def as_read(path: Path) -> list[tuple[object, ...]]:
    """Return what SQLite itself gives back, reals as bits, instants as instants."""
    with closing(sqlite3.connect(path)) as file:
        found = file.execute("SELECT * FROM v ORDER BY id").fetchall()
    return [(*map(bits, row[:6]), from_us(row[6])) for row in found]


def from_us(us: int | None) -> datetime | None:
    return None if us is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


@pytest.mark.parametrize(("lane", "used"), [("auto", "columnar"), ("plain", "plain"), ("exact", "exact")])
def test_values_arrive_bit_by_bit(tmp_path: Path, postgres_url: str, lane: str, used: str) -> None:
    source = write(tmp_path / "values.db")
    options = api.Options(as_is=True, lane=lane, chunk_rows=3_000, workers=0)
    report = api.run(str(source), postgres_url, options)
    assert (report.exit_code, report.lanes) == (0, dict(Counter({used: ROWS}) + Counter(exact=len(ISO_US)))), report
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT * FROM v ORDER BY id", binary=True).fetchall()
        instants = connection.execute("SELECT at FROM iso ORDER BY id").fetchall()
    assert [at for (at,) in instants] == [datetime.fromisoformat(text) for text in ISO_US]
    for wanted, row in zip(as_read(source), found, strict=True):
        assert tuple(map(bits, row)) == wanted


@pytest.mark.parametrize("lane", ["auto", "plain"])
def test_what_cannot_arrive_is_listed_and_nothing_else_is(tmp_path: Path, postgres_url: str, lane: str) -> None:
    source = write(tmp_path / "values.db")
    with closing(sqlite3.connect(source)) as file, file:
        file.execute("UPDATE v SET text = 'a' || char(0) || 'b' WHERE id IN (1, 2999, 3001)")
        file.execute("UPDATE v SET text = CAST(x'6180' AS TEXT) WHERE id IN (2, 3000, 6000)")
    options = api.Options(as_is=True, lane=lane, chunk_rows=3_000, workers=0, on_reject="quarantine")
    report = api.run(str(source), postgres_url, options)
    assert (report.exit_code, report.difference_count) == (1, 0), report.summary
    nul, broken = "text that holds a NUL byte", "text that is no valid UTF-8"
    assert sorted((int(item["key"].partition("=")[2]), item["reason"]) for item in report.rejects) == [
        (1, nul), (2, broken), (2999, nul), (3000, broken), (3001, nul), (6000, broken),
    ]  # fmt: skip
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM v").fetchone() == (ROWS - 6,)
