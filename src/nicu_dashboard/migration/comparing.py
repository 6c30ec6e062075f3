"""Comparing the source with the target, every value of every row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from math import copysign

from nicu_dashboard.migration.canonical import canonical
from nicu_dashboard.migration.chunks import Chunk, condition
from nicu_dashboard.migration.copying import ChunkCopier
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.exact import ExactRow, exact_rows, select_rows
from nicu_dashboard.migration.kinds import INT8, LOOSE, SqliteValue, codec
from nicu_dashboard.migration.lanes import NotClean, lane_columns, refuse_unclean
from nicu_dashboard.migration.loose import firm_part, has_loose, same_loose
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.reading_back import blocks, messages
from nicu_dashboard.migration.rejects import Reject, image_of, shown_key
from nicu_dashboard.migration.wire import fields_of, row_bytes, rows_of

MOST_DIFFERENCES = 100
BUCKETS = 64
NO_ROW = "no such row"
SEQUENCE_WORDS = ("past every id", "would give an id again")
AS_BUILT, CHANGED, GONE = "as built", "changed since", "gone"
THERE, NOT_MOVED = "there", "not moved"
PLAIN_WORDS = frozenset({NO_ROW, "NULL", "None", "sound", *SEQUENCE_WORDS, AS_BUILT, CHANGED, GONE, THERE, NOT_MOVED})
"""What may stand in a difference in place of a value, and never needs hiding."""


@dataclass(frozen=True)
class Difference:
    """One value, or one whole row (`column` empty), that is not the same on both sides."""

    table: str
    key: str
    column: str
    source: str
    target: str


@dataclass(frozen=True)
class Compared:
    """A chunk, or a table without row ids, was compared; `rows` counts the source's."""

    chunk: Chunk
    rows: int
    differences: tuple[Difference, ...]


