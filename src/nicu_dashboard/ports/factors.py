"""Second factors, recovery codes, and log-ins under way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nicu_dashboard.ports.tick import AuditEntry

FactorKind = Literal["totp", "passkey"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor of a person; `secret` is sealed for codes and public for a passkey."""

    id: int
    user_id: int
    kind: FactorKind
    name: str
    secret: str
    credential_id: str | None
    counter: int
    created_at: int
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A log-in or a set-up that waits for its next answer."""

    kind: str
    user_id: int | None
    data: Mapping[str, Any]


class Factors(Protocol):
    """Every change of a factor commits with its audit entry."""

    def of_user(self, user_id: int) -> Sequence[Factor]:
        """Return the factors of a user that were not removed."""
        ...

    def add(
        self, user_id: int, kind: FactorKind, name: str, secret: str, credential_id: str | None, counter: int,
        audit: AuditEntry,
    ) -> Factor:  # fmt: skip
        """Add a factor; raises RosterConflict when the passkey is registered already."""
        ...

    def use(self, factor_id: int, counter: int, at: int) -> bool:
        """Move a factor's counter on; return False when it stands there already: the answer was used before."""
        ...

    def remove(self, factor_ids: Sequence[int], at: int, audit: AuditEntry) -> None:
        """Remove factors."""
        ...

    def replace_recovery_codes(self, user_id: int, hashes: Sequence[str], at: int, audit: AuditEntry) -> None:
        """Store new codes; those before work no more."""
        ...

    def recovery_codes_left(self, user_id: int) -> int:
        """Return how many codes are unused."""
        ...

    def use_recovery_code(self, user_id: int, code_hash: str, at: int) -> bool:
        """Use a code up; return False when there is none such."""
        ...

    def begin(self, token_hash: str, step: Step, at: int, expires_at: int) -> None:
        """Keep a step until it is answered or void; what is void by now is cleared away."""
        ...

    def look(self, token_hash: str, kind: str, at: int) -> Step | None:
        """Return a step that waits, without answering it."""
        ...

    def answer(self, token_hash: str, kind: str, at: int) -> Step | None:
        """Return a step that waits and end it: nobody answers it again."""
        ...

    def change(self, token_hash: str, data: Mapping[str, Any]) -> None:
        """Change what the answer of a step is checked against."""
        ...
