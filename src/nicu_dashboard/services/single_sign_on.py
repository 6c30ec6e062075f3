"""Single sign-on: the hospital's identity provider says who it is and in which groups; groups become a role."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from nicu_dashboard.domain.instants import MINUTE_MS
from nicu_dashboard.domain.texts import as_line
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.factors import Factors, Step
from nicu_dashboard.ports.people import EVERY_UNIT, NO_PASSWORD, People, Role, Units, User
from nicu_dashboard.ports.roster import RosterConflict
from nicu_dashboard.services.accounts import Accounts
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.entering import Entered
from nicu_dashboard.services.tokens import token_hash

WAIT_MS = 10 * MINUTE_MS
KIND = "sign-on"


class ProviderUnavailable(Exception):
    """The identity provider cannot be asked."""


class SignOnRefused(Exception):
    """The person is not let in; the message is one word: denied, role, name or late."""


class IdentityProvider(Protocol):
    """OpenID Connect, seen from here."""

    issuer: str

    def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str: ...
    def claims(self, redirect_uri: str, code: str, verifier: str, nonce: str, now_s: int) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class UnitsByGroup:
    """Which group, named in this claim, sees which unit; None = every unit. Nobody of these groups sees none."""

    claim: str
    numbers: Mapping[str, int | None]

    def of(self, said: Mapping[str, Any]) -> Units:
        """Return the units of all the groups that are named."""
        found = {self.numbers[group] for group in groups_in(said, self.claim) if group in self.numbers}
        return EVERY_UNIT if None in found else frozenset(unit for unit in found if unit is not None)


def groups_in(said: Mapping[str, Any], claim: str) -> set[str]:
    """Return what stands in a claim: one text, or a list."""
    held = said.get(claim, [])
    return {held} if isinstance(held, str) else {str(one) for one in held} if isinstance(held, list) else set()


class SingleSignOn:
    """Raises ProviderUnavailable, SignOnRefused."""

    def __init__(
        self,
        provider: IdentityProvider,
        claim: str,
        roles: Mapping[str, Role],
        accounts: Accounts,
        people: People,
        steps: Factors,
        clock: Clock,
        units: UnitsByGroup | None = None,
    ) -> None:
        """`roles` maps what stands in the claim to a role; the first that fits counts. `units` says what is seen."""
        self._provider, self._claim, self._roles = provider, claim, roles
        self._accounts, self._people, self._steps, self._clock = accounts, people, steps, clock
        self._units = units

    def begin(self, redirect_uri: str) -> tuple[str, str]:
        """Return where the browser goes and the state that it must bring back."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        where = self._provider.address(redirect_uri, state, nonce, verifier)
        at = self._clock.now()
        data = {"nonce": nonce, "verifier": verifier, "redirect_uri": redirect_uri}
        self._steps.begin(token_hash(state), Step(KIND, None, data), at, at + WAIT_MS)
        return where, state

    def finish(self, state: str, code: str, address: str | None) -> Entered:
        """Return the session of the person that the provider vouches for."""
        at = self._clock.now()
        step = self._steps.answer(token_hash(state), KIND, at)
        if step is None:
            raise SignOnRefused("late")
        data = step.data
        said = self._provider.claims(data["redirect_uri"], code, data["verifier"], data["nonce"], at // 1_000)
        user = self._user(said, address)
        if user.disabled_at is not None:
            raise SignOnRefused("denied")
        return self._accounts.enter(user, "single sign-on", address)

    def _user(self, said: Mapping[str, Any], address: str | None) -> User:
        """Return the user with the role and the units of today's groups, made at the first sign-on."""
        role = self._role(said)
        external = f"{self._provider.issuer} {said['sub']}"
        known = self._people.user_by_external_id(external)
        actor = Actor("identity provider", "none", address)
        if known is None:
            return self._new(said, role, external, actor)
        units = known.units if self._units is None else self._units.of(said)
        if (known.role, known.units) != (role, units):
            return self._accounts.change_user(known.id, role, units, actor)
        return known

    def _role(self, said: Mapping[str, Any]) -> Role:
        groups = groups_in(said, self._claim)
        role = next((role for group, role in self._roles.items() if group in groups), None)
        if role is None:
            raise SignOnRefused("role")
        return role

    def _new(self, said: Mapping[str, Any], role: Role, external: str, actor: Actor) -> User:
        """A local account of the same name is somebody else until an administrator says otherwise."""
        name = as_line(str(said.get("preferred_username") or said.get("email") or said["sub"]))[:80]
        shown = as_line(str(said.get("name") or name))[:120]
        units = EVERY_UNIT if self._units is None else self._units.of(said)
        seen = "every unit" if units is None else ", ".join(str(one) for one in sorted(units)) or "none"
        entry = actor.entry(self._clock.now(), "user.add", f"user {name}", role=role, units=seen)
        try:
            return self._people.add_user(name, shown, role, NO_PASSWORD, entry, units, external)
        except RosterConflict:
            raise SignOnRefused("name") from None
