"""One form of values that PostgreSQL may write in several."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.kinds import LOOSE
from nicu_dashboard.migration.numerics import decode_numeric, encode_numeric


def canonical(kind: str, raw: bytes | None) -> bytes | None:
    """Return one form of the values that PostgreSQL may write in several."""
    if raw is None or kind not in LOOSE:
        return raw
    if kind == "jsonb":
        return canonical_json(raw[1:])
    try:
        return encode_numeric(decode_numeric(raw))
    except Unfit:
        return raw


def canonical_json(raw: bytes) -> bytes:
    """Return JSON with sorted keys, the last of doubled keys, and numbers in one form: what jsonb keeps."""
    return json.dumps(json.loads(raw, parse_float=_number, parse_int=_number), sort_keys=True).encode()


def _number(text: str) -> dict[str, str]:
    try:
        sign, digits, exponent = Decimal(text).as_tuple()
    except InvalidOperation:  # an exponent that no database holds
        return {"$number": text}
    shown = "".join(map(str, digits)).lstrip("0")  # by hand: normalize() would cut it to 28 digits
    kept = shown.rstrip("0")
    return {"$number": f"{'-' * sign}{kept}e{int(exponent) + len(shown) - len(kept)}" if kept else "0"}
