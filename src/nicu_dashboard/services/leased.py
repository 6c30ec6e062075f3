"""An engine among others: the station of a unit works only as long as it holds the unit's lease."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from nicu_dashboard.ports.broadcast import SharedBroadcast
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.spool import SpoolUnusable
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.station import Station
from nicu_dashboard.services.tenure import Tenure

# How often a waiting engine looks whether this machine still holds what an earlier one had to put by.
LEFT_S = 1.0


@dataclass(frozen=True, slots=True)
class LeasedStation(Station):
    """Waits for the lease, then restores the ward and lets time run; ends its tasks with LeaseLost when it is lost."""

    tenure: Tenure
    shared: SharedBroadcast
    clearing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Begin to wait for the lease; the server answers meanwhile that it waits."""
        self.tasks.start(self._take_over(), "lease: wait")
        self.tasks.start(self._clear_forever(), "spool: left behind")

    async def stop(self) -> None:
        """End the streams and the tasks, store what is left, let the next engine take over at once."""
        self.broadcast.close()
        await self.tasks.stop()
        if self.tenure.state == "working":
            with suppress(LeaseLost):
                await self.engine.write()
        self.engine.keeper.close()
        await self.tenure.end()

    async def _take_over(self) -> None:
        await self.tenure.win()
        self.tasks.start(self.tenure.keep(), "lease: renewal")
        async with self.clearing:
            await self._open_spool()
        self.live.go_on_after(await self.shared.last_seq())
        await Station.start(self)
        self.tasks.start(self.shared.carry_forever(), "live view: to other processes")
        self.tenure.at_work()

    async def _open_spool(self) -> None:
        self.engine.keeper.epoch = self.tenure.epoch
        try:
            await self.engine.keeper.open()
        except SpoolUnusable as error:
            self.tenure.say(f"working without a spool: {error}")
            self.engine.keeper.do_without_spool()

    async def _clear_forever(self) -> None:
        """While another engine works, bring what this machine's spool still holds into the store, as history."""
        while self.tenure.state == "waiting":
            if epoch := self.tenure.others_epoch():
                async with self.clearing:
                    with suppress(StoreUnavailable):
                        await self.engine.keeper.clear(epoch, lambda: self.tenure.state == "waiting")
            await asyncio.sleep(LEFT_S)
