"""Rows that the target cannot hold: kept whole, with the value and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from nicu_dashboard.migration.kinds import FLOAT8, INT8, SqliteValue, storage_class

_TAGS = {"null": "n", "integer": "i", "real": "r", "text": "t", "blob": "b"}


@dataclass(frozen=True)
class Reject:
    """One rejected row. `raw` is the value as SQLite keeps it, `image` the whole row (see image_of)."""

    table: str
    key: str
    row_id: int | None
    column: str
    reason: str
    storage_class: str
    raw: bytes
    image: bytes


def raw_of(value: SqliteValue) -> bytes:
    """Return the bytes of a value: text and blobs as stored, numbers as eight bytes."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return value
    return INT8.pack(value) if isinstance(value, int) else FLOAT8.pack(value)


def image_of(values: Sequence[SqliteValue]) -> bytes:
    """Return a row as MessagePack: a tag and bytes for each value, so that nothing is changed or lost."""
    return msgspec.msgpack.encode([(_TAGS[storage_class(value)], raw_of(value)) for value in values])


def values_of(image: bytes) -> list[SqliteValue]:
    """Return the row of an image."""
    return [_value(tag, raw) for tag, raw in msgspec.msgpack.decode(image, type=list[tuple[str, bytes]])]


def _value(tag: str, raw: bytes) -> SqliteValue:
    if tag == "n":
        return None
    if tag == "b":
        return raw
    if tag == "t":
        return raw.decode("utf-8", "surrogateescape")
    number: int | float = (INT8 if tag == "i" else FLOAT8).unpack(raw)[0]
    return number


def shown_key(names: Sequence[str], values: Sequence[SqliteValue], row_id: int | None) -> str:
    """Return a row's key for people: its primary key, or its row id."""
    if names:
        return ", ".join(f"{name}={_short(value)}" for name, value in zip(names, values, strict=True))
    return f"row id {row_id}" if row_id is not None else "no key"


def _short(value: SqliteValue) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value).encode("utf-8", "backslashreplace").decode()
    return text.replace("\0", "\\0") if len(text) <= 80 else text[:77].replace("\0", "\\0") + "…"
