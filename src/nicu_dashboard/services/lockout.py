"""Guessing is held off: by name and address together, by name alone, and by address; the same for every worker."""

import hashlib

from nicu_dashboard.domain.instants import MINUTE_MS
from nicu_dashboard.ports.attempts import Attempts
from nicu_dashboard.ports.clock import Clock

# (attempts, within, locked for). A name is held longer and later than a pair, so that a stranger cannot easily lock a
# nurse out; a hospital may hide behind one address.
PAIR = (5, 15 * MINUTE_MS, MINUTE_MS)
NAME = (30, 15 * MINUTE_MS, 15 * MINUTE_MS)
ADDRESS = (200, 15 * MINUTE_MS, 15 * MINUTE_MS)


class TooManyAttempts(ValueError):
    """No attempt is looked at for some time; the message says what to do."""


class Lockout:
    """Counts before a secret is looked at, so that guesses made at the same time are counted too."""

    def __init__(self, attempts: Attempts, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock

    def count(self, what: str, name: str, address: str | None) -> None:
        """Count one attempt; raises TooManyAttempts. `what` keeps passwords, codes and pairing apart."""
        at = self._clock.now()
        for (most, within, lock), key in _keys(what, name, address):
            until = self._attempts.count(key, at, within, most, lock)
            if until is not None:
                minutes = max(1, round((until - at) / MINUTE_MS))
                wait = "a minute" if minutes == 1 else f"{minutes} minutes"
                raise TooManyAttempts(f"too many failed log-ins; wait {wait} and try again")

    def forget(self, what: str, name: str, address: str | None) -> None:
        """Begin anew for this name; its address goes on being counted."""
        for limit, key in _keys(what, name, address):
            if limit is not ADDRESS:
                self._attempts.forget(key)


def _keys(what: str, name: str, address: str | None) -> list[tuple[tuple[int, int, int], str]]:
    """Hashed: somebody in haste types a password where the name belongs."""
    named = (
        (ADDRESS, f"address {address}"),
        (PAIR, f"{what} of {name} from {address}"),
        (NAME, f"{what} of {name}"),
    )
    return [(limit, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()) for limit, text in named]
