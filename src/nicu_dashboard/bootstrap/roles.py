"""The same unit divided among processes: an engine with its lease, and web workers beside it."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI

from nicu_dashboard.adapters.broadcast.database import FollowingBroadcast, PublishingBroadcast
from nicu_dashboard.adapters.broadcast.engine_view import HttpEngineView
from nicu_dashboard.adapters.process_identity import has_ended, this_process
from nicu_dashboard.adapters.sql.fence import Fence, never
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.live_row import SqlLiveRow, bell
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.bootstrap.app import build_app
from nicu_dashboard.bootstrap.station import station_parts
from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.leased import LeasedStation
from nicu_dashboard.services.outpost import NoEngine, Outpost, Whereabouts
from nicu_dashboard.services.reading_room import ReadingRoom
from nicu_dashboard.services.tenure import Tenure
from nicu_dashboard.settings import Settings, SettingsFault, environment
from nicu_dashboard.web.engine_door import Door
from nicu_dashboard.web.forwarding import Courier, Forward

_HERE = ("localhost", "127.0.0.1", "::1")


def build_engine(
    settings: Settings, store: Store, clock: Clock, address: str, closed: bool
) -> tuple[LeasedStation, FastAPI]:
    """Return an engine that works while it holds the lease; web workers reach it at `address`.

    A `closed` one lets nobody in but them.
    """
    unit_id = store.roster.unit(settings.unit).id
    lease = SqlLease(store.database, unit_id)
    tenure = Tenure(lease, clock, this_process(), address, has_ended, structlog.get_logger("nicu.engine").warning)
    shared = PublishingBroadcast(SqlLiveRow(store.database, unit_id, lease), clock)
    fenced = _fenced(store, lease.fence)
    station = LeasedStation(**station_parts(settings, fenced, clock, "live", shared), tenure=tenure, shared=shared)
    return station, build_app(
        fenced, station, settings, outside=partial(Door, tenure=tenure, shared=shared, closed=closed)
    )


def _fenced(store: Store, fence: Fence) -> Store:
    """Return the store with a fence at the end of whatever changes alarms, babies, cots or limits."""
    database = store.database
    return replace(
        store,
        journal=SqlJournal(database, fence),
        roster=SqlRoster(database, fence),
        book=SqlLimitBook(database, fence),
    )


def engine_address(settings: Settings, url: str, closed: bool) -> str:
    """Return where web workers reach the engine that listens at `url`; raises SettingsFault for an unsafe way.

    Sessions and readings go this way: between machines only with TLS.
    """
    address = settings.engine_url or url
    safe = address.startswith("https://") or urlsplit(address).hostname in _HERE
    if closed and not safe and not settings.allow_insecure_engine:
        raise SettingsFault(
            "the engine listens on a network without TLS: put a TLS proxy before it and set NICU_ENGINE_URL=https://…,"
            " or let it listen on this machine alone (NICU_ENGINE_LISTEN=127.0.0.1:0)"
        )
    return address


def build_outpost(settings: Settings, store: Store, clock: Clock) -> tuple[Outpost, FastAPI]:
    """Return a web worker, which leaves to the engine what is the engine's."""
    unit_id = store.roster.unit(settings.unit).id
    lease = SqlLease(store.database, unit_id)
    row = SqlLiveRow(store.database, unit_id, lease)
    whereabouts = Whereabouts(lease, clock)
    view = HttpEngineView(whereabouts.known)
    followed = FollowingBroadcast(row, bell(store.database, environment()), clock, view)
    left_alone = _fenced(store, never)
    parts = station_parts(settings, left_alone, clock, "live", followed, NoEngine)
    room = ReadingRoom(parts["ward"], store.roster)
    station = Outpost(**parts, residents=room, followed=followed, whereabouts=whereabouts)
    return station, build_app(left_alone, station, settings, within=partial(Forward, courier=Courier(station)))
