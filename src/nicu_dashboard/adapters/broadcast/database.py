"""Broadcast between processes: the engine keeps the newest snapshot in a row, web workers follow the row."""

import asyncio
import zlib
from contextlib import suppress

from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.ports.broadcast import Snapshot
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.live_row import Bell, LiveRow, StoredSnapshot
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.packing import packed_event, unpacked

RETRY_S = 1.0
# Without a bell the row is looked at this often; with one only in case it was not heard.
LOOK_S, LOOK_IN_CASE_S = 0.1, 1.0
# Two heartbeats missed: what is known is old, and nobody new may take it for the present.
FRESH_MS = 2_500


class PublishingBroadcast(InProcessBroadcast):
    """The engine's side: its own readers at once, everybody else by the row; a slow store gets only the newest."""

    def __init__(self, row: LiveRow) -> None:
        super().__init__()
        self._row = row
        self._unsent = asyncio.Event()

    def publish(self, snapshot: Snapshot) -> None:
        """Make this the newest snapshot here, and have it stored."""
        super().publish(snapshot)
        self._unsent.set()

    async def last_seq(self) -> int:
        """Return the sequence of the snapshot that is stored, 0 when there is none."""
        stored = await asyncio.to_thread(self._row.newest, -1)
        return 0 if stored is None else stored.seq

    async def carry_forever(self) -> None:
        """Store each newest snapshot; raises LeaseLost when another engine does so."""
        while True:
            await self._unsent.wait()
            self._unsent.clear()
            if (snapshot := self.latest()) is not None:
                await self._carry(snapshot)

    async def _carry(self, snapshot: Snapshot) -> None:
        try:
            await asyncio.to_thread(self._row.put, snapshot.seq, packed_event(snapshot))
        except LeaseLost:
            raise
        except StoreUnavailable:
            await asyncio.sleep(RETRY_S)
            self._unsent.set()


class FollowingBroadcast(InProcessBroadcast):
    """A web worker's side: hands on what the engine has stored, and never an old snapshot to a new reader."""

    def __init__(self, row: LiveRow, bell: Bell, clock: Clock) -> None:
        super().__init__()
        self._row, self._bell, self._clock = row, bell, clock
        self._rung = asyncio.Event()
        self._made_at: int | None = None

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None when the engine has been silent for longer than two heartbeats."""
        age_ms = self.age_ms()
        return None if age_ms is None or age_ms > FRESH_MS else super().latest()

    def age_ms(self) -> int | None:
        """Return how old the newest snapshot is, None before the first."""
        return None if self._made_at is None else max(0, self._clock.now() - self._made_at)

    async def follow_forever(self) -> None:
        """Hand on every newer snapshot as soon as the bell rings, or as often as the row is looked at."""
        loop = asyncio.get_running_loop()

        def rung() -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._rung.set)

        self._bell.start(rung)
        while True:
            await self._look()
            try:
                await asyncio.wait_for(self._rung.wait(), LOOK_IN_CASE_S if self._bell.hears() else LOOK_S)
            except TimeoutError:
                pass
            self._rung.clear()

    async def _look(self) -> None:
        known = super().latest()
        try:
            stored = await asyncio.to_thread(self._row.newest, -1 if known is None else known.seq)
            if stored is not None:
                self._take(stored)
        except (StoreUnavailable, zlib.error):
            return

    def _take(self, stored: StoredSnapshot) -> None:
        self._made_at = self._clock.now() - stored.age_ms
        self.publish(unpacked(stored.seq, stored.packed))

    def close(self) -> None:
        """End all subscriptions and the listening."""
        self._bell.close()
        super().close()
