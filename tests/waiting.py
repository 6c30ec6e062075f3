"""Waiting for what must come within a time, and no longer."""

import asyncio
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


async def soon(seconds: float, look: Callable[[], Found], what: str) -> Found:
    """Return the first true answer of what runs in the same loop; fail when there is none in time."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.02)
    return found
