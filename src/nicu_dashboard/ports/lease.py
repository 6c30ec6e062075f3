"""Which engine works for a unit: one at a time, by a lease that must be renewed and that the next one outdates."""

from dataclasses import dataclass, field
from typing import Protocol

from nicu_dashboard.ports.tick import StoreUnavailable


class LeaseLost(StoreUnavailable):
    """Another engine works for the unit: this one may commit nothing more."""

    def __init__(self) -> None:
        super().__init__("another engine works for this unit now; nothing was written here. Send it again.")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks for the lease, and where an engine that holds it is reached; the token is the door's secret."""

    holder: str
    address: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The lease as it stands: counted up with every new holder; `left_ms` by the database's own clock."""

    claim: Claim
    epoch: int
    expires_at: int
    left_ms: int

    @property
    def given_back(self) -> bool:
        """Return whether its holder has gone in good order."""
        return not self.claim.holder


class Lease(Protocol):
    """The lease of one unit; every method may raise StoreUnavailable."""

    def look(self) -> Tenancy | None:
        """Return the lease as it stands, None when it was never taken."""
        ...

    def take(self, claim: Claim, seen: Tenancy | None) -> int | None:
        """Take the lease if it still stands as it was seen; return the new epoch, None when somebody was faster."""
        ...

    def renew(self, epoch: int) -> None:
        """Hold it for another while; raises LeaseLost when another engine has taken it."""
        ...

    def give_back(self, epoch: int) -> None:
        """Let the next engine take it at once; one that was taken already is left alone."""
        ...
