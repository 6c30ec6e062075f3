"""Broadcast between processes: the engine keeps the newest snapshot in a row, web workers follow the row.

While the row is silent (the store is away, or the engine cannot reach it) they follow the engine itself.
"""

import asyncio
import zlib
from contextlib import suppress

from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.ports.broadcast import Snapshot
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.engine_view import EngineView
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

    def __init__(self, row: LiveRow, clock: Clock) -> None:
        super().__init__()
        self._row, self._clock = row, clock
        self._unsent = asyncio.Event()
        self._made_at: int | None = None

    def publish(self, snapshot: Snapshot) -> None:
        """Make this the newest snapshot here, and have it stored."""
        self._made_at = self._clock.now()
        super().publish(snapshot)
        self._unsent.set()

    def age_ms(self) -> int | None:
        """Return how old the newest snapshot is, None before the first."""
        return None if self._made_at is None else max(0, self._clock.now() - self._made_at)

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

    def __init__(self, row: LiveRow, bell: Bell, clock: Clock, engine: EngineView) -> None:
        super().__init__()
        self._row, self._bell, self._clock, self._engine = row, bell, clock, engine
        self._rung = asyncio.Event()
        self._made_at: int | None = None
        # What the row said last is known apart: by the engine's own way the same snapshots come a little earlier.
        self._row_seq, self._row_made_at = -1, -FRESH_MS

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

    async def follow_engine_forever(self) -> None:
        """Hand on what the engine itself says as long as the row is silent."""
        try:
            while True:
                if self._row_is_silent():
                    await self._ask_engine()
                else:
                    await asyncio.sleep(LOOK_S)
        finally:
            await self._engine.close()

    def _row_is_silent(self) -> bool:
        return self._clock.now() - self._row_made_at > FRESH_MS

    async def _look(self) -> None:
        try:
            stored = await asyncio.to_thread(self._row.newest, self._row_seq)
            if stored is not None:
                self._take(stored)
                self._row_seq, self._row_made_at = stored.seq, self._clock.now() - stored.age_ms
        except (StoreUnavailable, zlib.error):
            return

    async def _ask_engine(self) -> None:
        known = super().latest()
        try:
            found = await self._engine.newer(-1 if known is None else known.seq)
            if found is not None and self._row_is_silent():
                self._take(found)
        except (StoreUnavailable, zlib.error, ValueError):
            await asyncio.sleep(RETRY_S)
        else:
            await asyncio.sleep(0 if found else LOOK_S)

    def _take(self, stored: StoredSnapshot) -> None:
        """Hand a snapshot on, unless a newer one was handed on already."""
        known = super().latest()
        if known is None or stored.seq > known.seq:
            self._made_at = self._clock.now() - stored.age_ms
            self.publish(unpacked(stored.seq, stored.packed))

    def close(self) -> None:
        """End all subscriptions and the listening."""
        self._bell.close()
        super().close()
