"""Time, injected: nothing in the program reads a clock but through this port."""

from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for freshness and delays."""

    def now(self) -> int:
        """Return the wall time in epoch ms UTC."""
        ...

    def monotonic(self) -> int:
        """Return milliseconds that never run backwards, from an arbitrary origin."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        ...
