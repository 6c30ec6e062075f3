"""The spool: ticks that the store could not take, durable on this machine until it can."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nicu_dashboard.ports.tick import AlarmRow, StoreUnavailable, SuspensionRow, Tick


class SpoolFull(StoreUnavailable):
    """The spool or its disk has no room, so nothing may be acknowledged; the message says what to do."""


class SpoolUnusable(StoreUnavailable):
    """The spool's folder cannot be used, or holds what belongs to another store; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A tick with its number in the order of this writer, and the epoch it was decided under (0 without a lease)."""

    number: int
    tick: Tick
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What one waiting tick says of alarms and silences, under which epoch, and when (epoch ms)."""

    epoch: int
    at: int
    alarms: Sequence[AlarmRow]
    silences: Sequence[SuspensionRow]


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What waits: readings, ticks, bytes on disk, of how many at most; since when (epoch ms, None when empty)."""

    readings: int
    ticks: int
    size: int
    limit: int
    since: int | None


class Spool(Protocol):
    """First in, first out; used by one thread at a time."""

    @property
    def writer(self) -> str:
        """The name under which the store knows these ticks."""
        ...

    def claim(self, store: str) -> None:
        """Keep other processes away and bind an empty spool to a store; raises SpoolUnusable."""
        ...

    def claim_left(self, store: str) -> bool:
        """Claim a folder in which ticks of this store wait and that no process holds; return whether there is one."""
        ...

    def append(self, number: int, tick: Tick, at: int, epoch: int = 0) -> None:
        """Add a tick (numbers rise, `at` is epoch ms); it is durable on return. Raises SpoolFull; nothing was kept."""
        ...

    def oldest(self, readings: int) -> Sequence[Spooled]:
        """Return the oldest ticks, together about so many readings, at least one tick if there is any."""
        ...

    def said(self) -> Sequence[Said]:
        """Return what each tick that waits here says of alarms and silences, oldest first."""
        ...

    def forget(self, number: int) -> None:
        """Forget every tick up to this number: the store has it."""
        ...

    def move_on(self) -> bool:
        """Where nothing waits here, take up what another server has left beside; return whether there was anything."""
        ...

    def last_number(self) -> int:
        """Return the number of the newest tick that is or was here, 0 when there was none."""
        ...

    def state(self) -> SpoolState:
        """Return what waits; cheap, from any thread."""
        ...

    def close(self) -> None:
        """Let other processes in; what waits stays."""
        ...
