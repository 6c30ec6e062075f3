"""The countdown to discharge: full days since the last qualifying event."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nicu_dashboard.domain.instants import DAY_MS

# PMC3387856: units ask for 5 to 10 days.
NEEDED_DAYS = 7


class Happened(Protocol):
    """Anything with an end in epoch ms: a spell, or an event as it is stored."""

    @property
    def ended_at(self) -> int: ...


Event = TypeVar("Event", bound=Happened)


@dataclass(frozen=True, slots=True)
class Countdown(Generic[Event]):
    """Days without an event since the last one ended or watching began; `since` is None when neither is known."""

    since: int | None
    days: int
    needed_days: int
    reset_by: Event | None

    @property
    def ready(self) -> bool:
        """Return whether enough days have passed without an event."""
        return self.since is not None and self.days >= self.needed_days


def countdown(
    events: Iterable[Event], now: int, needed_days: int = NEEDED_DAYS, watched_since: int | None = None
) -> Countdown[Event]:
    """Return the full days since the last of these events; the caller leaves out those that were rejected on review."""
    last = max(events, key=lambda event: event.ended_at, default=None)
    since = watched_since if last is None else last.ended_at
    days = 0 if since is None else max(0, (now - since) // DAY_MS)
    return Countdown(since, days, needed_days, last)
