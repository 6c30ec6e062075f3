"""Who may do what: one table, read by the routes and by the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from nicu_dashboard.ports.people import Role

Act = Literal[
    "enter", "keep own account", "watch", "see census", "see", "acknowledge", "pause audio", "pause alarms",
    "switch alarms off", "change limits", "admit", "review events", "annotate", "manage cots", "see sources",
    "export de-identified", "break glass", "review emergencies", "pair screens", "manage people", "read audit",
    "check compliance", "send readings",
]  # fmt: skip
# A paired screen and a device with a key act, too; an emergency opens to clinical staff what their role does not hold.
Part = Role | Literal["kiosk", "device", "emergency"]

_OWN: frozenset[Act] = frozenset({"enter", "keep own account"})
_LOOKING: frozenset[Act] = _OWN | frozenset({"watch", "see census", "see", "see sources"})
_BEDSIDE: frozenset[Act] = _LOOKING | {"acknowledge", "pause audio", "review events", "annotate", "break glass"}
_IN_CHARGE: frozenset[Act] = _BEDSIDE | {"pause alarms", "switch alarms off", "change limits", "admit", "manage cots"}
_ADMINISTRATION: frozenset[Act] = frozenset(
    {
        "manage cots",
        "manage people",
        "read audit",
        "check compliance",
        "pair screens",
        "review emergencies",
        "export de-identified",
    }
)

MAY: Mapping[Part, frozenset[Act]] = MappingProxyType(
    {
        "nurse": _BEDSIDE | {"pause alarms", "admit"},
        "charge nurse": _IN_CHARGE | {"read audit", "pair screens", "review emergencies"},
        "physician": _BEDSIDE | {"pause alarms", "switch alarms off", "change limits", "admit"},
        "clerk": _OWN | {"see census", "admit"},
        # No patient's data in any form: what can be seen of a sender is its name and whether it is heard.
        "engineer": _OWN | {"see sources", "manage cots", "check compliance"},
        "researcher": _OWN | {"export de-identified"},
        "administrator": _LOOKING | _ADMINISTRATION,
        "kiosk": frozenset({"enter", "watch"}),
        # The most a key can be given; what one key may do is its scope.
        "device": frozenset({"send readings", "watch"}),
        "emergency": _IN_CHARGE,
    }
)
# Of these the answer is about people and programs, not about babies: units limit all others.
OF_NO_UNIT: frozenset[Act] = frozenset(
    {
        "enter",
        "keep own account",
        "manage people",
        "read audit",
        "check compliance",
        "review emergencies",
        "break glass",
        "export de-identified",
    }
)
# Behind these doors lies nothing of a baby: the store is asked as somebody who sees no unit.
OF_NO_BABY: frozenset[Act] = frozenset(
    {
        "enter",
        "keep own account",
        "manage people",
        "check compliance",
        "pair screens",
        "review emergencies",
        "break glass",
        "manage cots",
        "read audit",
    }
)
ROLES: tuple[Role, ...] = get_args(Role)
SCOPES: tuple[Act, ...] = tuple(sorted(MAY["device"]))


def may(part: Part, act: Act) -> bool:
    """Return whether somebody in this role may do this."""
    return act in MAY[part]
