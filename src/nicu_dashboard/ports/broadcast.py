"""From the one engine to every screen: the newest snapshot, and nothing but the newest."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class Snapshot(NamedTuple):
    """The full state of a unit, encoded once: its sequence number and its JSON."""

    seq: int
    body: bytes


class Broadcast(Protocol):
    """A slow reader misses snapshots, never holds one back; a new reader gets the newest at once."""

    def publish(self, snapshot: Snapshot) -> None:
        """Put the snapshot into every reader's one slot."""
        ...

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None before the first."""
        ...

    def subscribe(self) -> AsyncIterator[Snapshot]:
        """Yield the newest snapshot and then each newer one, until the broadcast is closed."""
        ...

    def readers(self) -> int:
        """Return how many screens are being served."""
        ...

    def close(self) -> None:
        """End every subscription at once, for shutdown."""
        ...
