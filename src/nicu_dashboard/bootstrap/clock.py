"""The clock that everything wired here goes by."""

from nicu_dashboard.adapters.system_clock import SystemClock
from nicu_dashboard.ports.clock import Clock


def system_clock(speed: float = 1.0) -> Clock:
    """Return the machine's clock, `speed` times as fast for demonstrations."""
    return SystemClock(speed)
