"""Reading a COPY OUT straight from libpq: one row costs a third of a microsecond instead of more than one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import pq

from nicu_dashboard.migration.target import Connection

BLOCK_BYTES = 1_000_000
DONE = -1


def messages(connection: Connection, statement: bytes) -> Iterator[memoryview]:
    """Yield the messages of a COPY … TO STDOUT inside the caller's transaction; must be read to the end."""
    link = connection.pgconn
    link.send_query(statement)
    result = link.get_result()
    if result is None or result.status != pq.ExecStatus.COPY_OUT:
        raise _refused(connection, result)
    size, message = link.get_copy_data(0)
    while size > 0:
        yield message
        size, message = link.get_copy_data(0)
    if size != DONE:
        raise psycopg.OperationalError(link.error_message.decode(errors="replace"))
    while (result := link.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise _refused(connection, result)


def blocks(connection: Connection, statement: bytes) -> Iterator[bytearray]:
    """Yield the same in blocks of about a megabyte, header and trailer included."""
    block = bytearray()
    for message in messages(connection, statement):
        block += message
        if len(block) >= BLOCK_BYTES:
            yield block
            block = bytearray()
    yield block


def _refused(connection: Connection, result: pq.abc.PGresult | None) -> psycopg.Error:
    link = connection.pgconn
    while link.get_result() is not None:
        pass
    said = result.error_message if result is not None else link.error_message
    return psycopg.OperationalError(said.decode(errors="replace").strip())
