"""Break-glass: what a role does not hold, for an hour, for a stated reason, reviewed afterwards by somebody else."""

from nicu_dashboard.domain.instants import MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.emergencies import Emergencies, Emergency, Verdict
from nicu_dashboard.ports.people import User
from nicu_dashboard.ports.roster import RosterConflict
from nicu_dashboard.services.actor import Actor

BOX_MS = 60 * MINUTE_MS
LEAST_WORDS = 10


class EmergencyRefused(ValueError):
    """Emergency access is not opened; the message says what is missing."""


class BreakGlass:
    """Works on this program's own store alone: no identity provider is asked."""

    def __init__(self, store: Emergencies, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @staticmethod
    def check(reason: str) -> str:
        """Return the reason on one line; raises EmergencyRefused for one that says nothing."""
        said = " ".join(reason.split())
        if len(said) < LEAST_WORDS:
            raise EmergencyRefused(f"say why in {LEAST_WORDS} characters or more; somebody will review it")
        return said

    def begin(self, user: User, session_hash: str, reason: str, actor: Actor) -> Emergency:
        """Open emergency access in this session for 60 minutes; raises EmergencyRefused without a reason."""
        said = self.check(reason)
        running = self.of_session(session_hash)
        if running is not None:
            return running
        at = self._clock.now()
        entry = actor.entry(at, "emergency.begin", f"user {user.name}", reason=said)
        return self._store.begin(user.id, session_hash, said, at + BOX_MS, actor.address, entry)

    def of_session(self, session_hash: str) -> Emergency | None:
        """Return the emergency access that runs in a session."""
        return self._store.of_session(session_hash, self._clock.now())

    def end(self, emergency: Emergency, actor: Actor) -> None:
        """Give the rights back before the hour is over."""
        at = self._clock.now()
        self._store.end(emergency.id, at, actor.entry(at, "emergency.end", f"emergency {emergency.id}"))

    def review(self, emergency_id: int, verdict: Verdict, note: str, actor: Actor) -> Emergency:
        """Judge a use; nobody judges their own. Raises NotFound, RosterConflict."""
        if self._store.get(emergency_id).name == actor.name:
            raise RosterConflict("Nobody reviews their own emergency access; leave it to somebody else.")
        entry = actor.entry(self._clock.now(), "emergency.review", f"emergency {emergency_id}", verdict=verdict)
        return self._store.review(emergency_id, verdict, note, actor.name, entry)
