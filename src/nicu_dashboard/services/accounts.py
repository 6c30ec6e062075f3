"""People who log in and devices that send: passwords and keys are kept as hashes only."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.factors import Step
from nicu_dashboard.ports.people import EVERY_UNIT, NO_PASSWORD, DeviceKey, People, Role, Session, Units, User
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.entering import Doorkeepers, Entered, FactorNeeded, Proof
from nicu_dashboard.services.lookups import Lookups
from nicu_dashboard.services.password_rules import MIN_PASSWORD, AccountRefused, Unacceptable, check_password
from nicu_dashboard.services.second_factors import Site
from nicu_dashboard.services.tokens import token_hash

__all__ = ["MIN_PASSWORD", "AccountRefused", "Accounts", "token_hash"]

SESSION_MS = 12 * HOUR_MS
IDLE_MS = 15 * MINUTE_MS
TOUCH_MS = 30_000
KEYS_KEPT_MS = 2_000
# So long may the second factor take after the password.
STEP_MS = 5 * MINUTE_MS
KEY_PREFIX = "nicu_"
SENDS = frozenset({"send readings"})
SESSIONS_KEPT = 1_000
WRONG = "name or password is wrong"
SECOND = "second factor"
# How a session begins that has shown nothing but a recovery code: good for an emergency, not for lasting changes.
BY_CODE_ALONE = "recovery code"


class Accounts:
    """Log-in, log-out, sessions on the server, device keys."""

    def __init__(self, people: People, doorkeepers: Doorkeepers, clock: Clock) -> None:
        self._people = people
        self._passwords, self._guesser = doorkeepers.passwords, doorkeepers.guesser
        self._lockout, self._steps, self._second = doorkeepers.lockout, doorkeepers.steps, doorkeepers.second
        self._clock = clock
        self._keys: dict[str, DeviceKey] = {}
        self._keys_read_at = -KEYS_KEPT_MS
        self._reading_keys = Lock()
        self._sessions: dict[str, Session] = {}
        self._decoy: str | None = None
        self._lookups = Lookups()

    def add_user(
        self, name: str, display_name: str, role: Role, password: str, actor: Actor, units: Units = EVERY_UNIT
    ) -> User:
        """Create a user; raises AccountRefused for a bad password, RosterConflict for a taken name."""
        check_password(password, [name, display_name], self._guesser)
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

    def set_password(self, user: User, password: str, keep: str | None, actor: Actor) -> None:
        """Give a user another password; every session but the one of token `keep` ends. Raises AccountRefused."""
        check_password(password, [user.name, user.display_name], self._guesser)
        at = self._clock.now()
        entry = actor.entry(at, "user.password", f"user {user.name}")
        kept = None if keep is None else token_hash(keep)
        self._people.set_password(user.id, self._passwords.hash(password), kept, at, entry)

    def log_in(self, name: str, password: str, address: str | None) -> Entered | FactorNeeded:
        """Return a session, or the step that waits for the second factor; raises AccountRefused, TooManyAttempts."""
        self._lockout.count("password", name, address)
        user = self._verified(name, password)
        if user is None:
            raise self._refused(name, address, WRONG)
        kinds = sorted({one.kind for one in self._second.of(user)})
        if not kinds:
            self._lockout.forget("password", name, address)
            return self.enter(user, "password", address)
        token, at = secrets.token_urlsafe(32), self._clock.now()
        self._steps.begin(token_hash(token), Step(SECOND, user.id, {}), at, at + STEP_MS)
        return FactorNeeded(token, [*kinds, *(["recovery code"] if self._second.recovery_codes_left(user) else [])])

    def passkey_question(self, step: str, site: Site) -> Mapping[str, Any]:
        """Return what the browser of a log-in under way is asked to prove; raises AccountRefused."""
        user, _ = self._waiting(step)
        question = self._second.question(user, site)
        if question is None:
            raise AccountRefused("this account has no passkey; use another factor")
        self._steps.change(token_hash(step), {"challenge": question["challenge"]})
        return question

    def prove(self, step: str, proof: Proof, site: Site, address: str | None) -> Entered:
        """Return the session of a log-in whose second factor is right; raises AccountRefused, TooManyAttempts."""
        user, waiting = self._waiting(step)
        self._lockout.count(SECOND, user.name, address)
        if not self._proves(user, waiting, proof, site):
            raise self._refused(user.name, address, "the second factor is wrong or was used before; use the next code")
        if self._steps.answer(token_hash(step), SECOND, self._clock.now()) is None:
            raise AccountRefused("log in again from the beginning")
        for what in ("password", SECOND):
            self._lockout.forget(what, user.name, address)
        return self.enter(user, f"password and {proof.kind}", address)

    def recover(self, name: str, code: str, address: str | None) -> User:
        """Return the user of a recovery code, which is used up; raises AccountRefused, TooManyAttempts."""
        self._lockout.count("recovery", name, address)
        try:
            user = self._people.user_by_name(name)
        except NotFound:
            raise self._refused(name, address, "name or recovery code is wrong") from None
        if user.disabled_at is not None or not self._second.proves_recovery(user, code):
            raise self._refused(name, address, "name or recovery code is wrong")
        self._lockout.forget("recovery", name, address)
        return user

    def confirm(self, session: Session, password: str, address: str | None) -> None:
        """Let the person of a session prove itself once more before its account is changed; raises AccountRefused."""
        if session.method == BY_CODE_ALONE:
            raise Unacceptable("a recovery code alone changes no account; log in with your password or the hospital's")
        self.check_strength(session)
        user = session.user
        if user.password_hash == NO_PASSWORD:
            if self._clock.now() - session.created_at > IDLE_MS:
                raise Unacceptable("log out and in again first: this log-in is older than 15 minutes")
            return
        self._lockout.count("password", user.name, address)
        if not self._passwords.verify(password, user.password_hash):
            self._refused(user.name, address, "")
            raise Unacceptable("the password is wrong")
        self._lockout.forget("password", user.name, address)

    def check_strength(self, session: Session) -> None:
        """Raise Unacceptable for a log-in by password alone, from before the account had a second factor."""
        if session.method == "password" and self._second.of(session.user):
            raise Unacceptable("this account has a second factor by now: log out and in again with it")

    def enter(self, user: User, method: str, address: str | None, last_ms: int = SESSION_MS) -> Entered:
        """Open a session for somebody who has proved who it is."""
        token, at = secrets.token_urlsafe(32), self._clock.now()
        entry = Actor(user.name, user.role, address).entry(at, "session.open", f"user {user.name}", method=method)
        self._people.open_session(token_hash(token), user.id, at, at + last_ms, entry, method)
        return Entered(token, user)

    def hash_of(self, token: str) -> str:
        """Return how the store knows a token."""
        return token_hash(token)

    def _waiting(self, step: str) -> tuple[User, Step]:
        waiting = self._steps.look(token_hash(step), SECOND, self._clock.now())
        user = None if waiting is None or waiting.user_id is None else self._people.user(waiting.user_id)
        if waiting is None or user is None or user.disabled_at is not None:
            raise AccountRefused("log in again from the beginning: the second factor came too late")
        return user, waiting

    def _proves(self, user: User, waiting: Step, proof: Proof, site: Site) -> bool:
        if proof.kind == "totp":
            return self._second.proves_code(user, proof.code)
        if proof.kind == "recovery code":
            return self._second.proves_recovery(user, proof.code)
        challenge = waiting.data.get("challenge")
        asked = challenge is not None and proof.credential is not None
        return asked and self._second.proves_passkey(user, proof.credential or {}, str(challenge), site)

    def _refused(self, name: str, address: str | None, why: str) -> AccountRefused:
        """Note a failed log-in and return what is to be raised."""
        entry = Actor("unknown", "none", address).entry(self._clock.now(), "session.refused", f"user {name[:80]}")
        self._people.record(entry)
        return AccountRefused(why)

    def _verified(self, name: str, password: str) -> User | None:
        try:
            user = self._people.user_by_name(name)
        except NotFound:
            self._waste_time(password)
            return None
        if user.password_hash == NO_PASSWORD:
            self._waste_time(password)
            return None
        right = self._passwords.verify(password, user.password_hash)
        return user if right and user.disabled_at is None else None

    def _waste_time(self, password: str) -> None:
        """An unknown name must cost as much time as a wrong password."""
        if self._decoy is None:
            self._decoy = self._passwords.hash(secrets.token_hex(8))
        self._passwords.verify(password, self._decoy)

    def session(self, token: str, used: bool = True) -> Session | None:
        """Return the session of a token while it lives: 12 h at most, 15 min without use.

        What a page does by itself is no use: say so with `used` false. A store that fails ends no session: the wall is
        needed most just then. Raises StoreUnavailable for one that this process has not seen before.
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
        if used and at - seen_at > TOUCH_MS:
            seen_at = at
            self._lookups.ask(f"touch {hashed}", lambda: self._touched(hashed, at), known=True)
        if len(self._sessions) >= SESSIONS_KEPT:
            self._sessions.clear()
        self._sessions[hashed] = replace(session, last_seen_at=seen_at)
        return session

    def know(self) -> None:
        """Learn the living sessions and the good keys, forget the ended; waits for no store that is slow or away."""
        self._lookups.ask("living", self._learn, known=True)

    def _learn(self) -> bool:
        at = self._clock.now()
        living = {one.token_hash: one for one in self._people.living_sessions(at - IDLE_MS, at, SESSIONS_KEPT // 2)}
        for hashed, known in list(self._sessions.items()):
            idle = at - known.last_seen_at > IDLE_MS
            if hashed not in living and (idle or self._people.session(hashed) is None):
                self._sessions.pop(hashed, None)
        for hashed, session in living.items():
            self._sessions.setdefault(hashed, session)
        self._keys = {one.key_hash: one for one in self._people.device_keys() if one.disabled_at is None}
        return True

    def _touched(self, hashed: str, at: int) -> bool:
        self._people.touch_session(hashed, at)
        return True

    def _stored(self, hashed: str, known: Session | None) -> Session | None:
        def look() -> tuple[Session | None]:
            return (self._people.session(hashed),)

        remembered: tuple[Session | None] | None = None if known is None else (known,)
        return self._lookups.ask(hashed, look, remembered)[0]

    def is_over(self, token: str) -> bool:
        """Return whether the session ended by log-off, time or its user's disabling; False while nobody can tell."""
        try:
            return self.session(token, used=False) is None
        except StoreUnavailable:
            return False

    def log_out(self, token: str, actor: Actor) -> None:
        """End a session."""
        entry = actor.entry(self._clock.now(), "session.end", f"user {actor.name}")
        self._people.end_session(token_hash(token), self._clock.now(), entry)

    def add_key(
        self,
        name: str,
        actor: Actor,
        scope: frozenset[str] = SENDS,
        expires_at: int | None = None,
        units: Units = EVERY_UNIT,
    ) -> str:
        """Create a device key and return it, the only time it is seen; raises RosterConflict."""
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        at = self._clock.now()
        entry = actor.entry(
            at, "key.add", f"key {name}", scope=sorted(scope), expires_at=expires_at, units=_told(units)
        )
        self._people.add_key(name, token_hash(key), entry, scope, expires_at, units)
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
        known: Sequence[DeviceKey] | None = None if remembered is None else list(self._keys.values())
        stored = self._lookups.ask("keys", self._people.device_keys, known)
        self._keys = {one.key_hash: one for one in stored if one.disabled_at is None}
        self._keys_read_at = at
        return self._keys.get(token_hash(key))


def _unless_expired(device: DeviceKey | None, at: int) -> DeviceKey | None:
    return None if device is None or (device.expires_at is not None and at >= device.expires_at) else device


def _told(units: Units) -> str:
    """Return units as the audit names them."""
    return "every unit" if units is None else ", ".join(str(unit) for unit in sorted(units))
