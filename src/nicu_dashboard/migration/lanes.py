"""The quick lanes: which columns they may carry, and the check of a stretch that makes them exact."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from nicu_dashboard.migration.chunks import Chunk, condition
from nicu_dashboard.migration.dates import FACTORS, POSTGRES_EPOCH_US
from nicu_dashboard.migration.kinds import EXACT_INTEGER
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import ColumnPlan, TablePlan

NESTED = 100
COLUMNAR_PACKAGES = ("pyarrow", "pgpq", "adbc_driver_sqlite")
WIDEST_ROW_BYTES = 16_000
"""Wider rows take the exact lane, which holds one row at a time."""


class NotClean(Exception):
    """This stretch holds a value that a quick lane would change: the exact lane must take it."""


@dataclass(frozen=True)
class LaneColumn:
    """How a quick lane reads one column: the expression, its wire (int8, float8, text, …), what breaks it."""

    expression: str
    wire: str
    broken_if: str | None


def columnar_available() -> bool:
    """Return whether the packages of the extra `fast-migration` are installed."""
    return all(find_spec(name) is not None for name in COLUMNAR_PACKAGES)


def lane_columns(table: TablePlan) -> list[LaneColumn] | None:
    """Return how a quick lane reads the table, or None when it must not."""
    if table.virtual or table.rowid is None or table.row_bytes > WIDEST_ROW_BYTES or not table.copied:
        return None
    found = [_lane_column(column) for column in table.copied]
    usable = [column for column in found if column is not None]
    return usable if len(usable) == len(found) else None


def _lane_column(column: ColumnPlan) -> LaneColumn | None:
    name, kind = column.read, column.kind
    if kind.name == "bigint":
        return LaneColumn(name, "int8", None)
    if kind.name == "integer":
        return LaneColumn(
            name, "int4", f"(typeof({name}) = 'integer' AND {name} NOT BETWEEN {-(2**31)} AND {2**31 - 1})"
        )
    if kind.name == "double":
        beyond = f"typeof({name}) NOT IN ('real', 'integer', 'null') OR abs({name}) > {EXACT_INTEGER}"
        broken = None if column.affinity == "REAL" else f"(typeof({name}) <> 'real' AND ({beyond}))"
        return LaneColumn(name, "float8", broken)
    if kind.name in ("text", "json"):
        broken = None if column.affinity == "TEXT" else f"typeof({name}) NOT IN ('text', 'null')"
        return LaneColumn(name, "text", broken)
    if kind.name == "jsonb":  # its wire form is a version byte and the text
        return LaneColumn(f"(char(1) || {name})", "text", f"({name} IS NOT NULL AND NOT {sound_json(name)})")
    if kind.name == "bytea":
        return LaneColumn(name, "bytea", f"typeof({name}) NOT IN ('blob', 'null')")
    if kind.name == "boolean":
        return LaneColumn(
            name, "bool", f"(typeof({name}) <> 'null' AND (typeof({name}) <> 'integer' OR {name} NOT IN (0, 1)))"
        )
    if kind.name in ("timestamptz", "timestamp") and kind.habit in FACTORS:
        return LaneColumn(
            f"({name} * {FACTORS[kind.habit]} - {POSTGRES_EPOCH_US})",
            "int8",
            f"typeof({name}) NOT IN ('integer', 'null')",
        )
    return None


def sound_json(name: str) -> str:
    """Return the condition under which a value of SQLite is text that jsonb takes as it is."""
    return f"(typeof({name}) = 'text' AND json_valid({name}) AND instr({name}, '\\u0000') = 0)"


def one_of(conditions: Sequence[str]) -> str:
    """Return the condition that one of these holds, nested so that SQLite, which goes 1,000 deep, takes all of them."""
    parts = [conditions[start : start + NESTED] for start in range(0, len(conditions), NESTED)]
    return " OR ".join(f"({' OR '.join(part)})" for part in parts)


def refuse_unclean(connection: sqlite3.Connection, table: TablePlan, chunk: Chunk, columns: list[LaneColumn]) -> None:
    """Raise NotClean when the stretch holds a value that a quick lane would change without a word."""
    broken = [column.broken_if for column in columns if column.broken_if]
    if not broken:
        return
    where, bound = condition(table, chunk.low, chunk.high)
    found = connection.execute(
        f"SELECT 1 FROM {quoted(table.source)} WHERE {where} AND ({one_of(broken)}) LIMIT 1", bound
    ).fetchone()
    if found:
        raise NotClean
