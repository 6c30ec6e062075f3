"""Uses of emergency access (break-glass), each to be reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nicu_dashboard.ports.tick import AuditEntry

Verdict = Literal["justified", "not justified"]


@dataclass(frozen=True, slots=True)
class Emergency:
    """One use; it runs until `ends_at` unless `ended_at` came first (epoch ms)."""

    id: int
    user_id: int
    name: str
    display_name: str
    role: str
    reason: str
    began_at: int
    ends_at: int
    ended_at: int | None
    address: str | None
    verdict: Verdict | None
    note: str | None
    reviewed_by: str | None
    reviewed_at: int | None


class Emergencies(Protocol):
    """Every change commits with its audit entry."""

    def begin(
        self, user_id: int, session_hash: str, reason: str, ends_at: int, address: str | None, audit: AuditEntry
    ) -> Emergency:
        """Begin emergency access in a session."""
        ...

    def of_session(self, session_hash: str, at: int) -> Emergency | None:
        """Return the emergency access that runs in a session."""
        ...

    def end(self, emergency_id: int, at: int, audit: AuditEntry) -> None:
        """End it early."""
        ...

    def listed(self, waiting: bool, limit: int = 200) -> Sequence[Emergency]:
        """Return those without a verdict, or all, newest first."""
        ...

    def get(self, emergency_id: int) -> Emergency:
        """Return one; raises NotFound."""
        ...

    def review(self, emergency_id: int, verdict: Verdict, note: str, by: str, audit: AuditEntry) -> Emergency:
        """Give a verdict; raises RosterConflict when there is one."""
        ...
