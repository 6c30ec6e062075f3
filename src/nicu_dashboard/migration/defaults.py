"""Defaults: a SQLite default as a default of the target column, or None when there is no equal."""

from __future__ import annotations

import re
import sqlite3

from nicu_dashboard.migration.catalog import SourceColumn
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.kinds import INT8, Kind, SqliteValue, codec
from nicu_dashboard.migration.names import literal

UTC_NOW = "(now() AT TIME ZONE 'UTC')"
NOW_WORDS = {"current_timestamp", "datetime('now')", "strftime('%y-%m-%d %h:%m:%s','now')"}
EPOCH_WORDS = {"strftime('%s','now')", "unixepoch()", "unixepoch('now')", "cast(strftime('%s','now')asinteger)"}
CONSTANT = re.compile(
    r"""\(*\s*([+-]?\s*[\d.]+(e[+-]?\d+)?|0x[0-9a-f]+|'(?:[^']|'')*'|x'[0-9a-f]*'|true|false)\s*\)*""", re.IGNORECASE
)
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
"""Text that SQLite takes for a number where a column is one of numbers."""


def translate_default(connection: sqlite3.Connection, column: SourceColumn, kind: Kind) -> str | None:
    """Return the DEFAULT expression for PostgreSQL, or None."""
    written = column.default
    if written is None or written.upper() == "NULL" or column.generated:
        return None
    if CONSTANT.fullmatch(written):
        return _constant(connection, written, column, kind)
    if written.startswith('"') and written.endswith('"'):
        return _literal(written[1:-1].replace('""', '"'), kind)
    plain = re.sub(r"\s+", " ", written.strip()).lower()
    while plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1].strip()
    return _clock(re.sub(r"\s*([(),])\s*", r"\1", plain), kind)


def _constant(connection: sqlite3.Connection, written: str, column: SourceColumn, kind: Kind) -> str | None:
    value = _with_affinity(connection, written, column.affinity)
    try:
        return _literal(value, kind)
    except Unfit:
        return None


def _with_affinity(connection: sqlite3.Connection, written: str, affinity: str) -> SqliteValue:
    value: SqliteValue = connection.execute(f"SELECT {written}").fetchone()[0]
    if affinity == "TEXT" and isinstance(value, int | float):
        return str(value)
    if affinity == "REAL" and isinstance(value, int):
        return float(value)
    if affinity in ("INTEGER", "NUMERIC", "REAL") and isinstance(value, str) and NUMBER.fullmatch(value):
        cast = "REAL" if affinity == "REAL" else "NUMERIC"
        value = connection.execute(f"SELECT CAST(? AS {cast})", (value,)).fetchone()[0]
    return value


def _literal(value: SqliteValue, kind: Kind) -> str:
    raw = codec(kind)[0](value)
    if kind.name in ("bigint", "double", "numeric"):
        return f"'{value!r}'" if str(value).startswith("-") or "inf" in str(value) else str(value)
    if kind.name == "boolean":
        return "true" if value else "false"
    if kind.name == "bytea":
        return f"'\\x{raw.hex()}'"
    if kind.name in ("timestamptz", "timestamp"):
        zone = "+00" if kind.name == "timestamptz" else ""
        return f"{kind.name} '2000-01-01 00:00:00{zone}' + interval '{INT8.unpack(raw)[0]} microseconds'"
    return literal(str(value) if kind.name == "date" else raw.removeprefix(b"\x01").decode())


def _clock(plain: str, kind: Kind) -> str | None:
    if plain in NOW_WORDS:
        known = {
            "timestamptz": "CURRENT_TIMESTAMP",
            "timestamp": UTC_NOW,
            "text": f"to_char({UTC_NOW}, 'YYYY-MM-DD HH24:MI:SS')",
        }
        return known.get(kind.name) or (known["text"] if kind.name == "mixed_text" else None)
    if plain in ("current_date", "date('now')"):
        day = f"to_char({UTC_NOW}, 'YYYY-MM-DD')"
        return {"date": f"{UTC_NOW}::date", "text": day}.get(kind.name)
    if plain in ("current_time", "time('now')") and kind.name == "text":
        return f"to_char({UTC_NOW}, 'HH24:MI:SS')"
    if plain in EPOCH_WORDS and kind.name in ("bigint", "text"):
        seconds = "extract(epoch FROM now())::bigint"
        return seconds if kind.name == "bigint" else f"({seconds})::text"
    return None
