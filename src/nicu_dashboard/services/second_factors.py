"""The second factor: codes from an app (each used once), passkeys, recovery codes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nicu_dashboard.domain.instants import MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.factors import Factor, Factors, Step
from nicu_dashboard.ports.people import User
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.password_rules import Unacceptable
from nicu_dashboard.services.tokens import token_hash

SET_UP_MS = 10 * MINUTE_MS
RECOVERY_CODES = 10
# 25 characters of 31: 123 random bits, so that a plain hash is enough (ASVS 5.0, 6.5.2).
_ALPHABET, _LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 25
_VOID = "this took too long or was done already; begin again"


class Codes(Protocol):
    """One-time codes of an app."""

    def new_secret(self) -> str: ...
    def uri(self, secret: str, name: str, unit: str) -> str: ...
    def picture(self, uri: str) -> str: ...
    def step_of(self, secret: str, code: str, at: int) -> int | None: ...


class Passkeys(Protocol):
    """WebAuthn; ids, keys and challenges are base64url."""

    def registration(
        self, site: str, user_id: int, name: str, shown: str, known: Sequence[str]
    ) -> Mapping[str, Any]: ...
    def registered(
        self, credential: Mapping[str, Any], challenge: str, site: str, origin: str
    ) -> tuple[str, str, int] | None: ...
    def question(self, site: str, known: Sequence[str]) -> Mapping[str, Any]: ...
    def answered(
        self, credential: Mapping[str, Any], challenge: str, site: str, origin: str, public_key: str, counter: int
    ) -> int | None: ...


class Sealer(Protocol):
    """Keeps a secret readable with a key that is not in the database."""

    def seal(self, plain: str, context: str) -> str: ...
    def open(self, sealed: str, context: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """Under which name and from which origin the browser speaks to this server."""

    name: str
    origin: str


class SecondFactors:
    """Set up by the person itself, asked for at log-in; raises Unacceptable."""

    def __init__(
        self, factors: Factors, codes: Codes, passkeys: Passkeys, sealer: Sealer | None, unit: str, clock: Clock
    ) -> None:
        """`sealer` is None without NICU_SECRET_KEY: then codes from an app cannot be set up."""
        self._factors, self._codes, self._passkeys = factors, codes, passkeys
        self._sealer, self._unit, self._clock = sealer, unit, clock

    def of(self, user: User) -> Sequence[Factor]:
        """Return the factors of a user."""
        return self._factors.of_user(user.id)

    def recovery_codes_left(self, user: User) -> int:
        """Return how many recovery codes are unused."""
        return self._factors.recovery_codes_left(user.id)

    def begin_codes(self, user: User) -> Mapping[str, str]:
        """Return step, secret, URI and QR code for an authenticator app; nothing counts until a code is confirmed."""
        sealer = self._needs_sealer()
        secret = self._codes.new_secret()
        step = self._begin("set up totp", user, {"secret": sealer.seal(secret, f"user {user.id}")})
        uri = self._codes.uri(secret, user.name, self._unit)
        return {"step": step, "secret": secret, "uri": uri, "picture": self._codes.picture(uri)}

    def confirm_codes(self, user: User, step: str, code: str, name: str, actor: Actor) -> Factor:
        """Add the app once it has shown a right code; that code is then used up."""
        at = self._clock.now()
        found = self._factors.look(token_hash(step), "set up totp", at)
        if found is None or found.user_id != user.id:
            raise Unacceptable(_VOID)
        sealed = str(found.data["secret"])
        used = self._codes.step_of(self._opened(sealed, user.id), code, at)
        if used is None:
            raise Unacceptable("the code is wrong; look at the clock of the device and type the newest code")
        if self._factors.answer(token_hash(step), "set up totp", at) is None:
            raise Unacceptable(_VOID)
        return self._factors.add(user.id, "totp", name, sealed, None, used, _entry(actor, at, "add", "totp"))

    def begin_passkey(self, user: User, site: Site) -> Mapping[str, Any]:
        """Return step and options for the browser to make a passkey."""
        known = [one.credential_id for one in self.of(user) if one.credential_id is not None]
        options = self._passkeys.registration(site.name, user.id, user.name, user.display_name, known)
        step = self._begin("set up passkey", user, {"challenge": options["challenge"]})
        return {"step": step, "options": options}

    def confirm_passkey(
        self, user: User, step: str, credential: Mapping[str, Any], name: str, site: Site, actor: Actor
    ) -> Factor:
        """Add the passkey that the browser has made."""
        at = self._clock.now()
        found = self._factors.answer(token_hash(step), "set up passkey", at)
        if found is None or found.user_id != user.id:
            raise Unacceptable(_VOID)
        made = self._passkeys.registered(credential, str(found.data["challenge"]), site.name, site.origin)
        if made is None:
            raise Unacceptable("the passkey could not be verified; begin again")
        credential_id, public_key, counter = made
        entry = _entry(actor, at, "add", "passkey")
        return self._factors.add(user.id, "passkey", name, public_key, credential_id, counter, entry)

    def remove(self, user: User, factor_ids: Sequence[int] | None, actor: Actor) -> None:
        """Remove some factors of a user, all with None; recovery codes go with the last."""
        at, has = self._clock.now(), [one.id for one in self.of(user)]
        removed = has if factor_ids is None else [one for one in has if one in factor_ids]
        self._factors.remove(removed, at, _entry(actor, at, "remove", user.name))
        if len(removed) == len(has):
            self._factors.replace_recovery_codes(user.id, [], at, _entry(actor, at, "codes.remove", user.name))

    def new_recovery_codes(self, user: User, actor: Actor) -> list[str]:
        """Return new recovery codes, the only time they are seen; those before work no more."""
        made = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
        at = self._clock.now()
        entry = _entry(actor, at, "codes.new", user.name)
        self._factors.replace_recovery_codes(user.id, [token_hash(code) for code in made], at, entry)
        return ["-".join(code[i : i + 5] for i in range(0, _LENGTH, 5)) for code in made]

    def question(self, user: User, site: Site) -> Mapping[str, Any] | None:
        """Return what a browser is asked to prove a passkey, None for a user without one."""
        known = [one.credential_id for one in self.of(user) if one.credential_id is not None]
        return self._passkeys.question(site.name, known) if known else None

    def proves_code(self, user: User, code: str) -> bool:
        """Return whether this is an unused code of one of the user's apps; it is used up by that."""
        at = self._clock.now()
        for factor in self.of(user):
            if factor.kind == "totp" and (secret := self._secret(factor)) is not None:
                step = self._codes.step_of(secret, code.strip(), at)
                if step is not None and self._factors.use(factor.id, step, at):
                    return True
        return False

    def proves_recovery(self, user: User, code: str) -> bool:
        """Return whether this is an unused recovery code of the user; it is used up by that."""
        plain = "".join(one for one in code.lower() if one.isalnum())
        return self._factors.use_recovery_code(user.id, token_hash(plain), self._clock.now())

    def proves_passkey(self, user: User, credential: Mapping[str, Any], challenge: str, site: Site) -> bool:
        """Return whether the browser holds one of the user's passkeys."""
        at = self._clock.now()
        for factor in self.of(user):
            if factor.kind == "passkey" and factor.credential_id == credential.get("id"):
                asked = credential, challenge, site.name, site.origin, factor.secret, factor.counter
                counter = self._passkeys.answered(*asked)
                # Passkeys that are synchronised count nothing: their counter stays 0.
                return counter is not None and (counter == 0 or self._factors.use(factor.id, counter, at))
        return False

    def _begin(self, kind: str, user: User, data: Mapping[str, Any]) -> str:
        token, at = secrets.token_urlsafe(32), self._clock.now()
        self._factors.begin(token_hash(token), Step(kind, user.id, data), at, at + SET_UP_MS)
        return token

    def _needs_sealer(self) -> Sealer:
        if self._sealer is None:
            raise Unacceptable("codes from an app need NICU_SECRET_KEY on the server; a passkey works without")
        return self._sealer

    def _opened(self, sealed: str, user_id: int) -> str:
        secret = self._needs_sealer().open(sealed, f"user {user_id}")
        if secret is None:
            raise Unacceptable("the server's NICU_SECRET_KEY was changed; set the app up anew")
        return secret

    def _secret(self, factor: Factor) -> str | None:
        return None if self._sealer is None else self._sealer.open(factor.secret, f"user {factor.user_id}")


def _entry(actor: Actor, at: int, act: str, what: str) -> Any:
    return actor.entry(at, f"factor.{act}", what)
