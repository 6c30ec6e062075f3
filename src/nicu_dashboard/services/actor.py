"""Who acts: every change by a person carries this into the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nicu_dashboard.ports.tick import AuditEntry


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or command with the role it acts in and where it comes from."""

    name: str
    role: str
    address: str | None = None

    def entry(self, at: int, action: str, subject: str, patient_id: int | None = None, **detail: Any) -> AuditEntry:
        """Return the audit entry of one act; `detail` holds old and new values, never a baby's name."""
        said: Mapping[str, Any] = {name: value for name, value in detail.items() if value is not None}
        return AuditEntry(at, self.name, self.role, action, subject, patient_id, said, self.address)