class ChunkComparer:
    """Compares chunks of a snapshot with the target inside the caller's transaction."""

    def __init__(self, copier: ChunkCopier) -> None:
        self.copier = copier

    def compare(
        self, table: TablePlan, chunk: Chunk, rejects: Sequence[Reject], thorough: bool, digest: bytes = b""
    ) -> Compared:
        """Compare one chunk; a table without a row id column is compared whole, as a bag of rows.

        `digest` is that of the bytes which the loader made of this chunk, when the same snapshot is still at hand.
        """
        if table.alias is None:
            own = [place for place, column in enumerate(table.columns) if column.generated is None]
            return self._bag(all_columns(table), chunk, rejects, own)
        table = all_columns(table)
        if not thorough and digest and self._same_digest(table, chunk, digest):
            return Compared(chunk, chunk.rows, ())
        if not thorough and not rejects and self._same_quickly(table, chunk):
            return Compared(chunk, chunk.rows, ())
        return self._walk(table, chunk, {item.row_id for item in rejects})

    def _same_quickly(self, table: TablePlan, chunk: Chunk) -> bool:
        firm = firm_part(table) if has_loose(table) else table
        if not (self._same_bytes(firm, chunk) or self._same_rows(firm, chunk)):
            return False
        return firm is table or same_loose(self.copier, table, chunk)

    def _same_bytes(self, table: TablePlan, chunk: Chunk) -> bool:
        columns, reader = lane_columns(table), self.copier.columnar(chunk.rows)
        if columns is None or reader is None:
            return False
        try:
            refuse_unclean(self.copier.exact, table, chunk, columns)
            wanted = memoryview(b"".join(reader.encode(table, chunk, columns)))
        except NotClean:
            return False
        place, same = 0, True
        for block in blocks(self.copier.target, copy_out(table, chunk)):
            same = same and wanted[place : place + len(block)] == block
            place += len(block)
        return same and place == len(wanted)

    def _same_digest(self, table: TablePlan, chunk: Chunk, digest: bytes) -> bool:
        found = sha256()
        for block in blocks(self.copier.target, copy_out(table, chunk)):
            found.update(block)
        return found.digest() == digest

    def _same_rows(self, table: TablePlan, chunk: Chunk) -> bool:
        """Compare without the columnar packages: values as the two drivers read them, equal one by one."""
        columns = lane_columns(table)
        if columns is None or self.copier.columnar(chunk.rows) is not None:
            return False
        where, bound = condition(table, chunk.low, chunk.high)
        statement = select_rows(table, where, [column.expression for column in columns])
        reals = [place for place, column in enumerate(columns) if column.wire == "float8"]
        same = True
        try:
            refuse_unclean(self.copier.exact, table, chunk, columns)
            ours = self.copier.plain.execute(statement, bound)
            with self.copier.target.cursor().copy(copy_out(table, chunk)) as copy:
                copy.set_types([column.wire for column in columns])
                for theirs in copy.rows():
                    row = ours.fetchone() if same else None
                    same = same and row is not None and row == theirs and _same_signs(row, theirs, reals)
        except (NotClean, sqlite3.OperationalError):
            return False
        return same and ours.fetchone() is None

    def _target_rows(self, table: TablePlan, chunk: Chunk | None) -> Iterator[bytes]:
        return rows_of(messages(self.copier.target, copy_out(table, chunk)))

    def _walk(self, table: TablePlan, chunk: Chunk, rejected: set[int | None]) -> Compared:
        names = [column.name for column in table.columns]
        place = names.index(table.alias or "")
        found, rows = list[Difference](), 0
        target = self._target_rows(table, chunk)
        theirs = next(target, None)
        for row in exact_rows(self.copier.exact, table, chunk):
            rows += 1
            if len(found) >= MOST_DIFFERENCES:
                continue
            while theirs is not None and _row_id(theirs, place) < (row.row_id or 0):
                found.append(_extra(table, theirs))
                theirs = next(target, None)
            if theirs is not None and _row_id(theirs, place) == row.row_id:
                found += _differing(table, row, theirs)
                theirs = next(target, None)
            elif row.row_id not in rejected:
                found.append(_missing(table, row))
        for extra in target if theirs is None else _chain(theirs, target):
            if len(found) < MOST_DIFFERENCES:
                found.append(_extra(table, extra))
        return Compared(chunk, rows, tuple(found))

    def _bag(self, table: TablePlan, chunk: Chunk, rejects: Sequence[Reject], own: Sequence[int]) -> Compared:
        whole = replace(chunk, low=None, high=None)
        rows, total, images = 0, 0, _counted(item.image for item in rejects)
        missing = list[Difference]()
        for row in exact_rows(self.copier.exact, table, whole):
            rows += 1
            if _take(images, row, own):
                continue
            if row.wire is None:
                missing.append(_missing(table, row))
            else:
                total += _digest(table, row.wire)
        for wire in self._target_rows(table, None):
            total -= _digest(table, wire)
        if total:
            missing += self._bag_differences(table, whole, rejects, own)
        return Compared(chunk, rows, tuple(missing[:MOST_DIFFERENCES]))

    def _bag_differences(
        self, table: TablePlan, whole: Chunk, rejects: Sequence[Reject], own: Sequence[int]
    ) -> Iterator[Difference]:
        shown = 0
        for bucket in range(BUCKETS):
            images = _counted(item.image for item in rejects)
            ours: dict[int, list[ExactRow]] = {}
            for row in exact_rows(self.copier.exact, table, whole):
                if _take(images, row, own) or row.wire is None:
                    continue
                digest = _digest(table, row.wire)
                if digest % BUCKETS == bucket:
                    ours.setdefault(digest, []).append(row)
            extra = list[bytes]()
            for wire in self._target_rows(table, None):
                digest = _digest(table, wire)
                if digest % BUCKETS == bucket:
                    if ours.get(digest):
                        ours[digest].pop()
                    else:
                        extra.append(wire)
            missing = [row for rows in ours.values() for row in rows]
            for difference in [_missing(table, row) for row in missing] + [_extra(table, wire) for wire in extra]:
                yield difference
                shown += 1
                if shown >= MOST_DIFFERENCES:
                    return


def _same_signs(ours: Sequence[SqliteValue], theirs: Sequence[object], reals: Sequence[int]) -> bool:
    """Return whether zeros that are equal have the same sign too: Python takes -0.0 for 0.0."""
    return all(ours[place] != 0 or copysign(1.0, ours[place]) == copysign(1.0, theirs[place]) for place in reals)  # type: ignore[arg-type]


