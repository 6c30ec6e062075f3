"""Waiting for what must come within a time, and no longer."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def within(seconds: float, look: Callable[[], Found], what: str) -> Found:
    """Return the first true answer; fail when there is none in time."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(0.03)
    return found
