"""What the health report says of a process that does not stand alone: an engine with its lease, a web worker."""

from typing import Any, Literal

import msgspec
from sqlalchemy import text

from nicu_dashboard.adapters.sql.addresses.pools import over_limit
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.services.leased import LeasedStation
from nicu_dashboard.services.outpost import Outpost
from nicu_dashboard.services.station import Station

# A heartbeat comes each second: after this the engine is slow, and after this gone (the screens' own limit).
LATE_MS, GONE_MS = 2_500, 5_000


class StoreTold(msgspec.Struct, frozen=True):
    """What the engine's newest snapshot says of its store; `spooled` readings wait on its machine."""

    state: Literal["ok", "failing"]
    spooled: int


class _Snapshot(msgspec.Struct):
    store: StoreTold


def role_of(station: Station) -> dict[str, Any]:
    """Return `role`, and for an engine with a lease how it stands."""
    if isinstance(station, LeasedStation):
        return {"role": "engine", "lease": {"state": station.tenure.state, "epoch": station.tenure.epoch}}
    return {"role": "web" if isinstance(station, Outpost) else "all"}


def is_waiting(station: Station) -> bool:
    """Return whether this is an engine that does not work (yet)."""
    return isinstance(station, LeasedStation) and station.tenure.state != "working"


def is_starting(station: Station) -> bool:
    """Return whether readings get 503 now and will be taken in a moment: the engine starts, or is not known yet."""
    if isinstance(station, Outpost):
        return station.whereabouts.known() is None
    return isinstance(station, LeasedStation) and station.tenure.is_starting()


def is_gone(station: Station) -> bool:
    """Return whether this is a web worker that has nothing of the present to show."""
    if not isinstance(station, Outpost):
        return False
    age_ms = station.followed.age_ms()
    return age_ms is None or age_ms > GONE_MS


def store_told(outpost: Outpost) -> StoreTold | None:
    """Return what the engine says of its store, None while nothing of the present is heard of it.

    A full disk takes no commit of the engine, and answers a web worker's question as ever.
    """
    newest = outpost.followed.latest()
    return None if newest is None else msgspec.json.decode(newest.body, type=_Snapshot).store


def engine_seen(outpost: Outpost) -> dict[str, Any]:
    """Return what a web worker knows of the engine; `lagMs` is the age of its newest snapshot, if there is one."""
    beds, store = list(outpost.ward.beds.values()), store_told(outpost)
    return {
        "store": None if store is None else store.state,
        "spooled": None if store is None else store.spooled,
        "lagMs": outpost.followed.age_ms(),
        "epoch": outpost.whereabouts.epoch,
        "cots": len(beds),
        "babies": sum(bed.stay is not None for bed in beds),
        "screens": outpost.broadcast.readers(),
    }


def too_many_connections(database: Database, processes: int, listening: int) -> str | None:
    """Return a warning where the pools of so many processes, of which some also listen, ask PostgreSQL for more
    connections than it has.
    """
    if database.engine_name == "sqlite" or database.address.pool_mode == "transaction":
        return None
    with database.reading() as connection:
        most, kept = (
            int(connection.scalar(text(f"SHOW {name}")) or 0)
            for name in ("max_connections", "superuser_reserved_connections")
        )
    return over_limit(processes, database.address.pool.size, most, kept, listening)