def all_columns(table: TablePlan) -> TablePlan:
    """Return the plan with every column compared, generated ones too."""
    return replace(table, columns=tuple(replace(column, generated=None) for column in table.columns))


def copy_out(table: TablePlan, chunk: Chunk | None) -> bytes:
    """Return the COPY statement that reads a stretch of a table back, in the order of its row ids."""
    columns = quoted_list([column.name for column in table.columns])
    if chunk is None or table.alias is None:
        return f"COPY (SELECT {columns} FROM {table.target}) TO STDOUT (FORMAT binary)".encode()
    name = quoted(table.alias)
    low = f"{name} > {chunk.low[0]!r}" if chunk.low else "true"
    high = f"{name} <= {chunk.high[0]!r}" if chunk.high else "true"
    return (
        f"COPY (SELECT {columns} FROM {table.target} WHERE {low} AND {high} ORDER BY {name}) TO STDOUT (FORMAT binary)"
    ).encode()


def _key_value(table: TablePlan, name: str, fields: Sequence[bytes | None], shown: Sequence[str]) -> SqliteValue:
    place = _place(table, name)
    raw = fields[place]
    try:
        return None if raw is None else codec(table.columns[place].kind)[1](raw)
    except (Unfit, ValueError):
        return shown[place]


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _row_id(wire: bytes, place: int) -> int:
    raw = fields_of(wire)[place] if place else wire[6:14]
    number: int = INT8.unpack(raw or bytes(8))[0]
    return number


def _counted(images: Iterable[bytes]) -> dict[bytes, int]:
    counts: dict[bytes, int] = {}
    for image in images:
        counts[image] = counts.get(image, 0) + 1
    return counts


def _take(images: dict[bytes, int], row: ExactRow, own: Sequence[int]) -> bool:
    """Return whether this row was rejected: it does not fit, is an orphan, or the server refused it."""
    if not images:
        return False
    image = image_of([row.values[place] for place in own])
    if not images.get(image):
        return False
    images[image] -= 1
    return True


def _digest(table: TablePlan, wire: bytes) -> int:
    if any(column.kind.name in LOOSE for column in table.columns):
        fields = zip(table.columns, fields_of(wire), strict=True)
        wire = row_bytes([canonical(column.kind.name, raw) for column, raw in fields])
    return int.from_bytes(blake2b(wire, digest_size=16).digest())


def _differing(table: TablePlan, row: ExactRow, wire: bytes) -> Iterator[Difference]:
    if row.wire == wire:
        return
    fields = fields_of(wire)
    for column, value, raw in zip(table.columns, row.values, fields, strict=True):
        encode, decode = codec(column.kind)
        try:
            ours = None if value is None else encode(value)
        except Unfit as reason:
            ours, value = b"", f"{value!r} ({reason})"
        if canonical(column.kind.name, ours) != canonical(column.kind.name, raw):
            shown = shown_key(table.key, [row.values[_place(table, name)] for name in table.key], row.row_id)
            yield Difference(table.source, shown, column.source, repr(value), _shown(decode, raw))


def _place(table: TablePlan, source: str) -> int:
    return next(place for place, column in enumerate(table.columns) if column.source == source)


def _shown(decode: object, raw: bytes | None) -> str:
    if raw is None:
        return "NULL"
    try:
        return repr(decode(raw))  # type: ignore[operator]
    except (Unfit, ValueError):
        return f"bytes {raw.hex()}"


def _missing(table: TablePlan, row: ExactRow) -> Difference:
    values: list[SqliteValue] = [row.values[_place(table, name)] for name in table.key]
    return Difference(table.source, shown_key(table.key, values, row.row_id), "", repr(row.values), NO_ROW)


def _extra(table: TablePlan, wire: bytes) -> Difference:
    fields = fields_of(wire)
    shown = [_shown(codec(column.kind)[1], raw) for column, raw in zip(table.columns, fields, strict=True)]
    key = shown_key(table.key, [_key_value(table, name, fields, shown) for name in table.key], None)
    return Difference(table.source, key, "", NO_ROW, f"({', '.join(shown)})")
