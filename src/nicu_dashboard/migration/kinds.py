"""What a column becomes: for each kind its PostgreSQL type, and the exact way of every value there and back."""

from __future__ import annotations

import json
import math
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass

from nicu_dashboard.migration import dates
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.numerics import decode_numeric, encode_numeric

type_of = type
SqliteValue = None | int | float | str | bytes
Encode = Callable[[SqliteValue], bytes]
Decode = Callable[[bytes], SqliteValue]

INT8, FLOAT8, INT4 = struct.Struct(">q"), struct.Struct(">d"), struct.Struct(">i")
INT8_MIN, INT8_MAX = -(2**63), 2**63 - 1
EXACT_INTEGER = 2**53
POSTGRES_FIELD_BYTES = 1_000_000_000

TYPES = {
    "bigint": "bigint", "integer": "integer", "double": "double precision",
    "boolean": "boolean", "numeric": "numeric", "bytea": "bytea",
    "text": 'text COLLATE "C"', "mixed_text": 'text COLLATE "C"', "json": "json", "jsonb": "jsonb",
    "any_json": "json", "any_text": 'text COLLATE "C"',
    "timestamptz": "timestamptz", "timestamp": "timestamp", "date": "date",
}  # fmt: skip
"""Text keeps SQLite's byte order (COLLATE "C"). `any_json` holds values of any class in a column without a type,
`any_text` the same in a column that an index needs to sort."""

INFINITIES = {math.inf: "9e999", -math.inf: "-9e999"}
"""How numbers beside text are written where `inf` may be a word of the text; SQLite reads them as infinities too."""

LOOSE = frozenset({"jsonb", "numeric"})
"""Kinds that PostgreSQL may give back in other bytes of the same value."""


@dataclass(frozen=True)
class Kind:
    """The target type of a column; `habit` says how instants are written in the source."""

    name: str
    habit: str = ""

    @property
    def sql_type(self) -> str:
        """Return the type for CREATE TABLE."""
        return TYPES[self.name]

    @property
    def shown(self) -> str:
        """Return the type as a plan shows it, for example `timestamptz (from epoch milliseconds)`."""
        plain = self.sql_type.partition(" COLLATE")[0]
        notes = {"mixed_text": "numbers and text as text", "any_json": "values of any kind as JSON"}
        notes["any_text"] = notes["any_json"]
        note = f"from {dates.habit_words(self.habit)}" if self.habit else notes.get(self.name, "")
        return f"{plain} ({note})" if note else plain


def _bigint(value: SqliteValue) -> bytes:
    if type_of(value) is not int:
        raise Unfit(f"{storage_class(value)} in a column of integers")
    return INT8.pack(value)


def _integer(value: SqliteValue) -> bytes:
    if type_of(value) is not int:
        raise Unfit(f"{storage_class(value)} in a column of integers")
    if not -(2**31) <= value < 2**31:
        raise Unfit("an integer beyond 2^31 in a column of small integers")
    return INT4.pack(value)


def _double(value: SqliteValue) -> bytes:
    if type_of(value) is int and abs(value) <= EXACT_INTEGER:
        return FLOAT8.pack(value)
    if type_of(value) is not float:
        raise Unfit(
            "an integer beyond 2^53 in a column of reals"
            if type_of(value) is int
            else f"{storage_class(value)} in a column of reals"
        )
    return FLOAT8.pack(value)


def _boolean(value: SqliteValue) -> bytes:
    if type_of(value) is not int or value not in (0, 1):
        raise Unfit("neither 0 nor 1 in a column of booleans")
    return b"\x01" if value else b"\x00"


def _text(value: SqliteValue) -> bytes:
    if type_of(value) is not str:
        raise Unfit(f"{storage_class(value)} in a column of text")
    try:
        raw: bytes = value.encode()
    except UnicodeEncodeError:
        raise Unfit("text that is no valid UTF-8") from None
    if b"\0" in raw:
        raise Unfit("text that holds a NUL byte")
    if len(raw) > POSTGRES_FIELD_BYTES:
        raise Unfit("text longer than PostgreSQL holds")
    return raw


def _bytea(value: SqliteValue) -> bytes:
    if type_of(value) is not bytes:
        raise Unfit(f"{storage_class(value)} in a column of blobs")
    if len(value) > POSTGRES_FIELD_BYTES:
        raise Unfit("a blob longer than PostgreSQL holds")
    return value


def _mixed_text(value: SqliteValue) -> bytes:
    if type_of(value) is int or type_of(value) is float:
        return INFINITIES.get(value, repr(value)).encode()
    if value in INFINITIES.values():
        raise Unfit("text that reads as infinity, in a column of numbers and text")
    return _text(value)


def _numeric(value: SqliteValue) -> bytes:
    if type_of(value) not in (int, float):
        raise Unfit(f"{storage_class(value)} in a column of numbers")
    return encode_numeric(value)


def _refuse_constant(name: str) -> None:
    raise Unfit(f"JSON with {name}, which is no JSON")


def _parsed_json(value: SqliteValue) -> bytes:
    raw = _text(value)
    try:
        json.loads(raw.decode(), parse_constant=_refuse_constant)  # as text: of bytes a byte order mark would pass
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, Unfit) else Unfit("text that is no valid JSON") from None
    return raw


