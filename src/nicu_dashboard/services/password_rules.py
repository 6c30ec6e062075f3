"""Which passwords are taken: OWASP ASVS 5.0, 6.2, level 2. Length and what attackers know; no rules of composition."""

from collections.abc import Sequence
from typing import Protocol

from nicu_dashboard.domain.errors import Told

MIN_PASSWORD, MAX_PASSWORD = 12, 128
# 6.2.11: words that stand on every screen here.
OUR_WORDS = ("nicu", "dashboard", "neonatal", "intensive", "hospital", "nurse", "charge", "physician", "administrator")


class Guesser(Protocol):
    """Knows what attackers try."""

    def knows(self, password: str, words: Sequence[str]) -> bool:
        """Return whether the password is in a list of breached ones or guessed within reach; `words` are tried too."""
        ...


class AccountRefused(Told, ValueError):
    """The log-in or the new account is refused; the message says what to do and never which part was wrong."""


class Unacceptable(AccountRefused):
    """What was typed into a form of the account does not do; the person stays logged in."""


def check_password(password: str, words: Sequence[str], guesser: Guesser) -> None:
    """Raise Unacceptable for a password that is too short, too long, breached or easily guessed."""
    if len(password) < MIN_PASSWORD:
        raise Unacceptable(f"the password has {len(password)} characters; use at least {MIN_PASSWORD}")
    if len(password) > MAX_PASSWORD:
        raise Unacceptable(f"the password has {len(password)} characters; use at most {MAX_PASSWORD}")
    if guesser.knows(password, [*words, *OUR_WORDS]):
        raise Unacceptable("the password is in lists of attackers or guessed from such; use a few unrelated words")
