"""The running whole of one unit: what must be started together and stopped in order."""

from dataclasses import dataclass

from nicu_dashboard.ports.broadcast import Broadcast
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.admissions import Admissions
from nicu_dashboard.services.alarm_actions import AlarmActions
from nicu_dashboard.services.anchoring import Anchoring
from nicu_dashboard.services.displays import Displays
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.intake import Intake
from nicu_dashboard.services.limits_desk import LimitsDesk
from nicu_dashboard.services.live import Live
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.settling import Settling
from nicu_dashboard.services.tasks import Tasks
from nicu_dashboard.services.upkeep import Upkeep
from nicu_dashboard.services.ward import Ward


@dataclass(frozen=True, slots=True)
class Station:
    """Everything the web and the commands may ask of a running unit."""

    clock: Clock
    measures: Measures
    ward: Ward
    engine: Engine
    live: Live
    broadcast: Broadcast
    intake: Intake
    actions: AlarmActions
    admissions: Admissions
    limits: LimitsDesk
    displays: Displays
    settling: Settling
    upkeep: Upkeep
    tasks: Tasks
    anchoring: Anchoring
    definition: str
    mode: str

    async def start(self) -> None:
        """Restore the ward from the record, publish the first snapshot and let time run."""
        await self.engine.keeper.open()
        await self.settling.start()
        self.live.publish()
        self.tasks.start(self.engine.tick_forever(), "engine: time")
        self.tasks.start(self.engine.write_forever(), "engine: commits")
        self.tasks.start(self.engine.drain_forever(), "engine: spool")
        self.tasks.start(self.live.run_forever(), "live view")
        self.tasks.start(self.upkeep.run_forever(), "upkeep")
        self.tasks.start(self.anchoring.run_forever(), "audit anchors")

    async def stop(self) -> None:
        """End the streams and the tasks, then store what is left; what waits in the spool waits for the next start."""
        self.broadcast.close()
        await self.tasks.stop()
        await self.engine.write()
        self.engine.keeper.close()
