"""Paired screens (kiosks): the wall with initials only, nothing to press, no log-off."""

import secrets
from contextlib import suppress

from nicu_dashboard.domain.instants import MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.kiosks import Kiosk, Kiosks
from nicu_dashboard.ports.people import EVERY_UNIT, Units
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.lockout import Lockout
from nicu_dashboard.services.password_rules import AccountRefused
from nicu_dashboard.services.tokens import token_hash

CODE_MS = 10 * MINUTE_MS
TOUCH_MS = MINUTE_MS
# 12 characters of 31: 59 random bits, for ten minutes, with counted attempts.
_ALPHABET, _LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 12
_KEPT = 200


class Screens:
    """Somebody who may makes a code, and types it at the screen."""

    def __init__(self, kiosks: Kiosks, lockout: Lockout, clock: Clock) -> None:
        self._kiosks, self._lockout, self._clock = kiosks, lockout, clock
        self._known: dict[str, Kiosk] = {}

    def prepare(self, name: str, actor: Actor, units: Units = EVERY_UNIT) -> str:
        """Return the code that pairs one screen within ten minutes; raises RosterConflict."""
        at, code = self._clock.now(), "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        entry = actor.entry(at, "kiosk.add", f"screen {name}")
        self._kiosks.add(name, token_hash(code), at + CODE_MS, entry, units)
        return "-".join(code[i : i + 4] for i in range(0, _LENGTH, 4))

    def pair(self, code: str, address: str | None) -> tuple[str, Kiosk]:
        """Return the token of the screen that shows this code; raises AccountRefused, TooManyAttempts."""
        self._lockout.count("pairing", "a screen", address)
        plain = "".join(one for one in code.lower() if one.isalnum())
        token, at = secrets.token_urlsafe(32), self._clock.now()
        entry = Actor("screen", "kiosk", address).entry(at, "kiosk.pair", "screen")
        kiosk = self._kiosks.pair(token_hash(plain), token_hash(token), at, entry)
        if kiosk is None:
            raise AccountRefused("this code pairs no screen, or not any more; make a new one on the page People")
        self._lockout.forget("pairing", "a screen", address)
        return token, kiosk

    def screen(self, token: str) -> Kiosk | None:
        """Return the screen of a token. A store that fails takes no screen off the wall."""
        hashed = token_hash(token)
        try:
            kiosk = self._kiosks.by_token(hashed)
        except StoreUnavailable:
            if hashed not in self._known:
                raise
            return self._known[hashed]
        if kiosk is None:
            self._known.pop(hashed, None)
            return None
        self._touch(kiosk)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[hashed] = kiosk
        return kiosk

    def _touch(self, kiosk: Kiosk) -> None:
        at = self._clock.now()
        if at - (kiosk.last_seen_at or 0) > TOUCH_MS:
            with suppress(StoreUnavailable):
                self._kiosks.touch(kiosk.id, at)

    def disable(self, kiosk_id: int, actor: Actor) -> None:
        """Take a screen off the wall; raises NotFound."""
        at = self._clock.now()
        self._kiosks.disable(kiosk_id, at, actor.entry(at, "kiosk.disable", f"screen {kiosk_id}"))
