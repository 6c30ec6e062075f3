"""Connections on which nobody asks: each holds a place, and a server without places shuts everybody out."""

from collections.abc import Iterable
from typing import Any

# Between two requests uvicorn waits 5 s; it sets no limit to the first, nor to one whose headers never end.
SILENT_S = 20.0
_UNKNOWN: Any = object()


def is_new(connection: Any) -> bool:
    """Return whether nothing was asked on a connection yet."""
    return getattr(connection, "cycle", _UNKNOWN) is None


class Places:
    """Remembers since when each connection has been without a request, and takes the place of those that keep it so."""

    def __init__(self) -> None:
        self._since: dict[Any, tuple[Any, float]] = {}

    def clear(self, connections: Iterable[Any], at_s: float) -> None:
        """Close those that have been without a request for 20 s, by a clock that only goes forward."""
        since: dict[Any, tuple[Any, float]] = {}
        for one in connections:
            last = getattr(one, "cycle", _UNKNOWN)  # the latest request with its answer, None before the first
            if last is _UNKNOWN or (last is not None and not last.response_complete):
                continue
            known, known_s = self._since.get(one, (last, at_s))
            since[one] = (last, known_s if known is last else at_s)
            if at_s - since[one][1] > SILENT_S:
                one.transport.close()
        self._since = since
