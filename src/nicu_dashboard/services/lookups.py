"""Questions to the store that nobody may be held up by: whoever has an earlier answer goes on with it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookLong
from threading import Lock
from typing import Any, TypeVar

from nicu_dashboard.ports.tick import StoreUnavailable

Answer = TypeVar("Answer")

# The wall and the devices wait this long for news of a session or a key that was good before.
SOON_S = 0.5
LATE_S = 15.0
_THREADS = 6


class Lookups:
    """Has threads of its own; the same question is on its way only once."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "lookups")
        self._lock = Lock()
        self._asked: dict[str, Future[Any]] = {}

    def ask(self, about: str, question: Callable[[], Answer], known: Answer | None) -> Answer:
        """Return the store's answer, or `known` when the store fails or is slow.

        Raises StoreUnavailable when nothing is known.
        """
        future = self._on_its_way(about, question)
        try:
            answer: Answer = future.result(LATE_S if known is None else SOON_S)
        except (StoreUnavailable, TookLong) as error:
            if known is not None:
                return known
            raise StoreUnavailable(str(error) or "the store does not answer; see: nicu db check") from None
        return answer

    def _on_its_way(self, about: str, question: Callable[[], Answer]) -> "Future[Answer]":
        with self._lock:
            future = self._asked.get(about)
            if future is None or future.done():
                future = self._asked[about] = self._threads.submit(question)
                self._asked = {name: one for name, one in self._asked.items() if name == about or not one.done()}
            return future
