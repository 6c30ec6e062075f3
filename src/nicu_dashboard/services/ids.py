"""Numbers for new alarms, reserved in blocks so that raising an alarm never waits for the database."""

import asyncio
from collections.abc import Iterator

from nicu_dashboard.ports.tick import Journal

BLOCK = 1_000
LOW_WATER = 300


class AlarmIds(Iterator[int]):
    """Hands out numbers from a reserved block; top_up() reserves the next before the block runs out."""

    def __init__(self, journal: Journal, *, at_once: bool = True) -> None:
        self._journal = journal
        self._ready: list[range] = [journal.reserve_ids("alarm", BLOCK) if at_once else range(0)]

    def __next__(self) -> int:
        """Return the next number; reserves at once in the rare case that none is left."""
        while not self._ready[0]:
            if len(self._ready) == 1:
                self._ready.append(self._journal.reserve_ids("alarm", BLOCK))
            self._ready.pop(0)
        number = self._ready[0][0]
        self._ready[0] = self._ready[0][1:]
        return number

    async def top_up(self) -> None:
        """Reserve another block in a thread when few numbers are left."""
        if sum(len(block) for block in self._ready) < LOW_WATER:
            self._ready.append(await asyncio.to_thread(self._journal.reserve_ids, "alarm", BLOCK))