def _jsonb(value: SqliteValue) -> bytes:
    raw = _parsed_json(value)
    if b"\\u0000" in raw:
        raise Unfit("JSON with an escaped NUL, which jsonb refuses")
    return b"\x01" + raw


def _any_json(value: SqliteValue) -> bytes:
    if type_of(value) is bytes:
        return json.dumps({"$blob": b64encode(value).decode()}).encode()
    if type_of(value) is float and not math.isfinite(value):
        return json.dumps({"$real": repr(value)}).encode()
    if type_of(value) is str:
        _utf8(value)
    return json.dumps(value, ensure_ascii=True).encode()


def _utf8(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("text that is no valid UTF-8") from None


def _from_any_json(raw: bytes) -> SqliteValue:
    value = json.loads(raw)
    try:
        if isinstance(value, dict) and value.keys() == {"$blob"}:
            return b64decode(value["$blob"], validate=True)
        if isinstance(value, dict) and value.keys() == {"$real"}:
            return float(value["$real"])
    except (ValueError, TypeError):
        pass
    if type_of(value) is str:
        _utf8(value)
    if value is None or type_of(value) in (float, str) or (type_of(value) is int and INT8_MIN <= value <= INT8_MAX):
        return value  # type: ignore[no-any-return]
    raise Unfit("a JSON value that SQLite has no class for")


def _from_double(raw: bytes) -> SqliteValue:
    value: float = FLOAT8.unpack(raw)[0]
    if value != value:
        raise Unfit("NaN, which SQLite stores as NULL")
    return value


def _from_mixed_text(raw: bytes) -> SqliteValue:
    text = raw.decode()
    for infinity, written in INFINITIES.items():
        if text == written:
            return infinity
    for read in (int, float):
        try:
            value = read(text)
        except ValueError:
            continue
        if repr(value) == text and math.isfinite(value) and (read is float or INT8_MIN <= value <= INT8_MAX):
            return value
    return text


def _mixed_instant(value: SqliteValue) -> bytes:
    if type_of(value) is str:
        return INT8.pack(dates.checked_us(dates.read_iso(value)[0]))
    if type_of(value) is float:
        low, high = dates.JULIAN_RANGE
        return INT8.pack(dates.real_to_us(value, "julian" if low <= value < high else "epoch_s_real"))
    band = dates.band_of(value) if type_of(value) is int else None
    if band is None:
        raise Unfit("a number whose epoch unit cannot be told")
    return INT8.pack(dates.epoch_to_us(value, band))


def _iso_instant(form: dates.IsoForm) -> Encode:
    def encode(value: SqliteValue) -> bytes:
        if type_of(value) is not str:
            raise Unfit(f"{storage_class(value)} in a column of ISO text")
        us, _ = dates.read_iso(value)
        if dates.write_iso(us, form) != value:
            raise Unfit(f"text that is not written as the rest, as {form.example()}")
        return INT8.pack(us)

    return encode


def _instant_pair(habit: str) -> tuple[Encode, Decode]:
    if habit.startswith("mixed/"):
        return _mixed_instant, _instant_pair(habit.removeprefix("mixed/"))[1]
    if habit.startswith("iso:"):
        form = dates.IsoForm.parse(habit)
        return _iso_instant(form), lambda raw: dates.write_iso(_us(raw), form)
    if habit in dates.FACTORS:
        return (
            lambda value: INT8.pack(dates.epoch_to_us(value, habit)),
            lambda raw: dates.us_to_epoch(_us(raw), habit),
        )
    return lambda value: INT8.pack(dates.real_to_us(value, habit)), lambda raw: dates.us_to_real(_us(raw), habit)


def _us(raw: bytes) -> int:
    us: int = INT8.unpack(raw)[0]
    if us in (INT8_MIN, INT8_MAX):
        raise Unfit("the instant infinity")
    return us


_PAIRS: dict[str, tuple[Encode, Decode]] = {
    "bigint": (_bigint, lambda raw: INT8.unpack(raw)[0]),
    "integer": (_integer, lambda raw: INT4.unpack(raw)[0]),
    "double": (_double, _from_double),
    "boolean": (_boolean, lambda raw: int(raw == b"\x01")),
    "text": (_text, bytes.decode),
    "json": (_parsed_json, bytes.decode),
    "jsonb": (_jsonb, lambda raw: raw[1:].decode()),
    "bytea": (_bytea, bytes),
    "numeric": (_numeric, decode_numeric),
    "mixed_text": (_mixed_text, _from_mixed_text),
    "any_json": (_any_json, _from_any_json),
    "any_text": (_any_json, _from_any_json),
    "date": (lambda value: INT4.pack(dates.day_number(value)), lambda raw: dates.day_text(INT4.unpack(raw)[0])),
}


def codec(kind: Kind) -> tuple[Encode, Decode]:
    """Return (encode, decode) of a kind: source value to wire bytes and back; both raise Unfit, neither sees NULL."""
    return _instant_pair(kind.habit) if kind.name in ("timestamptz", "timestamp") else _PAIRS[kind.name]


def storage_class(value: SqliteValue) -> str:
    """Return SQLite's name of a value's class."""
    return {type_of(None): "null", int: "integer", float: "real", str: "text", bytes: "blob"}[type_of(value)]
