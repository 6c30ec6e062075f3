"""Broadcast within one process: one slot per reader, the newest wins."""

import asyncio
from collections.abc import AsyncIterator

from nicu_dashboard.ports.broadcast import Snapshot


class InProcessBroadcast:
    """Every reader waits on one shared event and then takes the newest snapshot: nothing queues for a slow one."""

    def __init__(self) -> None:
        self._latest: Snapshot | None = None
        self._news = asyncio.Event()
        self._closed = False
        self._readers = 0

    def publish(self, snapshot: Snapshot) -> None:
        """Make this the newest snapshot and wake every reader."""
        self._latest = snapshot
        self._wake()

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot."""
        return self._latest

    def readers(self) -> int:
        """Return how many readers are subscribed."""
        return self._readers

    async def subscribe(self) -> AsyncIterator[Snapshot]:
        """Yield the newest snapshot and each newer one this reader is fast enough for."""
        seen = -1
        self._readers += 1
        try:
            while not self._closed:
                news, latest = self._news, self.latest()
                if latest is not None and latest.seq > seen:
                    seen = latest.seq
                    yield latest
                else:
                    await news.wait()
        finally:
            self._readers -= 1

    def close(self) -> None:
        """End all subscriptions."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
