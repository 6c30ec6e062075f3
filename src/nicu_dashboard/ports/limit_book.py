"""Alarm limits of each baby, every version kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from nicu_dashboard.domain.limits import AlarmLimits
from nicu_dashboard.ports.tick import AuditEntry


class LimitsChangedMeanwhile(Exception):
    """Somebody else changed the limits since they were read; the message says who and when."""


@dataclass(frozen=True, slots=True)
class LimitVersion:
    """Limits as set at one time, by whom and why."""

    patient_id: int
    version: int
    limits: AlarmLimits
    changed_at: int
    changed_by: str
    reason: str | None = None


class LimitBook(Protocol):
    """Append-only."""

    def current(self, patient_ids: Sequence[int]) -> Mapping[int, LimitVersion]:
        """Return the newest version for each baby that has its own."""
        ...

    def history(self, patient_id: int) -> Sequence[LimitVersion]:
        """Return every version, newest first."""
        ...

    def change(self, new: LimitVersion, expected_version: int, audit: AuditEntry) -> LimitVersion:
        """Append a version; raises LimitsChangedMeanwhile when expected_version (0 = none yet) is not the newest."""
        ...
