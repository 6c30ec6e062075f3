"""Screens that are paired with this server: they show the wall and nothing else, and never log off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nicu_dashboard.ports.people import EVERY_UNIT, Units
from nicu_dashboard.ports.tick import AuditEntry


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A screen by where it hangs, and whose wall it may show."""

    id: int
    name: str
    created_at: int
    code_expires_at: int
    paired_at: int | None
    last_seen_at: int | None
    disabled_at: int | None
    units: Units = EVERY_UNIT


class Kiosks(Protocol):
    """Every change commits with its audit entry."""

    def add(
        self, name: str, code_hash: str, code_expires_at: int, audit: AuditEntry, units: Units = EVERY_UNIT
    ) -> Kiosk:
        """Keep a screen that is to be paired; raises RosterConflict when the name is taken by a working one."""
        ...

    def pair(self, code_hash: str, token_hash: str, at: int, audit: AuditEntry) -> Kiosk | None:
        """Use a pairing code up; None when there is none such any more."""
        ...

    def by_token(self, token_hash: str) -> Kiosk | None:
        """Return the paired screen of a token unless it is disabled."""
        ...

    def touch(self, kiosk_id: int, at: int) -> None:
        """Note that the screen was seen."""
        ...

    def listed(self) -> Sequence[Kiosk]:
        """Return all screens by name."""
        ...

    def disable(self, kiosk_id: int, at: int, audit: AuditEntry) -> None:
        """Disable a screen; raises NotFound."""
        ...
