"""Reading the audit trail as it lies there, for judging it: nothing that somebody wrote into it makes this fail."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Text, cast, extract, select, type_coerce

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.audit_trail import COUNTER
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import audit_log, counters
from nicu_dashboard.ports.tick import StoreUnavailable

_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class End:
    """One end of the trail: its row's number, seal, and the seal before it."""

    seq: int
    hash: str
    previous_hash: str


def oldest_first(database: Database, from_seq: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield every row from this number on, a page per transaction; the trail only grows meanwhile."""
    after = from_seq - 1
    while True:
        with database.reading() as connection:
            query = select(*_columns(connection)).where(audit_log.c.seq > after).order_by(audit_log.c.seq).limit(_PAGE)
            page = [_plain(row) for row in connection.execute(query).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]["seq"]


def ends(database: Database) -> tuple[End, End] | None:
    """Return the first and the last row, None while the trail is empty."""
    columns = (audit_log.c.seq, audit_log.c.hash, audit_log.c.previous_hash)
    with database.reading() as connection:
        first = connection.execute(select(*columns).order_by(audit_log.c.seq).limit(1)).first()
        last = connection.execute(select(*columns).order_by(audit_log.c.seq.desc()).limit(1)).first()
    return None if first is None or last is None else (End(*first), End(*last))


def counted(database: Database) -> int | None:
    """Return the last number given to a row, None where this user may not look."""
    try:
        with database.reading() as connection:
            return connection.scalar(select(counters.c.value).where(counters.c.name == COUNTER)) or 0
    except StoreUnavailable:
        return None


def _columns(connection: Connection) -> Iterator[ColumnElement[Any]]:
    for column in audit_log.columns:
        yield _raw(connection, column).label(column.name)


def _raw(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """An instant may have been made infinite, JSON may have been broken: as text they can still be read."""
    if column.name == "at" and dialects.is_postgresql(connection):
        return cast(extract("epoch", column) * 1_000, Text)
    if column.name == "detail":
        return cast(column, Text) if dialects.is_postgresql(connection) else type_coerce(column, Text)
    return column


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    seals = {name: str(row[name]) for name in ("hash", "previous_hash")}
    return {**row, **seals, "at": _whole(row["at"]), "detail": _document(row["detail"])}


def _whole(value: Any) -> Any:
    """Return epoch ms as an integer; what is none, such as microseconds, stays as it is and fits no seal."""
    try:
        number = Decimal(value) if isinstance(value, str) else value
        return int(number) if number == int(number) else str(number)
    except (InvalidOperation, OverflowError, ValueError, TypeError):
        return value


def _document(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
