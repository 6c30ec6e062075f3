"""Time, injected: nothing in the program reads a clock but through this port."""

from typing import Protocol


class Clock(Protocol):
    """Wall time that never runs backwards: anchored once, then counted by the monotonic clock."""

    def now(self) -> int:
        """Return the instant in epoch ms UTC; a step of the machine's wall clock does not move it."""
        ...

    def wall_step_ms(self) -> int:
        """Return how far the machine's wall clock has been stepped away from now(), in ms."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        ...
