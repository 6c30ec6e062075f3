"""The ward in service: engine, intake, live view, and where ticks wait while the store is away."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import msgspec
import structlog

from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.adapters.notify_command import CommandNotifier
from nicu_dashboard.adapters.spool import FolderSpool, waiting_in
from nicu_dashboard.bootstrap.proof import anchoring
from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.domain.patients import Unit
from nicu_dashboard.ports.broadcast import Broadcast
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.spool import Spool
from nicu_dashboard.services.admissions import Admissions
from nicu_dashboard.services.alarm_actions import AlarmActions
from nicu_dashboard.services.displays import Displays
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.feeding import Past, Unheard
from nicu_dashboard.services.ids import AlarmIds
from nicu_dashboard.services.importing import Importing
from nicu_dashboard.services.intake import Intake
from nicu_dashboard.services.keeper import Keeper
from nicu_dashboard.services.limits_desk import LimitsDesk
from nicu_dashboard.services.live import Live
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.roster_watch import RosterWatch
from nicu_dashboard.services.settling import Settling
from nicu_dashboard.services.snapshot import SnapshotBuilder
from nicu_dashboard.services.station import Station
from nicu_dashboard.services.stays import Stays
from nicu_dashboard.services.surroundings import surroundings
from nicu_dashboard.services.tasks import Tasks
from nicu_dashboard.services.upkeep import Upkeep
from nicu_dashboard.services.ward import Ward
from nicu_dashboard.settings import Settings


def build_station(settings: Settings, store: Store, clock: Clock, mode: str) -> Station:
    """Return the station of the store's unit, not started; `mode` is `live`, `demo` or `read-only`."""
    return Station(**station_parts(settings, store, clock, mode, InProcessBroadcast()))


def station_parts(
    settings: Settings, store: Store, clock: Clock, mode: str, broadcast: Broadcast, engine_kind: type[Engine] = Engine
) -> dict[str, Any]:
    """Return what every station is made of."""
    if mode != "read-only":
        store.database.serve()
    unit = store.roster.unit(settings.unit)
    measures = Measures()
    ids = AlarmIds(store.journal, clock, at_once=mode != "read-only")
    ward = Ward(unit, ids, CommandNotifier(settings.notify_command), settings.definition)
    displays = Displays(ward, clock.now())
    # The snapshot tells of the engine, which wakes the live view: the last knot is tied by name.
    builder = SnapshotBuilder(
        ward, mode, lambda: surroundings(engine, displays, clock), lambda view: msgspec.Raw(msgspec.json.encode(view))
    )
    live = Live(builder.build, msgspec.json.encode, broadcast, clock, measures)
    waiting_room = spool(settings, store, mode, unit) if engine_kind is Engine else None
    keeper = Keeper(store.journal, waiting_room, clock, measures)
    engine = engine_kind(ward, keeper, clock, live, measures)
    stays = Stays(store.roster, unit.id)
    settling = Settling(ward, store.roster, store.chart, store.book, keeper, stays, clock)
    watch = RosterWatch(ward, store.roster, settling, stays, clock)
    return {
        "clock": clock,
        "measures": measures,
        "ward": ward,
        "engine": engine,
        "live": live,
        "broadcast": broadcast,
        "intake": Intake(engine, stays, watch, clock, measures),
        "actions": AlarmActions(engine, clock),
        "admissions": Admissions(engine, store.roster, settling, stays, clock),
        "limits": LimitsDesk(engine, store.book, store.roster, settling, clock),
        "displays": displays,
        "settling": settling,
        "upkeep": Upkeep(
            ward, store.journal, store.chart, store.book, ids, displays, watch, clock, settings.definition
        ),
        "tasks": Tasks(_broken),
        "anchoring": anchoring(store, clock),
        "definition": settings.definition,
        "mode": mode,
    }


def spool(settings: Settings, store: Store, mode: str, unit: Unit) -> Spool | None:
    """Return where ticks wait while PostgreSQL is away; a SQLite file is on this machine itself, a demo needs none.

    The oldest unit has the folder, every other one a folder of its own in it: no engine takes up another unit's ticks.
    """
    if store.database.engine_name != "postgresql" or mode != "live" or settings.spool_mb == 0:
        return None
    folder = settings.spool_dir.expanduser().absolute()
    is_first = store.roster.units()[0].id == unit.id
    return FolderSpool(folder if is_first else folder / f"unit-{unit.id}", settings.spool_mb * 1_000_000)


def spooled(settings: Settings) -> int:
    """Return how many readings wait in the spool of these settings; nothing is opened."""
    return waiting_in(settings.spool_dir.expanduser().absolute())


def importing(settings: Settings, store: Store, clock: Clock) -> Importing:
    """Return what brings history in from files."""
    return Importing(store.journal, store.roster, store.chart, clock, settings.definition)


def build_past(settings: Settings, store: Store, numbers: Iterator[int] | None = None) -> Past:
    """Return a past to be lived through; `numbers` are for its alarms, by default the next ones."""
    ids = AlarmIds(store.journal) if numbers is None else numbers
    ward = Ward(store.roster.unit(settings.unit), ids, Unheard(), settings.definition)
    return Past(ward, store.journal, store.roster)


def _broken(error: BaseException) -> None:
    """A background task failed: stop, so that the supervisor restarts and every screen shows the loss."""
    log = structlog.get_logger("nicu.engine")
    if isinstance(error, LeaseLost):  # the server sees it, ends, and the engine waits for its turn again
        log.error("another engine works for this unit now; this one stands back and writes nothing more")
        return
    log.critical("a background task failed", kind=type(error).__name__, exc_info=error)
    os.kill(os.getpid(), signal.SIGTERM)
