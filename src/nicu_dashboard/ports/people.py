"""Users, sessions, device keys and the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nicu_dashboard.ports.tick import AuditEntry

Role = Literal["nurse", "charge nurse", "physician", "administrator"]


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: int
    name: str
    display_name: str
    role: Role
    password_hash: str
    created_at: int
    disabled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, known only by the hash of its token."""

    token_hash: str
    user: User
    created_at: int
    last_seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A device's key, known only by its hash."""

    id: int
    name: str
    key_hash: str
    created_at: int
    disabled_at: int | None = None
    last_used_at: int | None = None


class People(Protocol):
    """Accounts and keys; every change commits with its audit entry."""

    def users(self) -> Sequence[User]:
        """Return all users."""
        ...

    def user_by_name(self, name: str) -> User:
        """Return a user; raises NotFound."""
        ...

    def add_user(self, name: str, display_name: str, role: Role, password_hash: str, audit: AuditEntry) -> User:
        """Create a user; raises RosterConflict when the name exists."""
        ...

    def disable_user(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a user and end the user's sessions at once; raises NotFound."""
        ...

    def open_session(self, token_hash: str, user_id: int, at: int, expires_at: int, audit: AuditEntry) -> None:
        """Start a session."""
        ...

    def session(self, token_hash: str) -> Session | None:
        """Return a session that was not ended, with its user unless disabled."""
        ...

    def touch_session(self, token_hash: str, at: int) -> None:
        """Note that the session was used."""
        ...

    def end_session(self, token_hash: str, at: int, audit: AuditEntry) -> None:
        """End a session."""
        ...

    def device_keys(self) -> Sequence[DeviceKey]:
        """Return all device keys, disabled ones too."""
        ...

    def add_key(self, name: str, key_hash: str, audit: AuditEntry) -> DeviceKey:
        """Create a key; raises RosterConflict when the name exists."""
        ...

    def disable_key(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a key; raises NotFound."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Append an audit entry of its own (a read of patient data, a failed log-in)."""
        ...

    def audit(
        self, after: int | None = None, limit: int = 100, filters: Mapping[str, Any] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return audit rows newest first, below `after`; filters: actor, action, patient_id, from_at, to_at."""
        ...
