"""From the one engine to every screen: the newest snapshot, and nothing but the newest."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class Snapshot(NamedTuple):
    """The full state of a unit, encoded once: its sequence number, its JSON, and the packed event where it is known."""

    seq: int
    body: bytes
    packed: bytes | None = None


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


class SharedBroadcast(Broadcast, Protocol):
    """The engine's side of a broadcast that reaches other processes."""

    def age_ms(self) -> int | None:
        """Return how old the newest snapshot is, None before the first."""
        ...

    async def last_seq(self) -> int:
        """Return the last sequence that any engine has sent, 0 when none has; may raise StoreUnavailable."""
        ...

    async def carry_forever(self) -> None:
        """Carry each newest snapshot to the others; raises LeaseLost when another engine does so."""
        ...


class FollowedBroadcast(Broadcast, Protocol):
    """The side of a process that only hands on."""

    def age_ms(self) -> int | None:
        """Return how old the newest snapshot is, None before the first."""
        ...

    async def follow_forever(self) -> None:
        """Hand on every newer snapshot of the engine."""
        ...

    async def follow_engine_forever(self) -> None:
        """Hand on what the engine itself says while nothing comes the usual way."""
        ...
