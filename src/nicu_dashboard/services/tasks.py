"""Background tasks that nobody forgets: a task that fails says so and ends the group."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """Keeps its tasks, reports the first failure to `failed`, and cancels all on stop."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._running: set[asyncio.Task[None]] = set()
        self.failure: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a coroutine until it ends or stop() is called."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = self.failure or error
            self._failed(error)

    async def stop(self) -> None:
        """Cancel every task and wait until all have ended."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
