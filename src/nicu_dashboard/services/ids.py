"""Numbers for new alarms, reserved in blocks so that raising an alarm never waits for the database."""

import asyncio
from collections.abc import Iterator

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.tick import Journal

# At 177 alarms per baby and day (PMID 29740183) five thousand last 100 cots for more than six hours.
BLOCK = 10_000
LOW_WATER = 5_000
_PER_MS = 1_000


class AlarmIds(Iterator[int]):
    """Hands out numbers from a reserved block; top_up() reserves the next before the block runs out."""

    def __init__(self, journal: Journal, clock: Clock | None = None, *, at_once: bool = True) -> None:
        """With a clock nobody ever waits: where no number is left, it is made of the time."""
        self._journal = journal
        self._clock = clock
        self._ready: list[range] = [journal.reserve_ids("alarm", BLOCK)] if at_once else []
        self._timed = 0

    def __next__(self) -> int:
        """Return the next number."""
        while self._ready and not self._ready[0]:
            self._ready.pop(0)
        if not self._ready:
            if self._clock is not None:
                return self._made_of(self._clock.now())
            self._ready.append(self._journal.reserve_ids("alarm", BLOCK))
        number = self._ready[0][0]
        self._ready[0] = self._ready[0][1:]
        return number

    def _made_of(self, at: int) -> int:
        """Return a number far above every counted one, different from all before it."""
        self._timed = max(self._timed + 1, at * _PER_MS)
        return self._timed

    async def top_up(self) -> None:
        """Reserve another block in a thread when few numbers are left."""
        if sum(len(block) for block in self._ready) < LOW_WATER:
            self._ready.append(await asyncio.to_thread(self._journal.reserve_ids, "alarm", BLOCK))
