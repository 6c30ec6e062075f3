"""PostgreSQL's binary form of `numeric`: groups of four decimal digits."""

from __future__ import annotations

import struct
from decimal import Decimal

from nicu_dashboard.migration.errors import Unfit

POSITIVE, NEGATIVE, NAN, PLUS_INFINITY, MINUS_INFINITY = 0x0000, 0x4000, 0xC000, 0xD000, 0xF000
SPECIALS = {PLUS_INFINITY: float("inf"), MINUS_INFINITY: float("-inf")}


def encode_numeric(value: object) -> bytes:
    """Return the wire form of an int or a float (its shortest decimal); raises Unfit for anything else."""
    if type(value) is float and value in SPECIALS.values():
        return struct.pack(">hhHh", 0, 0, PLUS_INFINITY if value > 0 else MINUS_INFINITY, 0)
    if type(value) not in (int, float):
        raise Unfit("no number in a numeric column")
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    if not isinstance(exponent, int):
        raise Unfit("no number in a numeric column")
    text = "".join(map(str, digits)).lstrip("0")
    while text.endswith("0") and exponent < 0:
        text, exponent = text[:-1], exponent + 1
    scale = max(0, -exponent)
    if not text:
        return struct.pack(">hhHh", 0, 0, POSITIVE, scale)
    text += "0" * (exponent % 4)
    exponent -= exponent % 4
    text = "0" * (-len(text) % 4) + text
    groups = [int(text[place : place + 4]) for place in range(0, len(text), 4)]
    weight = len(groups) - 1 + exponent // 4
    while groups[-1] == 0:
        groups.pop()
    head = struct.pack(">hhHh", len(groups), weight, NEGATIVE if sign else POSITIVE, scale)
    return head + struct.pack(f">{len(groups)}h", *groups)


def decode_numeric(raw: bytes) -> int | float:
    """Return an int when the number is whole and fits 64 bits, else the float; raises Unfit when digits are lost."""
    count, weight, sign, _ = struct.unpack(">hhHh", raw[:8])
    if sign in SPECIALS:
        return SPECIALS[sign]
    if sign == NAN:
        raise Unfit("NaN, which SQLite stores as NULL")
    groups = struct.unpack(f">{count}h", raw[8:])
    digits = tuple(map(int, "".join(f"{group:04d}" for group in groups) or "0"))
    number = Decimal(
        (int(sign == NEGATIVE), digits, 4 * (weight - count + 1))
    )  # any arithmetic would cut it to 28 digits
    if number == number.to_integral_value() and -(2**63) <= number < 2**63:
        return int(number)
    near = float(number)
    if Decimal(repr(near)) != number:
        raise Unfit("a number with more digits than SQLite's real holds")
    return near
