"""Threads for those who must not wait behind history: devices that send, screens that watch."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")

_THREADS = ThreadPoolExecutor(8, "front door")


async def at_the_front_door(work: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Run a short look-up in a thread that no other request can take."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: work(*given, **named))
