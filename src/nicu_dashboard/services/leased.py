"""An engine among others: the station of a unit works only as long as it holds the unit's lease."""

from contextlib import suppress
from dataclasses import dataclass

from nicu_dashboard.ports.broadcast import SharedBroadcast
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.spool import SpoolUnusable
from nicu_dashboard.services.station import Station
from nicu_dashboard.services.tenure import Tenure


@dataclass(frozen=True, slots=True)
class LeasedStation(Station):
    """Waits for the lease, then restores the ward and lets time run; ends its tasks with LeaseLost when it is lost."""

    tenure: Tenure
    shared: SharedBroadcast

    async def start(self) -> None:
        """Begin to wait for the lease; the server answers meanwhile that it waits."""
        self.tasks.start(self._take_over(), "lease: wait")

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
        try:
            await self.engine.keeper.open()
        except SpoolUnusable as error:
            self.tenure.say(f"working without a spool: {error}")
            self.engine.keeper.do_without_spool()
        self.live.go_on_after(await self.shared.last_seq())
        await Station.start(self)
        self.tasks.start(self.shared.carry_forever(), "live view: to other processes")
        self.tenure.at_work()
