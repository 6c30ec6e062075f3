"""One form of values that PostgreSQL may write in several."""

from __future__ import annotations

import json
from decimal import Decimal

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
    number = Decimal(text)
    return {"$number": str(number.normalize()) if number else "0"}
