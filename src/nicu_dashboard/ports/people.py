"""Users, sessions, device keys and the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nicu_dashboard.ports.tick import AuditEntry

Role = Literal["nurse", "charge nurse", "physician", "clerk", "engineer", "researcher", "administrator"]
# Every unit there is; None in place of a set of unit ids.
EVERY_UNIT = None
Units = frozenset[int] | None
NO_PASSWORD = "!"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; `units` are the units whose babies it sees, None = every unit."""

    id: int
    name: str
    display_name: str
    role: Role
    password_hash: str
    created_at: int
    disabled_at: int | None = None
    units: Units = EVERY_UNIT
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, known only by the hash of its token."""

    token_hash: str
    user: User
    created_at: int
    last_seen_at: int
    expires_at: int
    method: str = "password"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A device's key, known only by its hash; `scope` names the acts it may do, until it expires."""

    id: int
    name: str
    key_hash: str
    created_at: int
    disabled_at: int | None = None
    last_used_at: int | None = None
    scope: frozenset[str] = frozenset({"send readings"})
    expires_at: int | None = None
    units: Units = EVERY_UNIT


class People(Protocol):
    """Accounts and keys; every change commits with its audit entry."""

    def users(self) -> Sequence[User]:
        """Return all users."""
        ...

    def user_by_name(self, name: str) -> User:
        """Return a user; raises NotFound."""
        ...

    def user(self, user_id: int) -> User:
        """Return a user; raises NotFound."""
        ...

    def user_by_external_id(self, external_id: str) -> User | None:
        """Return the user whom an identity provider knows under this name, None when there is none."""
        ...

    def add_user(
        self,
        name: str,
        display_name: str,
        role: Role,
        password_hash: str,
        audit: AuditEntry,
        units: Units = EVERY_UNIT,
        external_id: str | None = None,
    ) -> User:
        """Create a user; raises RosterConflict when the name exists."""
        ...

    def change_user(self, user_id: int, role: Role, units: Units, audit: AuditEntry) -> User:
        """Give a user another role or other units, which count from the next request on; raises NotFound."""
        ...

    def set_password(self, user_id: int, password_hash: str, keep: str | None, at: int, audit: AuditEntry) -> None:
        """Store a new hash and end every session of the user but the one of token hash `keep`."""
        ...

    def enable_user(self, name: str, audit: AuditEntry) -> None:
        """Let a disabled user log in again; raises NotFound."""
        ...

    def disable_user(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a user and end the user's sessions at once; raises NotFound."""
        ...

    def open_session(
        self, token_hash: str, user_id: int, at: int, expires_at: int, audit: AuditEntry, method: str = "password"
    ) -> None:
        """Start a session; `method` says how the person proved who it is."""
        ...

    def session(self, token_hash: str) -> Session | None:
        """Return a session that was not ended, with its user unless disabled."""
        ...

    def living_sessions(self, seen_after: int, at: int, limit: int) -> Sequence[Session]:
        """Return the sessions used after `seen_after` that live at `at`, the newest first."""
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

    def add_key(
        self,
        name: str,
        key_hash: str,
        audit: AuditEntry,
        scope: frozenset[str] = frozenset({"send readings"}),
        expires_at: int | None = None,
        units: Units = EVERY_UNIT,
    ) -> DeviceKey:
        """Create a key; raises RosterConflict when the name exists."""
        ...

    def disable_key(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a key; raises NotFound."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Append an audit entry of its own (a read of patient data, a failed log-in)."""
        ...

    def record_all(self, entries: Sequence[AuditEntry]) -> None:
        """Append audit entries of their own, all in one transaction."""
        ...

    def audit(
        self, after: int | None = None, limit: int = 100, filters: Mapping[str, Any] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return audit rows newest first, below `after`; filters: actor, action, patient_id, from_at, to_at, units."""
        ...
