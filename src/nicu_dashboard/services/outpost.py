"""A web worker beside an engine: it follows the record and the live view; the rest is left to the engine."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from nicu_dashboard.ports.broadcast import FollowedBroadcast
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import Claim, Lease, Tenancy
from nicu_dashboard.ports.tick import StoreUnavailable, VitalsRow
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.reading_room import ReadingRoom
from nicu_dashboard.services.station import Station

FOLLOW_S = 1.0
KNOWN_MS = 1_000
# Nobody waits longer for a store that does not answer while it is known where the engine was.
SOON_S = 0.5


class NoEngine(Engine):
    """Where an act ends up that should have gone to the engine: refused, never kept waiting."""

    async def submit(self, rows: Sequence[VitalsRow] = ()) -> NoReturn:
        """Raise StoreUnavailable."""
        raise StoreUnavailable("this is a web worker; only the engine may do this. Send it again.")


class Whereabouts:
    """Where the engine is reached, as the lease says it."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease, self._clock = lease, clock
        self._seen: Tenancy | None = None
        self._looked_at = -KNOWN_MS
        self._on_move: list[Callable[[], None]] = []
        self._asked: asyncio.Future[Tenancy | None] | None = None
        # Its own: devices wait for the answer, whatever else waits for the store.
        self._thread = ThreadPoolExecutor(1, "lease")

    def when_moved(self, act: Callable[[], None]) -> None:
        """Have something done whenever another engine has taken the lease."""
        self._on_move.append(act)

    async def engine(self, anew: bool = False) -> Claim | None:
        """Return the engine's claim, None when no engine holds the lease; `anew` looks though it was just looked at.

        While the store cannot tell, the engine is where it was. Who asks before the first look has ended waits for it.
        """
        if anew or self._seen is None or self._clock.now() - self._looked_at >= KNOWN_MS:
            self._looked_at = self._clock.now()
            await self._look()
        return self.known()

    def known(self) -> Claim | None:
        """Return what engine() said last, without looking."""
        return None if self._seen is None or self._seen.given_back else self._seen.claim

    async def _look(self) -> None:
        """Look at the lease; a look that the store leaves without an answer goes on, and is not begun twice."""
        if self._asked is None:
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self._lease.look)
        asked = self._asked
        await asyncio.wait({asked}, timeout=None if self._seen is None else SOON_S)
        if asked.done() and asked is self._asked:
            self._asked, before = None, self.epoch
            with suppress(StoreUnavailable):
                self._seen = asked.result()
            if before != self.epoch:
                for act in self._on_move:
                    act()

    @property
    def epoch(self) -> int | None:
        """Return the epoch of the lease when it was looked at last."""
        return None if self._seen is None else self._seen.epoch


@dataclass(frozen=True, slots=True)
class Outpost(Station):
    """The station of a web worker: its ward knows who lies where, its broadcast hands on, its engine refuses."""

    residents: ReadingRoom
    followed: FollowedBroadcast
    whereabouts: Whereabouts

    async def start(self) -> None:
        """Learn who lies where and where the engine is, before anybody can ask, and begin to follow."""
        await self.residents.sync()
        await self.whereabouts.engine()
        self.tasks.start(self.followed.follow_forever(), "live view: from the engine")
        self.tasks.start(self.followed.follow_engine_forever(), "live view: from the engine itself")
        self.tasks.start(self._follow_record(), "record")
        self.tasks.start(self._follow_lease(), "lease: whose it is")

    async def stop(self) -> None:
        """End the streams and the tasks; there is nothing to store."""
        self.broadcast.close()
        await self.tasks.stop()

    async def _follow_record(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self.residents.sync()
            await asyncio.sleep(FOLLOW_S)

    async def _follow_lease(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            await self.whereabouts.engine()
