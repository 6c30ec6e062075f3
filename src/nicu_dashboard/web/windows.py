"""Reading times and pages out of a query: ISO 8601 with a zone, or epoch milliseconds; cursors for lists."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from nicu_dashboard.domain.instants import InstantError, parse_instant

Item = TypeVar("Item")


def moment(text: str | None, default: int) -> int:
    """Return the instant (epoch ms) a query names, or the default; raises InstantError."""
    if text is None or not text.strip():
        return default
    digits = text.removeprefix("-")
    if digits.isdigit():
        if len(digits) > 15:
            raise InstantError(f"{text[:40]!r} is not an instant in epoch milliseconds")
        return int(text)
    return parse_instant(text.replace(" ", "+"))


def page(found: Sequence[Item], limit: int, shape: Callable[[Item], Any], key: Callable[[Item], int]) -> dict[str, Any]:
    """Return a page of a list read one longer than `limit`; `next` is the cursor of the following page or null."""
    shown = found[:limit]
    more = len(found) > limit and bool(shown)
    return {"items": [shape(item) for item in shown], "next": key(shown[-1]) if more else None}
