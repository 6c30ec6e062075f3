"""The newest snapshot of a unit where every web worker can read it."""

from collections.abc import Callable
from typing import NamedTuple, Protocol


class StoredSnapshot(NamedTuple):
    """A snapshot as screens get it (a packed event), and how long ago it was stored, by the database's own clock."""

    seq: int
    packed: bytes
    age_ms: int


class LiveRow(Protocol):
    """One row; both methods may raise StoreUnavailable."""

    def put(self, seq: int, packed: bytes) -> None:
        """Replace the snapshot and tell who listens; raises LeaseLost when another engine works for the unit."""
        ...

    def newest(self, after: int) -> StoredSnapshot | None:
        """Return the snapshot when its sequence is beyond `after`."""
        ...


class Bell(Protocol):
    """Tells that there is a newer snapshot, where the database can."""

    def hears(self) -> bool:
        """Return whether it would be told; otherwise one must look for oneself."""
        ...

    def start(self, rung: Callable[[], None]) -> None:
        """Listen until close(); `rung` is called from a thread of the bell's own."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...
