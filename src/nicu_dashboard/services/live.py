"""The live view: the full state of the unit, on change within 100 ms and at least once a second."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from nicu_dashboard.ports.broadcast import Broadcast, Snapshot
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.measures import Measures

GAP_S = 0.1
HEARTBEAT_S = 1.0

Encode = Callable[[Mapping[str, Any]], bytes]
Build = Callable[[int, int], Mapping[str, Any]]


class Live:
    """Builds and encodes each snapshot once, however many screens there are."""

    def __init__(self, build: Build, encode: Encode, broadcast: Broadcast, clock: Clock, measures: Measures) -> None:
        self._build = build
        self._encode = encode
        self._broadcast = broadcast
        self._clock = clock
        self._measures = measures
        self._dirty = asyncio.Event()
        # Sequences go on rising over a restart, so that a screen never takes an old snapshot for a new one.
        self._seq = clock.now() // 100

    def go_on_after(self, seq: int) -> None:
        """Go beyond the sequence of the engine before, whose clock may have been ahead."""
        self._seq = max(self._seq, seq)

    def changed(self) -> None:
        """Something on the wall changed."""
        self._dirty.set()

    def publish(self) -> None:
        """Send a snapshot of this moment."""
        self._seq += 1
        body = self._encode(self._build(self._seq, self._clock.now()))
        self._broadcast.publish(Snapshot(self._seq, body))
        self._measures.snapshots += 1

    async def run_forever(self) -> None:
        """Publish the first change at once, later ones together every 100 ms, and a heartbeat each second."""
        while True:
            try:
                await asyncio.wait_for(self._dirty.wait(), HEARTBEAT_S - GAP_S)
            except TimeoutError:
                pass
            self._dirty.clear()
            self.publish()
            await asyncio.sleep(GAP_S)
