"""Comparing tables with columns that PostgreSQL writes in its own form (jsonb, numeric): those columns apart.

The other columns are compared by the quick ways; of these only the rows that hold anything are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from nicu_dashboard.migration.canonical import canonical
from nicu_dashboard.migration.chunks import Chunk, condition
from nicu_dashboard.migration.copying import ChunkCopier
from nicu_dashboard.migration.exact import ExactRow, RowEncoder, select_rows
from nicu_dashboard.migration.kinds import LOOSE
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.reading_back import messages
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import fields_of, rows_of


def firm_part(table: TablePlan) -> TablePlan:
    """Return the table without its loose columns."""
    return replace(table, columns=tuple(column for column in table.columns if column.kind.name not in LOOSE))


def loose_part(table: TablePlan) -> TablePlan:
    """Return the table with its row id and its loose columns alone."""
    kept = (column for column in table.columns if column.kind.name in LOOSE or column.name == table.alias)
    return replace(table, columns=tuple(kept), key=())


def has_loose(table: TablePlan) -> bool:
    """Return whether a table has such columns beside its row id and others."""
    return table.alias is not None and any(column.kind.name in LOOSE for column in table.columns)


def same_loose(copier: ChunkCopier, table: TablePlan, chunk: Chunk) -> bool:
    """Return whether the loose columns of a chunk hold the same values on both sides."""
    part = loose_part(table)
    kinds = [column.kind.name for column in part.columns]
    same = True
    for ours, theirs in zip_longest(_ours(copier, part, chunk), _theirs(copier.target, part, chunk)):
        same = same and _is_same(kinds, ours, theirs)  # and read on: a COPY is read to its end
    return same


def _is_same(kinds: Sequence[str], ours: ExactRow | None, theirs: bytes | None) -> bool:
    if ours is None or theirs is None or ours.wire is None:
        return False
    pairs = zip(kinds, fields_of(ours.wire), fields_of(theirs), strict=True)
    return ours.wire == theirs or all(canonical(kind, one) == canonical(kind, other) for kind, one, other in pairs)


def _ours(copier: ChunkCopier, part: TablePlan, chunk: Chunk) -> Iterator[ExactRow]:
    where, bound = condition(part, chunk.low, chunk.high)
    filled = " OR ".join(f"{column.read} IS NOT NULL" for column in part.columns if column.kind.name in LOOSE)
    encoder = RowEncoder(part)
    for row in copier.exact.execute(select_rows(part, f"{where} AND ({filled})"), bound):
        yield encoder.row(row[0], row[1:])


def _theirs(target: Connection, part: TablePlan, chunk: Chunk) -> Iterator[bytes]:
    alias = quoted(part.alias or "")
    filled = " OR ".join(f"{quoted(column.name)} IS NOT NULL" for column in part.columns if column.kind.name in LOOSE)
    low = f"{alias} > {chunk.low[0]!r}" if chunk.low else "true"
    high = f"{alias} <= {chunk.high[0]!r}" if chunk.high else "true"
    columns = quoted_list([column.name for column in part.columns])
    statement = f"SELECT {columns} FROM {part.target} WHERE {low} AND {high} AND ({filled}) ORDER BY {alias}"
    return rows_of(messages(target, f"COPY ({statement}) TO STDOUT (FORMAT binary)".encode()))
