"""The only place that wires: settings become a store, a station and an application; roles.py divides them."""

from nicu_dashboard.adapters.sql.errors import is_away
from nicu_dashboard.bootstrap.app import build_app, is_serverless, pages_folder, read_only_app, research, whose
from nicu_dashboard.bootstrap.doors import accounts, second_factors, sign_on
from nicu_dashboard.bootstrap.proof import anchoring, audit_doubts, expire_trail, verify_trail
from nicu_dashboard.bootstrap.station import (
    build_past,
    build_station,
    importing,
    spool,
    spooled,
    station_parts,
    system_clock,
)
from nicu_dashboard.bootstrap.store import Store, bring_up, check, is_sqlite, look_at, open_store

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
