"""Reading times and pages out of a query: ISO 8601 with a zone, or epoch milliseconds; cursors for lists."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Le

from nicu_dashboard.domain.instants import parse_instant, within_reach

Item = TypeVar("Item")
# A row's number, a cursor: a whole number that browsers and every store hold exactly.
Whole = Annotated[int, Ge(-(2**53) + 1), Le(2**53 - 1)]
_EPOCH_MS = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def moment(text: str | None, default: int) -> int:
    """Return the instant (epoch ms) a query names, or the default; raises InstantError."""
    if text is None or not text.strip():
        return default
    if _EPOCH_MS.fullmatch(text):
        return within_reach(int(text), text)
    return parse_instant(text.replace(" ", "+"))


def page(found: Sequence[Item], limit: int, shape: Callable[[Item], Any], key: Callable[[Item], int]) -> dict[str, Any]:
    """Return a page of a list read one longer than `limit`; `next` is the cursor of the following page or null."""
    shown = found[:limit]
    more = len(found) > limit and bool(shown)
    return {"items": [shape(item) for item in shown], "next": key(shown[-1]) if more else None}
