"""What is said at the door: a new session, a factor still needed, its proof, and who checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nicu_dashboard.ports.factors import Factors
from nicu_dashboard.ports.people import User
from nicu_dashboard.services.lockout import Lockout
from nicu_dashboard.services.password_rules import Guesser
from nicu_dashboard.services.second_factors import SecondFactors


class Passwords(Protocol):
    """Slow, salted hashing."""

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        ...

    def verify(self, password: str, hashed: str) -> bool:
        """Return whether the password is the one hashed."""
        ...


@dataclass(frozen=True, slots=True)
class Entered:
    """A new session: its token, seen this once, and whose it is."""

    token: str
    user: User


@dataclass(frozen=True, slots=True)
class FactorNeeded:
    """The password was right; `step` names the log-in that waits for one of these factors."""

    step: str
    factors: Sequence[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person shows as second factor: a code, or what the browser says of a passkey."""

    kind: Literal["totp", "passkey", "recovery code"]
    code: str = ""
    credential: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Doorkeepers:
    """What the accounts rely on beside the store of people."""

    passwords: Passwords
    guesser: Guesser
    lockout: Lockout
    steps: Factors
    second: SecondFactors
