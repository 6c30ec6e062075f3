"""Asking the database how it is, for people and load balancers that do not wait for ever."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

Found = Mapping[str, Any]
# A load balancer's probe gives up after two or three seconds, and a sibling after two.
PATIENCE_S = 1.5


class Probe:
    """Has one thread, however many ask: who asks while a measurement is under way gets the same."""

    def __init__(self, measure: Callable[[], Found]) -> None:
        self._measure = measure
        self._thread = ThreadPoolExecutor(1, "health")
        self._asked: Future[Found] | None = None

    async def found(self) -> Found | None:
        """Return what was measured, None when the database lets it wait for longer than 1.5 s."""
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = self._thread.submit(self._measure)
        # Each caller's own view of it: a serverless platform may ask from another loop each time.
        mine = asyncio.wrap_future(asked)
        done, _ = await asyncio.wait({mine}, timeout=PATIENCE_S)
        if not done:
            mine.cancel()  # of this view alone: what runs in a thread goes on
            return None
        return mine.result()
