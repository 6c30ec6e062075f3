"""The exact lane: every value encoded by its own rule, what does not fit told by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nicu_dashboard.migration.chunks import Chunk, address_of, condition
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.kinds import Encode, SqliteValue, codec, storage_class
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.rejects import Reject, image_of, raw_of, shown_key
from nicu_dashboard.migration.wire import row_bytes


@dataclass(frozen=True)
class ExactRow:
    """One source row: its row id, its values, and its wire form or why it has none."""

    row_id: int | None
    values: tuple[SqliteValue, ...]
    wire: bytes | None
    reject: Reject | None


class RowEncoder:
    """Encodes the rows of one table."""

    def __init__(self, table: TablePlan) -> None:
        self.table = table
        self.encoders: list[Encode] = [codec(column.kind)[0] for column in table.copied]
        places = {column.source: place for place, column in enumerate(table.copied)}
        self.key_places = [places[name] for name in table.key if name in places]

    def wire(self, values: Sequence[SqliteValue]) -> bytes:
        """Return the wire form of a row; raises Unfit."""
        return row_bytes(
            [None if value is None else encode(value) for encode, value in zip(self.encoders, values, strict=True)]
        )

    def row(self, row_id: int | None, values: tuple[SqliteValue, ...]) -> ExactRow:
        """Return the row with its wire form, or with its reject."""
        try:
            return ExactRow(row_id, values, self.wire(values), None)
        except Unfit:
            return ExactRow(row_id, values, None, self._find_unfit(row_id, values))

    def _find_unfit(self, row_id: int | None, values: tuple[SqliteValue, ...]) -> Reject:
        for place, (encode, value) in enumerate(zip(self.encoders, values, strict=True)):
            if value is None:
                continue
            try:
                encode(value)
            except Unfit as reason:
                return self.reject(row_id, values, place, str(reason))
        raise AssertionError("a row that did not encode has a value that does not")

    def reject(self, row_id: int | None, values: Sequence[SqliteValue], place: int | None, reason: str) -> Reject:
        """Return the reject of a row for the value at `place`, or for the row as a whole."""
        value = None if place is None else values[place]
        key = shown_key(self.table.key, [values[at] for at in self.key_places], row_id)
        return Reject(
            self.table.source, key, row_id, "" if place is None else self.table.copied[place].source, reason,
            storage_class(value), raw_of(value), image_of(values),
        )  # fmt: skip


def select_rows(table: TablePlan, where: str, expressions: Sequence[str] = ()) -> str:
    """Return the SELECT of a stretch in its own order: of these expressions, or of row id and copied columns."""
    address = ", ".join(quoted(name) for name in address_of(table))
    row_id = quoted(table.rowid) if table.rowid else "NULL"
    listed = ", ".join(expressions or [row_id, *([column.read for column in table.copied] or ["NULL"])])
    order = f" ORDER BY {address}" if address and not table.virtual else ""
    return f"SELECT {listed} FROM {quoted(table.source)} WHERE {where}{order}"


def exact_rows(connection: sqlite3.Connection, table: TablePlan, chunk: Chunk) -> Iterator[ExactRow]:
    """Yield every row of a chunk in its order; the connection must come from source.open_snapshot."""
    encoder = RowEncoder(table)
    where, bound = condition(table, chunk.low, chunk.high)
    has_columns = bool(table.copied)
    make: Callable[[int | None, tuple[SqliteValue, ...]], ExactRow] = encoder.row
    for row in connection.execute(select_rows(table, where), bound):
        yield make(row[0], row[1:] if has_columns else ())
