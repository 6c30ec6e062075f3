"""Reading a COPY OUT straight from libpq: one row costs a third of a microsecond instead of more than one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import pq

from nicu_dashboard.migration.target import Connection

BLOCK_BYTES = 250_000
DONE = -1


def messages(connection: Connection, statement: bytes) -> Iterator[memoryview]:
    """Yield the messages of a COPY … TO STDOUT inside the caller's transaction; must be read to the end."""
    link = _begin(connection, statement)
    size, message = link.get_copy_data(0)
    while size > 0:
        yield message
        size, message = link.get_copy_data(0)
    _end(connection, size)


def blocks(connection: Connection, statement: bytes) -> Iterator[bytearray]:
    """Yield the same in blocks of about BLOCK_BYTES, header and trailer included."""
    read = _begin(connection, statement).get_copy_data
    block = bytearray()
    size, message = read(0)
    while size > 0:  # once a row: every call here counts
        block += message
        if len(block) >= BLOCK_BYTES:
            yield block
            block = bytearray()
        size, message = read(0)
    _end(connection, size)
    yield block


def _begin(connection: Connection, statement: bytes) -> pq.abc.PGconn:
    link = connection.pgconn
    link.send_query(statement)
    result = link.get_result()
    if result is None or result.status != pq.ExecStatus.COPY_OUT:
        raise _refused(connection, result)
    return link


def _end(connection: Connection, size: int) -> None:
    link = connection.pgconn
    if size != DONE:
        raise psycopg.OperationalError(link.error_message.decode(errors="replace"))
    while (result := link.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise _refused(connection, result)


def _refused(connection: Connection, result: pq.abc.PGresult | None) -> psycopg.Error:
    link = connection.pgconn
    while link.get_result() is not None:
        pass
    said = result.error_message if result is not None else link.error_message
    return psycopg.OperationalError(said.decode(errors="replace").strip())
