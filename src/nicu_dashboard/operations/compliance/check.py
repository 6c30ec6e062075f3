"""What a check is and what it finds; a check looks at one thing and never changes anything."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.operations.compliance.scene import Scene

State = Literal["pass", "fail", "warn", "unknown", "manual"]
Engines = Literal["both", "postgresql", "sqlite"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one thing, and what was seen; the evidence never holds a password, a host or a patient's data."""

    state: State
    evidence: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at: its clause of 45 CFR, the remedy, and on which database it means anything."""

    id: str
    title: str
    clause: str
    remedy: str
    look: Callable[[Scene], Finding]
    engines: Engines = "both"


def passed(evidence: str) -> Finding:
    """Return a finding: as it should be."""
    return Finding("pass", evidence)


def failed(evidence: str) -> Finding:
    """Return a finding: wrong."""
    return Finding("fail", evidence)


def warned(evidence: str) -> Finding:
    """Return a finding: weaker than it should be."""
    return Finding("warn", evidence)


def unseen(what: str) -> Finding:
    """Return a finding: this user may not look, so nothing is claimed."""
    return Finding("unknown", f"{what} cannot be read by this user; name one who may in NICU_HIPAA_URL")


def by_hand(what: str) -> Callable[[Scene], Finding]:
    """Return the look of a check that no machine can make."""
    return lambda _scene: Finding("manual", what)
