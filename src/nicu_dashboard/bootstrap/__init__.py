"""The only place that wires: settings become a store, a station and an application; roles.py divides them.

A name is loaded when it is first asked for: a command that lists cots needs no web application.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nicu_dashboard.adapters.sql.errors import is_away
    from nicu_dashboard.bootstrap.app import build_app, is_serverless, pages_folder, read_only_app, whose
    from nicu_dashboard.bootstrap.clock import system_clock
    from nicu_dashboard.bootstrap.doors import accounts, second_factors, sign_on
    from nicu_dashboard.bootstrap.exporting import research
    from nicu_dashboard.bootstrap.looking import check, look_at
    from nicu_dashboard.bootstrap.proof import anchoring, audit_doubts, expire_trail, verify_trail
    from nicu_dashboard.bootstrap.station import (
        build_past,
        build_station,
        importing,
        spool,
        spooled,
        station_parts,
    )
    from nicu_dashboard.bootstrap.store import Store, bring_up, is_sqlite, open_store

__all__ = [
    "Store",
    "accounts",
    "anchoring",
    "audit_doubts",
    "bring_up",
    "build_app",
    "build_past",
    "build_station",
    "check",
    "expire_trail",
    "importing",
    "is_away",
    "is_serverless",
    "is_sqlite",
    "look_at",
    "open_store",
    "pages_folder",
    "read_only_app",
    "research",
    "second_factors",
    "sign_on",
    "spool",
    "spooled",
    "station_parts",
    "system_clock",
    "verify_trail",
    "whose",
]

_ROOMS = {
    "nicu_dashboard.adapters.sql.errors": ("is_away",),
    "nicu_dashboard.bootstrap.app": (
        "build_app", "is_serverless", "pages_folder", "read_only_app", "whose"
    ),
    "nicu_dashboard.bootstrap.clock": ("system_clock",),
    "nicu_dashboard.bootstrap.doors": ("accounts", "second_factors", "sign_on"),
    "nicu_dashboard.bootstrap.exporting": ("research",),
    "nicu_dashboard.bootstrap.looking": ("check", "look_at"),
    "nicu_dashboard.bootstrap.proof": ("anchoring", "audit_doubts", "expire_trail", "verify_trail"),
    "nicu_dashboard.bootstrap.station": (
        "build_past", "build_station", "importing", "spool", "spooled", "station_parts"
    ),
    "nicu_dashboard.bootstrap.store": ("Store", "bring_up", "is_sqlite", "open_store"),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)
