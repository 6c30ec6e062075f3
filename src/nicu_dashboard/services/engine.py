"""The heart: lets time pass, commits what the ward decided in one transaction per tick, and wakes the screens."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.spool import Spooled
from nicu_dashboard.ports.tick import Fate, Refused, StoreUnavailable, Tick, VitalsRow
from nicu_dashboard.services.keeper import Keeper, ReadingsNotKept
from nicu_dashboard.services.kept import Kept
from nicu_dashboard.services.live import Live
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.ward import Ward

TICK_S = 0.25
# Senders wait this much longer at most, so that those who come together share one transaction.
GATHER_S = 0.05
RETRY_S = 1.0
# The machine's wall clock may be corrected by this much before people are told.
CLOCK_STEP_MS = 5_000
_IN_MEMORY = "it counts on the wall but is in memory alone, to be written as soon as it can be"
STORE_FAULT, CLOCK_FAULT = "store_unavailable", "clock_stepped"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who waits until readings, or an act without any, are durable."""

    rows: Sequence[VitalsRow]
    done: asyncio.Future[Kept]


class Engine:
    """Runs in the event loop; the keeper makes durable what was decided, one tick after another."""

    def __init__(self, ward: Ward, keeper: Keeper, clock: Clock, live: Live, measures: Measures) -> None:
        self.ward = ward
        self.keeper = keeper
        self.store_failing_since: int | None = None
        self._clock = clock
        self._live = live
        self._measures = measures
        self._waiting: list[_Waiting] = []
        self._held: Spooled | None = None
        self._told: str | None = None
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self.gather_s = GATHER_S

    async def submit(self, rows: Sequence[VitalsRow] = ()) -> Kept:
        """Return where the readings, and what was decided before, are durable, with each reading's fate.

        Raises StoreUnavailable, and then no reading was kept.
        """
        done: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(rows, done))
        self._live.changed()
        self._wake.set()
        return await done

    def unwritten(self) -> int:
        """Return how many alarm changes are in memory alone, because neither store nor spool can take them."""
        return 0 if self._held is None else len(self._held.tick.transitions)

    async def tick_forever(self) -> None:
        """Let time pass in the ward four times a second."""
        while True:
            at = self._clock.now()
            self._check_clock(at)
            if self.ward.pass_time(at):
                self._live.changed()
                self._wake.set()
            self._measures.ticked(self._clock.now() - at)
            await asyncio.sleep(TICK_S)

    async def write_forever(self) -> None:
        """Keep whatever has gathered, again and again; what came while one commit ran goes into the next."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            # A commit under way when the server is told to stop is not forgotten: the last write waits for it.
            await asyncio.shield(self.write())
            await asyncio.sleep(self.gather_s)
            if self._held is not None:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def drain_forever(self) -> None:
        """Bring what waits in the spool into the store as soon as it can be reached."""
        await self.keeper.drain_forever(self._tell_of_store, RETRY_S)

    async def write(self) -> None:
        """Make everything decided so far durable, if the store can in one transaction; answer those who wait.

        Raises LeaseLost, and then nothing of it was kept.
        """
        async with self._writing:
            waiting, self._waiting = self._waiting, []
            try:
                await self._keep_held()
                fates = await self._keep(self._gathered(waiting))
            except LeaseLost as lost:
                _refuse(waiting, lost)
                raise
            except ReadingsNotKept as error:
                self._held = None
                self._answer([sender for sender in waiting if not sender.rows], [])
                _refuse([sender for sender in waiting if sender.rows], error)
            except StoreUnavailable as error:
                if self._held is not None:
                    self._held.tick.readings = []
                _refuse([sender for sender in waiting if sender.rows], error)
                _refuse([sender for sender in waiting if not sender.rows], StoreUnavailable(f"{_IN_MEMORY}: {error}"))
            else:
                self._answer(waiting, fates)
            self._tell_of_store()

    def _gathered(self, waiting: Sequence[_Waiting]) -> Tick:
        tick = self.ward.drain()
        tick.readings = [row for sender in waiting for row in sender.rows]
        return tick

    async def _keep_held(self) -> None:
        """What could not be kept goes before everything that was decided later."""
        if self._held is not None and self._held.tick:
            await self.keeper.keep(self._held)
        self._held = None

    async def _keep(self, tick: Tick) -> Sequence[Fate | Refused]:
        if not tick:
            return []
        self._held = self.keeper.numbered(tick)
        fates = await self.keeper.keep(self._held)
        self._held = None
        return fates

    def _answer(self, waiting: Sequence[_Waiting], fates: Sequence[Fate | Refused]) -> None:
        """Tell each sender its share. While anything waits in the spool, what is new went behind it."""
        keeper, start = self.keeper, 0
        spooled = keeper.waiting.ticks > 0
        followed = spooled and keeper.may_be_followed(self._away_ms())
        for sender in waiting:
            share = fates[start : start + len(sender.rows)]
            start += len(sender.rows)
            if not sender.done.done():
                sender.done.set_result(Kept(share, "spool" if spooled else "record", followed))

    def _away_ms(self) -> int:
        at = self._clock.now()
        return at - (self.store_failing_since or at)

    def _tell_of_store(self) -> None:
        """Let the wall know whether the store takes what is decided, and how much waits."""
        failing, at = self.keeper.failing is not None, self._clock.now()
        if failing != (self.store_failing_since is not None):
            self.store_failing_since = at if failing else None
        text = self.keeper.in_words(self._away_ms()) if failing or self.keeper.waiting.ticks else None
        if text == self._told:
            return
        self._told = text
        if text is None:
            self.ward.fault_over(STORE_FAULT, at)
        else:
            self.ward.fault(STORE_FAULT, text, "medium", at)
        self._live.changed()
        self._wake.set()

    def _check_clock(self, at: int) -> None:
        step = self._clock.wall_step_ms()
        if abs(step) > CLOCK_STEP_MS:
            text = f"Server clock stepped by {step / 1_000:+.0f} s; records keep the old time until a restart"
            self.ward.fault(CLOCK_FAULT, text, "low", at)
        else:
            self.ward.fault_over(CLOCK_FAULT, at)


def _refuse(waiting: Sequence[_Waiting], error: StoreUnavailable) -> None:
    for sender in waiting:
        if not sender.done.done():
            sender.done.set_exception(StoreUnavailable(str(error)))
