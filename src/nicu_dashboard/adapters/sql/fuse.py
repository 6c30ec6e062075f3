"""A server that does not answer is tried by one at a time; all others are told at once instead of waiting in a row."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter

from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault
from nicu_dashboard.adapters.sql.errors import Unreachable
from nicu_dashboard.ports.tick import StoreUnavailable

RETRY_S = 1.0
_SILENT = {
    "closed port", "no socket", "no way", "time-out", "broken off", "server starting or stopping", "unknown host",
    "unreachable",
}  # fmt: skip


class Fuse:
    """Blown from the first failure to reach the server until somebody reached it again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._fault: StoreUnavailable | None = None
        self._next_try = 0.0

    @property
    def blown(self) -> bool:
        """Whether the server is known not to answer."""
        return self._fault is not None

    def refuse(self) -> None:
        """Raise what was found last while the server does not answer, unless it is time to try again."""
        with self._lock:
            if self._fault is None:
                return
            if perf_counter() < self._next_try:
                raise _again(self._fault)
            self._next_try = perf_counter() + RETRY_S

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Learn from what happens inside whether the server answers."""
        try:
            yield
        except StoreUnavailable as fault:
            if _silent(fault):
                self._blow(fault)
            raise
        self._fault = None

    def _blow(self, fault: StoreUnavailable) -> None:
        with self._lock:
            if self._fault is None:
                self._next_try = 0.0
            self._fault = fault


def _again(fault: StoreUnavailable) -> StoreUnavailable:
    """Return the fault anew, of its kind: who asks whether waiting helps must get the same answer."""
    return ConnectFault(fault.kind) if isinstance(fault, ConnectFault) else Unreachable(str(fault))


def _silent(fault: StoreUnavailable) -> bool:
    return isinstance(fault, Unreachable) or (isinstance(fault, ConnectFault) and fault.kind in _SILENT)
