"""A pool that closes what lay unused too long: the server gets its connections back, and a firewall forgets none."""

import math
import threading
from collections.abc import Callable
from time import perf_counter

from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Queue

_RETURNED = "returned"


class IdlingPool(QueuePool):
    """Keeps each connection for `idle_s` after its last use; a thread closes it then, and ends when none is left."""

    # The pool's events (checkin, checkout, pool_recycle) tell of a connection in somebody's hands; none reaches one
    # that lies in the queue, and taking it out to close it would keep others waiting. Hence the queue itself.
    _pool: Queue[ConnectionPoolEntry]

    def __init__(
        self, creator: Callable[..., object], *arguments: object, idle_s: float = math.inf, **named: object
    ) -> None:
        """Take what QueuePool takes, and how long an unused connection is kept."""
        super().__init__(creator, *arguments, **named)  # type: ignore[arg-type]
        self.idle_s = idle_s
        self._over = threading.Event()
        self._closing = threading.Lock()
        self._closer: threading.Thread | None = None

    def recreate(self) -> "IdlingPool":
        """Return a pool like this one, with nothing in it."""
        made = super().recreate()
        assert isinstance(made, IdlingPool)
        made.idle_s = self.idle_s
        return made

    def dispose(self) -> None:
        """Close all that is unused now."""
        self._over.set()
        super().dispose()

    def close_idle(self) -> float | None:
        """Close what lay unused too long; return in how many seconds the next one is due, None where none is open."""
        waiting = self._pool
        with waiting.mutex:
            unused = self._unused()
            due = [record for record in unused if self._is_over(record)]
            for record in due:
                waiting.queue.remove(record)
        for record in due:
            record.close()
        # Whoever waits for a connection gets the empty place and opens one in it; it is used after all open ones.
        with waiting.mutex:
            for record in due:
                waiting.queue.appendleft(record)
                waiting.not_empty.notify()
        left = [self._due_in(record) for record in unused if record not in due]
        return max(0.0, min(left)) if left else None

    def _do_get(self) -> ConnectionPoolEntry:
        record = super()._do_get()
        if self._is_over(record):  # this process stood still, and so did the thread
            record.close()
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        record.info[_RETURNED] = perf_counter()
        super()._do_return_conn(record)
        with self._closing:
            if self._closer is None and self.idle_s < math.inf and self._unused():
                self._closer = threading.Thread(target=self._close_forever, name="pool: idle", daemon=True)
                self._closer.start()

    def _close_forever(self) -> None:
        while not self._over.is_set():
            due_in = self.close_idle()
            if due_in is not None:
                self._over.wait(due_in)
                continue
            with self._closing:
                if not self._unused():
                    self._closer = None
                    return

    def _unused(self) -> list[ConnectionPoolEntry]:
        with self._pool.mutex:
            return [record for record in self._pool.queue if record.dbapi_connection is not None]

    def _is_over(self, record: ConnectionPoolEntry) -> bool:
        return self._due_in(record) <= 0

    def _due_in(self, record: ConnectionPoolEntry) -> float:
        return float(record.info.get(_RETURNED, perf_counter())) + self.idle_s - perf_counter()
