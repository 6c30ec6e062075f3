"""The audit trail: rows counted without a gap, each sealed over its content and the seal before it.

A trail that cannot be written never keeps care from going on: what a transaction could not append is owed, said in the
health report, and appended with the next one that can.
"""

import dataclasses
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.counting import count_up
from nicu_dashboard.adapters.sql.seals import Seals
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.ports.notebook import Notebook
from nicu_dashboard.ports.tick import AuditEntry

COUNTER = "audit"
OWED_KEPT = 100_000
_SEALED = ("seq", "at", "actor", "role", "action", "subject", "patient_id", "detail", "address", "previous_hash")
# The table is gone, locked, or refuses the row; whatever else fails, fails the whole transaction.
_SINK_STATES = ("22", "23", "42", "55", "P0", "57014")
_SINK_CODES = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR)


@dataclass(slots=True)
class _Open:
    """What a transaction under way took from the debt, and what it could not append."""

    borrowed: list[AuditEntry] = field(default_factory=list)
    noted: bool = False
    unwritten: list[AuditEntry] = field(default_factory=list)


class Trail:
    """Appends to the trail of one store; safe in threads, and against other processes by the counter's row."""

    def __init__(self, seals: Seals) -> None:
        """Take what seals the rows."""
        self.seals = seals
        # Where debts outlive this process.
        self.notebook: Notebook | None = None
        self.failing_since: int | None = None
        self._owed: list[AuditEntry] = []
        self._lost = 0
        self._open: dict[int, _Open] = {}
        self._lock = Lock()

    @property
    def owed(self) -> int:
        """Return how many entries wait to be appended, with those being tried and those that could not be kept."""
        with self._lock:
            return len(self._owed) + self._lost + sum(len(one.borrowed) for one in self._open.values())

    def append(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Append what is owed and these entries; where the trail refuses, owe them once the transaction is kept."""
        transaction, borrowed = self._borrow(connection)
        rows = [*borrowed, *entries]
        if not rows:
            return
        try:
            with connection.begin_nested():
                if self.failing_since is not None:
                    dialects.wait_briefly(connection)
                _append(connection, [*self._loss(rows[0].at), *rows], self.seals)
        except DBAPIError as error:
            if not _is_sink(error):
                raise
            transaction.unwritten += rows
            if self.notebook is not None:
                # Before the commit: an act that was undone may be told after a crash, none that was done is lost.
                self.notebook.add([_noted(entry) for entry in entries], durably=True)
                transaction.noted = True
            self.failing_since = self.failing_since or rows[0].at
        else:
            self.failing_since, self._lost = None, 0

    def kept(self, connection: Connection) -> None:
        """The transaction of this connection is durable: what it could not append is owed."""
        self._close(connection, lambda one: one.unwritten, lambda one: bool(one.borrowed) and not one.unwritten)

    def undone(self, connection: Connection) -> None:
        """The transaction of this connection was undone: its own entries with it, what it tried for others is owed."""
        self._close(connection, lambda one: one.borrowed, lambda one: one.noted)

    def _borrow(self, connection: Connection) -> tuple[_Open, list[AuditEntry]]:
        with self._lock:
            transaction = self._open.setdefault(id(connection), _Open())
            borrowed, self._owed = self._owed, []
            transaction.borrowed += borrowed
            return transaction, borrowed

    def _close(
        self,
        connection: Connection,
        owed: Callable[[_Open], list[AuditEntry]],
        is_settled: Callable[[_Open], bool],
    ) -> None:
        with self._lock:
            transaction = self._open.pop(id(connection), None)
            if transaction is not None:
                self._owed = owed(transaction) + self._owed
                self._lost += max(0, len(self._owed) - OWED_KEPT)
                del self._owed[OWED_KEPT:]
                if self.notebook is not None and is_settled(transaction):
                    under_way = [entry for one in self._open.values() for entry in one.unwritten or one.borrowed]
                    self.notebook.replace([_noted(entry) for entry in [*self._owed, *under_way]])

    def recover(self) -> None:
        """Owe what a process that has ended owed."""
        if self.notebook is None:
            return
        with self.notebook.left_behind() as lines, self._lock:
            found = [entry for entry in map(_owed_of, lines) if entry is not None]
            self.notebook.add([_noted(entry) for entry in found], durably=True)
            self._owed += found

    def _loss(self, at: int) -> list[AuditEntry]:
        """Say in the trail itself that more was owed than could be kept."""
        return (
            [AuditEntry(at, "system", "system", "audit.lost", "audit trail", detail={"entries": self._lost})]
            if self._lost
            else []
        )


def sealed_content(row: Mapping[str, Any]) -> bytes:
    """Return the bytes a seal is made over: every column but the seal itself, as canonical JSON."""
    return json.dumps(
        [_canonical(row[name]) for name in _SEALED],
        ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=repr,
    ).encode("utf-8", "surrogatepass")  # fmt: skip


def _noted(entry: AuditEntry) -> str:
    return json.dumps(dataclasses.asdict(entry))


def _owed_of(line: str) -> AuditEntry | None:
    """Return a noted entry, None for a line that a crash cut short."""
    try:
        return AuditEntry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def about(entry: AuditEntry, patient_id: int | None) -> AuditEntry:
    """Return the entry with the baby it is about, when only the store knew the id."""
    return entry if patient_id is None else dataclasses.replace(entry, patient_id=patient_id)


def _canonical(value: Any) -> Any:
    """Write a number the same however a database keeps it: 1.0 as 1, 1e22 in full."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _canonical(part) for name, part in value.items()}
    return [_canonical(part) for part in value] if isinstance(value, list | tuple) else value


def _append(connection: Connection, entries: Sequence[AuditEntry], seals: Seals) -> None:
    """The counter's row is held until the transaction ends, so numbers have no gap and no two follow one row."""
    numbers = count_up(connection, COUNTER, len(entries))
    previous = connection.scalar(select(audit_log.c.hash).where(audit_log.c.seq == numbers.start - 1)) or ""
    rows = []
    for seq, entry in zip(numbers, entries, strict=True):
        row = _row(seq, entry, previous)
        previous = row["hash"] = seals.seal(sealed_content(row))
        rows.append(row)
    connection.execute(insert(audit_log), rows)


def _row(seq: int, entry: AuditEntry, previous: str) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": entry.at,
        "actor": entry.actor,
        "role": entry.role,
        "action": entry.action,
        "subject": entry.subject,
        "patient_id": entry.patient_id,
        "detail": json.loads(json.dumps(dict(entry.detail))),
        "address": entry.address,
        "previous_hash": previous,
    }


def _is_sink(error: DBAPIError) -> bool:
    origin = error.orig
    if error.connection_invalidated:
        return False
    if isinstance(origin, psycopg.Error):
        return (origin.sqlstate or "").startswith(_SINK_STATES)
    return isinstance(origin, sqlite3.Error) and getattr(origin, "sqlite_errorcode", 0) & 0xFF in _SINK_CODES
