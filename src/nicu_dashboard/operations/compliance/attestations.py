"""What no machine can see is said by a person, for a time: sealed in the audit trail, so nobody can have said it for
somebody else.
"""

from collections.abc import Callable

from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.operations.compliance.check import Finding, failed, passed, warned
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.compliance.trail import newest_of
from nicu_dashboard.ports.tick import AuditEntry
from nicu_dashboard.services.actor import Actor

ACTION = "compliance.attest"
LONGEST_DAYS = 366
_SOON_DAYS = 30


def entry(check: str, statement: str, until: int, at: int, actor: Actor) -> AuditEntry:
    """Return the audit entry of an attestation that holds until an instant (epoch ms)."""
    return actor.entry(at, ACTION, check, statement=statement, until=until)


def attested(check: str) -> Callable[[Scene], Finding]:
    """Return the look that asks whether somebody stands for it."""

    def look(scene: Scene) -> Finding:
        found = newest_of(scene.app, ACTION, check)
        if found is None:
            return Finding("manual", "nobody has attested it")
        said_at, detail = found
        until = int(detail.get("until", 0))
        told = f"attested on {_day(said_at)} until {_day(until)}: {detail.get('statement', '')}"
        if until <= scene.at:
            return failed(f"the attestation has expired; {told}")
        if not scene.app.trail.seals.keyed:
            return warned(f"without a key anybody could have written it; {told}")
        return warned(told) if until - scene.at < _SOON_DAYS * DAY_MS else passed(told)

    return look


def _day(at: int) -> str:
    return format_instant(at)[:10]
