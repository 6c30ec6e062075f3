"""Cutting a table into stretches that one worker copies and the journal records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from nicu_dashboard.migration.kinds import SqliteValue
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.rejects import raw_of

CHUNK_BYTES = 8_000_000
MOST_CHUNK_ROWS = 65_536


@dataclass(frozen=True)
class Chunk:
    """One stretch of a table: row ids or keys after `low`, up to and with `high`; None stands for no bound."""

    table: str
    number: int
    low: tuple[SqliteValue, ...] | None
    high: tuple[SqliteValue, ...] | None
    rows: int


def rows_per_chunk(row_bytes: int, most: int) -> int:
    """Return how many rows make about CHUNK_BYTES, at most `most`."""
    return max(1, min(most, CHUNK_BYTES // max(1, row_bytes)))


def address_of(table: TablePlan) -> tuple[str, ...]:
    """Return the source columns that a table is walked by: its row id, its key, or nothing; no NULL is beyond a key."""
    if table.rowid:
        return (table.rowid,)
    return () if any(column.nulls for column in table.columns if column.source in table.key) else table.key


def chunks_of(connection: sqlite3.Connection, table: TablePlan) -> Iterator[Chunk]:
    """Yield the chunks of a table; the same snapshot always gives the same ones."""
    size = table.chunk_rows
    if table.rows == 0:
        return
    address = address_of(table)
    if not address or table.virtual:
        yield Chunk(table.source, 0, None, None, table.rows)
        return
    if table.rowid and (dense := _dense_range(connection, table)):
        yield from _even_chunks(table, *dense, size)
        return
    low: tuple[SqliteValue, ...] | None = None
    for number in range((table.rows + size - 1) // size):
        last = (number + 1) * size >= table.rows
        high = None if last else _key_after(connection, table, low, size)
        yield Chunk(table.source, number, low, high, min(size, table.rows - number * size))
        low = high


def chunks_to_compare(connection: sqlite3.Connection, table: TablePlan) -> Iterator[Chunk]:
    """Yield what is compared at a time: a chunk, or all of a table that has no row id column in the target."""
    if table.alias is None or table.rows == 0:
        yield Chunk(table.source, 0, None, None, table.rows)
    else:
        yield from chunks_of(connection, table)


def _dense_range(connection: sqlite3.Connection, table: TablePlan) -> tuple[int, int] | None:
    name = quoted(table.rowid or "")
    low = connection.execute(f"SELECT min({name}) FROM {quoted(table.source)}").fetchone()[0]
    high = connection.execute(f"SELECT max({name}) FROM {quoted(table.source)}").fetchone()[0]
    return (low, high) if high - low + 1 == table.rows else None


def _even_chunks(table: TablePlan, low: int, high: int, size: int) -> Iterator[Chunk]:
    for number, start in enumerate(range(low, high + 1, size)):
        end = min(high, start + size - 1)
        before = None if number == 0 else (start - 1,)
        yield Chunk(table.source, number, before, None if end == high else (end,), end - start + 1)


def _key_after(
    connection: sqlite3.Connection, table: TablePlan, low: tuple[SqliteValue, ...] | None, size: int
) -> tuple[SqliteValue, ...] | None:
    names = ", ".join(quoted(name) for name in address_of(table))
    where, bound = condition(table, low, None)
    found: tuple[SqliteValue, ...] | None = connection.execute(
        f"SELECT {names} FROM {quoted(table.source)} WHERE {where} ORDER BY {names} LIMIT 1 OFFSET {size - 1}", bound
    ).fetchone()
    return found


def condition(
    table: TablePlan, low: tuple[SqliteValue, ...] | None, high: tuple[SqliteValue, ...] | None
) -> tuple[str, list[SqliteValue]]:
    """Return the WHERE condition of a stretch of the source and its parameters."""
    parts, bound = [], list[SqliteValue]()
    for sign, values in ((">", low), ("<=", high)):
        if values is None:
            continue
        names = ", ".join(quoted(name) for name in address_of(table))
        marks = ", ".join("CAST(? AS TEXT)" if is_broken(value) else "?" for value in values)
        parts.append(f"({names}) {sign} ({marks})")
        bound += [raw_of(value) if is_broken(value) else value for value in values]
    return " AND ".join(parts) or "true", bound


def is_broken(value: SqliteValue) -> bool:
    """Return whether text has bytes that are no UTF-8 (see source.surrogate_text): it cannot be bound as text."""
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


def inline_condition(table: TablePlan, chunk: Chunk) -> str:
    """Return the same condition without parameters, for a table that is walked by row id."""
    name = quoted(table.rowid or "")
    low = f"{name} > {chunk.low[0]!r}" if chunk.low else "true"
    high = f"{name} <= {chunk.high[0]!r}" if chunk.high else "true"
    return f"{low} AND {high}"
