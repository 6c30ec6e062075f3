"""The machine's clocks: the only place that reads them."""

import asyncio
import time


class SystemClock:
    """Wall time anchored at the start, carried on by the monotonic clock; faster for demonstrations."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._anchor = time.time_ns() // 1_000_000
        self._began = time.monotonic_ns()

    def now(self) -> int:
        """Return epoch ms UTC."""
        return self._anchor + int((time.monotonic_ns() - self._began) / 1_000_000 * self._speed)

    def wall_step_ms(self) -> int:
        """Return how far the wall clock was stepped since the start, in ms; always 0 when time is sped up."""
        return 0 if self._speed != 1.0 else time.time_ns() // 1_000_000 - self.now()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        await asyncio.sleep(seconds / self._speed)
