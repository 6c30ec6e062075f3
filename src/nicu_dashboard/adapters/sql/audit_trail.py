"""The audit trail: rows counted without a gap, each sealed over its content and the seal before it."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from nicu_dashboard.adapters.sql.counting import count_up
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.ports.tick import AuditEntry

Seal = Callable[[bytes], str]
_SEALED = ("seq", "at", "actor", "role", "action", "subject", "patient_id", "detail", "address", "previous_hash")


def sha256_seal(content: bytes) -> str:
    """Return a plain hash: it finds accidents. A keyed seal, which also finds forgers, takes its place in service."""
    return hashlib.sha256(content).hexdigest()


def sealed_content(row: Mapping[str, Any]) -> bytes:
    """Return the bytes a seal is made over: every column but the seal itself, as canonical JSON."""
    return json.dumps(
        [row[name] for name in _SEALED], ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()


def append(connection: Connection, entries: Sequence[AuditEntry], seal: Seal) -> None:
    """Append entries to the chain; the counter's row is held until the transaction ends, so numbers have no gap."""
    if not entries:
        return
    numbers = count_up(connection, "audit", len(entries))
    previous = connection.scalar(select(audit_log.c.hash).where(audit_log.c.seq == numbers.start - 1)) or ""
    rows = []
    for seq, entry in zip(numbers, entries, strict=True):
        row = _row(seq, entry, previous)
        previous = row["hash"] = seal(sealed_content(row))
        rows.append(row)
    connection.execute(insert(audit_log), rows)


def about(entry: AuditEntry, patient_id: int | None) -> AuditEntry:
    """Return the entry with the baby it is about, when only the store knew the id."""
    return entry if patient_id is None else dataclasses.replace(entry, patient_id=patient_id)


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
