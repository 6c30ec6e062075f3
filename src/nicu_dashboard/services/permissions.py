"""Who may do what: one table, read by the routes and by the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from nicu_dashboard.ports.people import Role

Act = Literal[
    "see", "acknowledge", "pause audio", "pause alarms", "switch alarms off", "change limits", "admit", "review events",
    "annotate", "manage cots", "manage people", "read audit", "send readings",
]  # fmt: skip

_BEDSIDE: frozenset[Act] = frozenset({"see", "acknowledge", "pause audio", "review events", "annotate"})
_IN_CHARGE: frozenset[Act] = _BEDSIDE | {"pause alarms", "switch alarms off", "change limits", "admit", "manage cots"}

MAY: Mapping[Role, frozenset[Act]] = MappingProxyType(
    {
        "nurse": _BEDSIDE | {"pause alarms", "admit"},
        "charge nurse": _IN_CHARGE | {"read audit"},
        "physician": _BEDSIDE | {"pause alarms", "switch alarms off", "change limits", "admit"},
        "administrator": frozenset({"see", "manage cots", "manage people", "read audit"}),
    }
)


def may(role: Role, act: Act) -> bool:
    """Return whether somebody in this role may do this."""
    return act in MAY[role]
