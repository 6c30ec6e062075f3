"""Copying one chunk by the quickest lane that keeps every value exactly."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

from nicu_dashboard.migration.chunks import Chunk, condition
from nicu_dashboard.migration.exact import ExactRow, RowEncoder, exact_rows, select_rows
from nicu_dashboard.migration.kinds import LOOSE
from nicu_dashboard.migration.lanes import LaneColumn, NotClean, columnar_available, lane_columns, refuse_unclean
from nicu_dashboard.migration.names import quoted_list
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.rejects import Reject
from nicu_dashboard.migration.source import open_snapshot
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import HEADER, TRAILER

if TYPE_CHECKING:
    from nicu_dashboard.migration.columnar import ColumnarReader

FLUSH_BYTES = 262_144
GROUP_ROWS = 256
WORTH_COLUMNS_ROWS = 2_000
MISFITS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@dataclass(frozen=True)
class Copied:
    """A chunk is in the target: rows written, by which lane, and the rows that were not."""

    chunk: Chunk
    lane: str
    rows: int
    rejects: tuple[Reject, ...] = field(default=())
    digest: bytes = b""
    """Of the bytes sent, when they can be compared with what is read back in the order of the row ids."""


class ChunkCopier:
    """Copies chunks of a snapshot into the target inside the caller's transaction."""

    def __init__(self, snapshot: Path, target: Connection, lane: str = "auto", digests: bool = True) -> None:
        self.snapshot = snapshot
        self.target = target
        self.stack = ExitStack()
        self.exact = self.stack.enter_context(closing(open_snapshot(snapshot)))
        self.plain = self.stack.enter_context(closing(_open_plain(snapshot)))
        self.lane = lane
        self.digests = digests
        self._columnar: ColumnarReader | None = None

    def columnar(self, rows: int) -> ColumnarReader | None:
        """Return the reader of the fast lane, opened when the first chunk comes that is worth it."""
        if self._columnar is None and self.lane == "auto" and rows >= WORTH_COLUMNS_ROWS and columnar_available():
            from nicu_dashboard.migration.columnar import ColumnarReader

            self._columnar = self.stack.enter_context(ColumnarReader(self.snapshot))
        return self._columnar

    def __enter__(self) -> ChunkCopier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def copy(self, table: TablePlan, chunk: Chunk) -> Copied:
        """Copy one chunk; the transaction stays usable whatever the data holds."""
        columns = lane_columns(table) if self.lane != "exact" else None
        if columns is not None:
            try:
                refuse_unclean(self.exact, table, chunk, columns)
                with self.target.transaction():
                    return self._quick(table, chunk, columns)
            except (NotClean, *MISFITS):
                pass
        return self._exact(table, chunk)

    def _quick(self, table: TablePlan, chunk: Chunk, columns: list[LaneColumn]) -> Copied:
        if (reader := self.columnar(chunk.rows)) is not None:
            digest = self._send(table, reader.encode(table, chunk, columns))
            return Copied(chunk, "columnar", chunk.rows, digest=digest)
        where, bound = condition(table, chunk.low, chunk.high)
        statement = select_rows(table, where, [column.expression for column in columns])
        sent = 0
        try:
            rows = self.plain.execute(statement, bound)
            with self.target.cursor().copy(copy_in(table)) as copy:
                copy.set_types([column.wire for column in columns])
                for row in rows:
                    copy.write_row(row)
                    sent += 1
        except (sqlite3.OperationalError, TypeError, OverflowError, ValueError):
            raise NotClean from None
        if sent != chunk.rows:
            raise NotClean
        return Copied(chunk, "plain", sent)

    def _send(self, table: TablePlan, pieces: Iterable[bytes]) -> bytes:
        """Write pieces of COPY's binary form; return their digest where it will serve to compare, b"" elsewhere."""
        digest = sha256() if self.digests and _comes_back_equal(table) else None
        with self.target.cursor().copy(copy_in(table)) as copy:
            for piece in pieces:
                copy.write(piece)
                if digest:
                    digest.update(piece)
        return digest.digest() if digest else b""

    def _exact(self, table: TablePlan, chunk: Chunk) -> Copied:
        rejects = list[Reject]()
        try:
            with self.target.transaction():
                return self._stream(table, chunk, rejects)
        except MISFITS:
            rejects.clear()
        encoder, rows = RowEncoder(table), 0
        source = exact_rows(self.exact, table, chunk)
        while group := list(islice(source, GROUP_ROWS)):
            rows += self._group(table, encoder, group, rejects)
        return Copied(chunk, "exact", rows, tuple(rejects))

    def _stream(self, table: TablePlan, chunk: Chunk, rejects: list[Reject]) -> Copied:
        rows = 0

        def pieces() -> Iterator[bytes]:
            nonlocal rows
            waiting, size = [HEADER], 0
            for row in exact_rows(self.exact, table, chunk):
                if row.wire is None:
                    rejects.extend([row.reject] if row.reject else [])
                    continue
                rows += 1
                waiting.append(row.wire)
                size += len(row.wire)
                if size > FLUSH_BYTES:
                    yield b"".join(waiting)
                    waiting, size = [], 0
            yield b"".join([*waiting, TRAILER])

        digest = self._send(table, pieces())
        return Copied(chunk, "exact", rows, tuple(rejects), digest)

    def _group(self, table: TablePlan, encoder: RowEncoder, group: Sequence[ExactRow], rejects: list[Reject]) -> int:
        good = [row for row in group if row.wire is not None]
        rejects += [row.reject for row in group if row.reject is not None]
        if not good:
            return 0
        try:
            with self.target.transaction():
                self._send(table, [HEADER, *(row.wire for row in good if row.wire is not None), TRAILER])
            return len(good)
        except MISFITS as error:
            if len(good) == 1:
                reason = f"PostgreSQL refuses the row: {error.diag.message_primary}"
                rejects.append(encoder.reject(good[0].row_id, good[0].values, _named(table, error), reason))
                return 0
        middle = len(good) // 2
        return self._group(table, encoder, good[:middle], rejects) + self._group(table, encoder, good[middle:], rejects)


def _named(table: TablePlan, error: psycopg.Error) -> int | None:
    name = error.diag.column_name or (error.diag.context or "").rpartition("column ")[2].partition(":")[0]
    return next((place for place, column in enumerate(table.copied) if column.name == name), None)


def _comes_back_equal(table: TablePlan) -> bool:
    """Return whether PostgreSQL sends all columns that it was sent, and in the same form."""
    return all(column.generated is None and column.kind.name not in LOOSE for column in table.columns)


def copy_in(table: TablePlan) -> bytes:
    """Return the COPY statement that writes a table."""
    columns = quoted_list([column.name for column in table.copied])
    return f"COPY {table.target} ({columns}) FROM STDIN (FORMAT binary)".encode()


def _open_plain(snapshot: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(snapshot))}?immutable=1", uri=True, isolation_level=None)
