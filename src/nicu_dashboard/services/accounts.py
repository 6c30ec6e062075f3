"""People who log in and devices that send: passwords and keys are kept as hashes only."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.people import EVERY_UNIT, DeviceKey, People, Role, Session, Units, User
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.actor import Actor

SESSION_MS = 12 * HOUR_MS
IDLE_MS = 15 * MINUTE_MS
TOUCH_MS = 30_000
MIN_PASSWORD = 12
FAILURES, LOCKED_MS = 5, MINUTE_MS
KEYS_KEPT_MS = 2_000
KEY_PREFIX = "nicu_"
SENDS = frozenset({"send readings"})
ATTEMPTS_KEPT, SESSIONS_KEPT = 1_000, 1_000
_TOO_MANY = "too many failed log-ins; wait a minute and try again"


class Passwords(Protocol):
    """Slow, salted hashing."""

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        ...

    def verify(self, password: str, hashed: str) -> bool:
        """Return whether the password is the one hashed."""
        ...


class AccountRefused(ValueError):
    """The log-in or the new account is refused; the message says what to do and never which part was wrong."""


@dataclass(slots=True)
class _Attempts:
    count: int = 0
    locked_until: int = 0


class Accounts:
    """Log-in, log-out, sessions on the server, device keys."""

    def __init__(self, people: People, passwords: Passwords, clock: Clock) -> None:
        self._people = people
        self._passwords = passwords
        self._clock = clock
        self._attempts: dict[str, _Attempts] = {}
        self._counting = Lock()
        self._keys: dict[str, DeviceKey] = {}
        self._keys_read_at = -KEYS_KEPT_MS
        self._reading_keys = Lock()
        self._sessions: dict[str, Session] = {}
        self._decoy: str | None = None

    def add_user(
        self, name: str, display_name: str, role: Role, password: str, actor: Actor, units: Units = EVERY_UNIT
    ) -> User:
        """Create a user; raises AccountRefused for a short password, RosterConflict for a taken name."""
        if len(password) < MIN_PASSWORD:
            raise AccountRefused(f"the password has {len(password)} characters; use at least {MIN_PASSWORD}")
        entry = actor.entry(self._clock.now(), "user.add", f"user {name}", role=role, units=_told(units))
        return self._people.add_user(name, display_name, role, self._passwords.hash(password), entry, units)

    def change_user(self, user_id: int, role: Role, units: Units, actor: Actor) -> User:
        """Give a user another role or other units, at once; raises NotFound."""
        before = self._people.user(user_id)
        roles, seen = f"{before.role} → {role}", f"{_told(before.units)} → {_told(units)}"
        entry = actor.entry(self._clock.now(), "user.change", f"user {before.name}", role=roles, units=seen)
        return self._people.change_user(user_id, role, units, entry)

    def disable_user(self, name: str, actor: Actor) -> None:
        """Disable a user and end its sessions at once; raises NotFound."""
        at = self._clock.now()
        self._people.disable_user(name, at, actor.entry(at, "user.disable", f"user {name[:80]}"))

    def enable_user(self, name: str, actor: Actor) -> None:
        """Let a disabled user log in again; raises NotFound."""
        self._people.enable_user(name, actor.entry(self._clock.now(), "user.enable", f"user {name[:80]}"))

    def log_in(self, name: str, password: str, address: str | None) -> tuple[str, User]:
        """Return a new session token and its user; raises AccountRefused."""
        at = self._clock.now()
        self._count_attempt(name, at)
        user = self._verified(name, password)
        if user is None:
            self._people.record(Actor("unknown", "none", address).entry(at, "session.refused", f"user {name[:80]}"))
            raise AccountRefused("name or password is wrong")
        self._attempts.pop(name, None)
        token = secrets.token_urlsafe(32)
        entry = Actor(user.name, user.role, address).entry(at, "session.open", f"user {user.name}")
        self._people.open_session(token_hash(token), user.id, at, at + SESSION_MS, entry)
        return token, user

    def _verified(self, name: str, password: str) -> User | None:
        try:
            user = self._people.user_by_name(name)
        except NotFound:
            self._waste_time(password)
            return None
        right = self._passwords.verify(password, user.password_hash)
        return user if right and user.disabled_at is None else None

    def _waste_time(self, password: str) -> None:
        """An unknown name must cost as much time as a wrong password."""
        if self._decoy is None:
            self._decoy = self._passwords.hash(secrets.token_hex(8))
        self._passwords.verify(password, self._decoy)

    def _count_attempt(self, name: str, at: int) -> None:
        """Count before the password is looked at, so that guesses made at the same time are counted too."""
        with self._counting:
            if len(self._attempts) > ATTEMPTS_KEPT:
                self._attempts = {one: known for one, known in self._attempts.items() if at < known.locked_until}
            attempts = self._attempts.setdefault(name, _Attempts())
            if at < attempts.locked_until:
                raise AccountRefused(_TOO_MANY)
            attempts.count += 1
            if attempts.count > FAILURES:
                attempts.count, attempts.locked_until = 0, at + LOCKED_MS
                raise AccountRefused(_TOO_MANY)

    def session(self, token: str) -> Session | None:
        """Return the session of a token while it lives: 12 h at most, 15 min without use.

        A store that fails ends no session: the wall is needed most just then. Raises StoreUnavailable for one that this
        process has not seen before.
        """
        at, hashed = self._clock.now(), token_hash(token)
        known = self._sessions.get(hashed)
        session = self._stored(hashed, known)
        if session is None:
            self._sessions.pop(hashed, None)
            return None
        seen_at = session.last_seen_at if known is None else max(session.last_seen_at, known.last_seen_at)
        if at >= session.expires_at or at - seen_at > IDLE_MS:
            return None
        if at - seen_at > TOUCH_MS:
            seen_at = at
            with suppress(StoreUnavailable):
                self._people.touch_session(hashed, at)
        if len(self._sessions) >= SESSIONS_KEPT:
            self._sessions.clear()
        self._sessions[hashed] = replace(session, last_seen_at=seen_at)
        return session

    def _stored(self, hashed: str, known: Session | None) -> Session | None:
        try:
            return self._people.session(hashed)
        except StoreUnavailable:
            if known is None:
                raise
            return known

    def is_over(self, token: str) -> bool:
        """Return whether the session was ended, or its user disabled; False while the store cannot tell."""
        try:
            return self._people.session(token_hash(token)) is None
        except StoreUnavailable:
            return False

    def log_out(self, token: str, actor: Actor) -> None:
        """End a session."""
        entry = actor.entry(self._clock.now(), "session.end", f"user {actor.name}")
        self._people.end_session(token_hash(token), self._clock.now(), entry)

    def add_key(self, name: str, actor: Actor, scope: frozenset[str] = SENDS, expires_at: int | None = None) -> str:
        """Create a device key and return it, the only time it is seen; raises RosterConflict."""
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        at = self._clock.now()
        entry = actor.entry(at, "key.add", f"key {name}", scope=sorted(scope), expires_at=expires_at)
        self._people.add_key(name, token_hash(key), entry, scope, expires_at)
        return key

    def known_device(self, key: str) -> DeviceKey | None:
        """Return the device of a key that was looked up in the last two seconds, else None; never waits."""
        at = self._clock.now()
        return _unless_expired(self._keys.get(token_hash(key)), at) if at - self._keys_read_at < KEYS_KEPT_MS else None

    def device(self, key: str) -> DeviceKey | None:
        """Return the device of a key, None when it is unknown, expired or disabled (up to two seconds later).

        A key that was good goes on working while the store fails: the alarm path needs no database.
        """
        return _unless_expired(self._device(key), self._clock.now())

    def _device(self, key: str) -> DeviceKey | None:
        remembered = self._keys.get(token_hash(key))
        if not self._reading_keys.acquire(blocking=remembered is None):
            return remembered
        try:
            return self.known_device(key) or self._looked_up(key, remembered)
        finally:
            self._reading_keys.release()

    def _looked_up(self, key: str, remembered: DeviceKey | None) -> DeviceKey | None:
        at = self._clock.now()
        try:
            stored = self._people.device_keys()
        except StoreUnavailable:
            if remembered is None:
                raise
            self._keys_read_at = at
            return remembered
        self._keys = {known.key_hash: known for known in stored if known.disabled_at is None}
        self._keys_read_at = at
        return self._keys.get(token_hash(key))


def _unless_expired(device: DeviceKey | None, at: int) -> DeviceKey | None:
    return None if device is None or (device.expires_at is not None and at >= device.expires_at) else device


def _told(units: Units) -> str:
    """Return units as the audit names them."""
    return "every unit" if units is None else ", ".join(str(unit) for unit in sorted(units))


def token_hash(token: str) -> str:
    """Return the SHA-256 of a random token; tokens carry 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
