"""The rows of `COPY … (FORMAT binary)`: a count, then length and bytes of each field."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
_length = struct.Struct(">i").pack
_count = struct.Struct(">h").pack
_read_length = struct.Struct(">i").unpack_from


def row_bytes(fields: Sequence[bytes | None]) -> bytes:
    """Return one row of the wire."""
    parts = [_count(len(fields))]
    for value in fields:
        if value is None:
            parts.append(NULL)
        else:
            parts.append(_length(len(value)))
            parts.append(value)
    return b"".join(parts)


def rows_of(messages: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Yield the rows of a COPY OUT, which the server sends one to a message, header and trailer left out."""
    first = True
    for message in messages:
        raw = bytes(message)
        if first:
            raw, first = raw[len(HEADER) :], False
        if raw and raw != TRAILER:
            yield raw


def fields_of(row: bytes) -> list[bytes | None]:
    """Return the fields of one row."""
    place, found = 2, list[bytes | None]()
    end = len(row)
    while place < end:
        (size,) = _read_length(row, place)
        place += 4
        if size < 0:
            found.append(None)
        else:
            found.append(row[place : place + size])
            place += size
    return found
