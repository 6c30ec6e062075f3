"""The heart: lets time pass, commits what the ward decided in one transaction per tick, and wakes the screens."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.tick import Fate, Journal, StoreUnavailable, Tick, VitalsRow
from nicu_dashboard.services.live import Live
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.ward import Ward

TICK_S = 0.25
# Senders wait this much longer at most, so that those who come together share one transaction.
GATHER_S = 0.05
RETRY_S = 1.0
# The machine's wall clock may be corrected by this much before people are told.
CLOCK_STEP_MS = 5_000
STORE_FAULT, CLOCK_FAULT = "store_unavailable", "clock_stepped"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Readings whose sender waits for them to be durable."""

    rows: Sequence[VitalsRow]
    done: asyncio.Future[Sequence[Fate]]


class Engine:
    """Runs in the event loop; the journal works in a thread, one commit at a time."""

    def __init__(self, ward: Ward, journal: Journal, clock: Clock, live: Live, measures: Measures) -> None:
        self.ward = ward
        self.store_failing_since: int | None = None
        self._journal = journal
        self._clock = clock
        self._live = live
        self._measures = measures
        self._waiting: list[_Waiting] = []
        self._unwritten = Tick()
        self._wake = asyncio.Event()
        self.gather_s = GATHER_S

    async def submit(self, rows: Sequence[VitalsRow] = ()) -> Sequence[Fate]:
        """Return each reading's fate after the commit; raises StoreUnavailable, and then no reading was kept."""
        done: asyncio.Future[Sequence[Fate]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(rows, done))
        self._live.changed()
        self._wake.set()
        return await done

    def unwritten(self) -> int:
        """Return how many alarm changes wait for the store to come back."""
        return len(self._unwritten.transitions)

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
        """Commit whatever has gathered, again and again; what came while one commit ran goes into the next."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.write()
            await asyncio.sleep(self.gather_s)
            if self.store_failing_since is not None:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def write(self) -> None:
        """Commit everything decided so far in one transaction and answer those who wait."""
        waiting, self._waiting = self._waiting, []
        tick = _joined(self._unwritten, self.ward.drain())
        tick.readings = [row for sender in waiting for row in sender.rows]
        try:
            fates = await asyncio.to_thread(self._timed_commit, tick)
        except StoreUnavailable as error:
            self._failed(tick, waiting, error)
        else:
            self._kept(fates, waiting)

    def _timed_commit(self, tick: Tick) -> Sequence[Fate]:
        with self._measures.commit_time():
            return self._journal.commit(tick) if tick else []

    def _kept(self, fates: Sequence[Fate], waiting: Sequence[_Waiting]) -> None:
        self._unwritten = Tick()
        if self.store_failing_since is not None:
            self.store_failing_since = None
            self.ward.fault_over(STORE_FAULT, self._clock.now())
            self._live.changed()
            self._wake.set()
        start = 0
        for sender in waiting:
            share = fates[start : start + len(sender.rows)]
            start += len(sender.rows)
            if not sender.done.done():
                sender.done.set_result(share)

    def _failed(self, tick: Tick, waiting: Sequence[_Waiting], error: StoreUnavailable) -> None:
        """Keep what the ward decided for the next try; readings are refused, so that their senders keep them."""
        tick.readings = []
        self._unwritten = tick
        if self.store_failing_since is None:
            self.store_failing_since = self._clock.now()
            self.ward.fault(STORE_FAULT, "Store unavailable: readings are not saved", "medium", self._clock.now())
            self._live.changed()
        for sender in waiting:
            if not sender.done.done():
                sender.done.set_exception(StoreUnavailable(str(error)))

    def _check_clock(self, at: int) -> None:
        step = self._clock.wall_step_ms()
        if abs(step) > CLOCK_STEP_MS:
            text = f"Server clock stepped by {step / 1_000:+.0f} s; records keep the old time until a restart"
            self.ward.fault(CLOCK_FAULT, text, "low", at)
        else:
            self.ward.fault_over(CLOCK_FAULT, at)


def _joined(first: Tick, second: Tick) -> Tick:
    return Tick(*(getattr(first, name) + getattr(second, name) for name in Tick.__slots__))
