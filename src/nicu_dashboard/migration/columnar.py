"""The fast lane: a chunk read as Arrow columns and encoded as a whole. Needs the extra `fast-migration`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import adbc_driver_sqlite
import pgpq
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcStatement
from adbc_driver_manager import Error as AdbcError

from nicu_dashboard.migration.chunks import Chunk, inline_condition
from nicu_dashboard.migration.lanes import LaneColumn, NotClean
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import TablePlan

READS = {
    "int8": pa.int64(),
    "int4": pa.int64(),
    "float8": pa.float64(),
    "text": pa.string(),
    "bytea": pa.binary(),
    "bool": pa.int64(),
}
PART_ROWS = 8_192
SENDS = READS | {"bool": pa.bool_(), "int4": pa.int32()}


class ColumnarReader:
    """Reads chunks of a snapshot as Arrow; close it, or use it as a context.

    The driver's DBAPI would load all of Arrow's data sets, a tenth of a second in each worker.
    """

    def __init__(self, snapshot: Path) -> None:
        self.stack = ExitStack()
        database = adbc_driver_sqlite.connect(f"file:{quote(str(snapshot))}?immutable=1")
        connection = AdbcConnection(self.stack.enter_context(database))
        self.statement = AdbcStatement(self.stack.enter_context(connection))
        self.stack.enter_context(self.statement)

    def __enter__(self) -> ColumnarReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the statement and the file."""
        self.stack.close()

    def encode(self, table: TablePlan, chunk: Chunk, columns: list[LaneColumn]) -> Iterator[bytes]:
        """Yield a chunk as pieces of COPY's binary form; raises NotClean when it needs the exact lane."""
        encoder = pgpq.ArrowToPostgresBinaryEncoder(_schema(columns))
        yield encoder.write_header()
        for part in _parts(table, chunk):
            yield encoder.write_batch(self._read(table, part, columns))
        yield encoder.finish()

    def _read(self, table: TablePlan, part: Chunk, columns: list[LaneColumn]) -> pa.RecordBatch:
        known = _known_ids(table, part)
        read = [column for place, column in enumerate(columns) if known is None or place != known.place]
        listed = ", ".join(f"{column.expression} AS c{place}" for place, column in enumerate(read)) or "NULL"
        where = inline_condition(table, part)
        self.statement.set_options(**{"adbc.sqlite.query.batch_rows": str(part.rows + 1)})
        try:
            self.statement.set_sql_query(
                f"SELECT {listed} FROM {quoted(table.source)} WHERE {where} ORDER BY {quoted(table.rowid or '')}"
            )
            stream, _ = self.statement.execute_query()
            batches = [batch for batch in pa.RecordBatchReader.from_stream(stream) if batch.num_rows]
        except (AdbcError, pa.ArrowException, OSError):
            raise NotClean from None
        if len(batches) != 1 or batches[0].num_rows != part.rows:
            raise NotClean
        arrays = [_checked(array, column.wire) for array, column in zip(batches[0].columns, read, strict=False)]
        if known is not None:
            arrays.insert(known.place, pa.arange(known.first, known.first + part.rows))
        return pa.RecordBatch.from_arrays(arrays, schema=_schema(columns))


def _schema(columns: list[LaneColumn]) -> pa.Schema:
    return pa.schema([(f"c{place}", SENDS[column.wire]) for place, column in enumerate(columns)])


def _parts(table: TablePlan, chunk: Chunk) -> Iterator[Chunk]:
    """Yield a stretch in parts so small that their memory is used again; where ids are left out, as one."""
    known = _known_ids(table, chunk)
    if known is None:
        yield chunk
        return
    end = known.first + chunk.rows
    for first in range(known.first, end, PART_ROWS):
        last = min(first + PART_ROWS, end) - 1
        yield replace(chunk, low=(first - 1,), high=(last,), rows=last - first + 1)


@dataclass(frozen=True)
class KnownIds:
    """The row ids of a stretch that need no reading: they start at `first` and leave none out."""

    place: int
    first: int


def _known_ids(table: TablePlan, chunk: Chunk) -> KnownIds | None:
    """Return the ids of a stretch that has as many rows as ids between its bounds: each is there once, in order."""
    low, high = (bound[0] if bound else None for bound in (chunk.low, chunk.high))
    place = next((place for place, column in enumerate(table.copied) if column.name == table.alias), None)
    if place is None or not isinstance(low, int) or not isinstance(high, int) or high - low != chunk.rows:
        return None
    return KnownIds(place, low + 1)


def _checked(array: pa.Array, wire: str) -> pa.Array:
    """Return the array in the type that is sent; raises NotClean when the reader has widened or cannot be trusted."""
    wanted = READS[wire]
    if array.null_count == len(array):
        return pa.nulls(len(array), SENDS[wire])
    if array.type != wanted:
        if wire != "float8" or array.type != pa.int64():
            raise NotClean
        array = array.cast(wanted)
    if wire == "text":
        _refuse_unfit_text(array)
    return array.cast(SENDS[wire]) if wire in ("bool", "int4") else array


def _refuse_unfit_text(array: pa.Array) -> None:
    data = array.buffers()[2]
    if data is not None and b"\0" in data.to_pybytes():
        raise NotClean
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        raise NotClean from None
