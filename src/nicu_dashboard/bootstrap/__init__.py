"""The only place that wires: settings become a store, a station and an application; roles.py divides them."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from nicu_dashboard.adapters.breached import KnownPasswords
from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.adapters.notify_command import CommandNotifier
from nicu_dashboard.adapters.oidc import OidcFault, OidcProvider
from nicu_dashboard.adapters.one_time_codes import OneTimeCodes
from nicu_dashboard.adapters.passkeys import WebAuthn
from nicu_dashboard.adapters.passwords import Argon2Passwords
from nicu_dashboard.adapters.sealing import AesSealer
from nicu_dashboard.adapters.spool import FolderSpool, waiting_in
from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.addresses.pools import SERVERLESS, deployment
from nicu_dashboard.adapters.sql.attempts import SqlAttempts
from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.emergencies import SqlEmergencies
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.factors import SqlFactors
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.kiosks import SqlKiosks
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.adapters.sql.seals import is_configured
from nicu_dashboard.adapters.sql.sight import SqlSight
from nicu_dashboard.adapters.system_clock import SystemClock
from nicu_dashboard.operations.audit.anchors import ReadAnchors
from nicu_dashboard.operations.audit.anchors import read as read_anchors
from nicu_dashboard.operations.audit.places import anchor_file, is_outside, sinks
from nicu_dashboard.operations.audit.verify import Verdict, verify
from nicu_dashboard.operations.checking import Checked, check_connection
from nicu_dashboard.operations.compliance.api import ComplianceDesk
from nicu_dashboard.operations.damage import damage
from nicu_dashboard.operations.health import Health, database_report
from nicu_dashboard.operations.latency import Latency
from nicu_dashboard.operations.metrics import StationCollector
from nicu_dashboard.ports.anchors import AnchorRefused
from nicu_dashboard.ports.attempts import Attempts
from nicu_dashboard.ports.broadcast import Broadcast
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.emergencies import Emergencies
from nicu_dashboard.ports.factors import Factors
from nicu_dashboard.ports.kiosks import Kiosks
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.limit_book import LimitBook
from nicu_dashboard.ports.people import People
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.ports.sight import Sight
from nicu_dashboard.ports.spool import Spool
from nicu_dashboard.ports.tick import Journal
from nicu_dashboard.services.accounts import Accounts, Doorkeepers
from nicu_dashboard.services.admissions import Admissions
from nicu_dashboard.services.alarm_actions import AlarmActions
from nicu_dashboard.services.anchoring import Anchoring
from nicu_dashboard.services.disclosures import Disclosures
from nicu_dashboard.services.displays import Displays
from nicu_dashboard.services.emergencies import BreakGlass
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.feeding import Past, Unheard
from nicu_dashboard.services.history import History
from nicu_dashboard.services.ids import AlarmIds
from nicu_dashboard.services.importing import Importing
from nicu_dashboard.services.intake import Intake
from nicu_dashboard.services.keeper import Keeper
from nicu_dashboard.services.limits_desk import LimitsDesk
from nicu_dashboard.services.live import Live
from nicu_dashboard.services.lockout import Lockout
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.reading_room import ReadingRoom
from nicu_dashboard.services.research import Research
from nicu_dashboard.services.roster_watch import RosterWatch
from nicu_dashboard.services.screens import Screens
from nicu_dashboard.services.second_factors import SecondFactors
from nicu_dashboard.services.settling import Settling
from nicu_dashboard.services.single_sign_on import SingleSignOn
from nicu_dashboard.services.snapshot import SnapshotBuilder
from nicu_dashboard.services.station import Station
from nicu_dashboard.services.stays import Stays
from nicu_dashboard.services.surroundings import surroundings
from nicu_dashboard.services.tasks import Tasks
from nicu_dashboard.services.upkeep import Upkeep
from nicu_dashboard.services.ward import Ward
from nicu_dashboard.settings import Settings, SettingsFault, environment, load
from nicu_dashboard.web.app import Wrap, create_app
from nicu_dashboard.web.read_only import ReadOnly
from nicu_dashboard.web.rooms import Doors, Rooms


@dataclass(frozen=True, slots=True)
class Store:
    """The open store behind its ports."""

    database: Database
    journal: Journal
    roster: Roster
    chart: Chart
    book: LimitBook
    people: People
    sight: Sight
    attempts: Attempts
    factors: Factors
    emergencies: Emergencies
    kiosks: Kiosks

    def claim(self) -> None:
        """Keep other servers away from this store; raises StoreUnavailable when one is at work on it."""
        self.database.claim()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_store(settings: Settings, *, set_up: bool = True) -> Store:
    """Return the store, an empty one set up unless told not to; raises StoreUnavailable where it cannot be used."""
    database = revisions.open_store(
        settings.store_url,
        settings.db_pool_size,
        settings.db_connect_timeout,
        settings.db_idle_timeout,
        environ=environment(),
        set_up=set_up,
    )
    return Store(
        database,
        SqlJournal(database),
        SqlRoster(database),
        SqlChart(database),
        SqlLimitBook(database),
        SqlPeople(database),
        SqlSight(database),
        SqlAttempts(database),
        SqlFactors(database),
        SqlEmergencies(database),
        SqlKiosks(database),
    )


def bring_up(settings: Settings) -> bool:
    """Bring the store to this version's schema; return whether there was anything to do. Raises StoreUnavailable."""
    database = connect(
        settings.store_url,
        settings.db_pool_size,
        settings.db_connect_timeout,
        settings.db_idle_timeout,
        environ=environment(),
        purpose="migrations",
    )
    try:
        return revisions.bring_up(database)
    finally:
        database.close()


def check(store: Store, workers: int) -> Checked:
    """Return what a person should know of the connection of an open store that `workers` processes will share."""
    return check_connection(store.database, environment(), workers)


def look_at(store: Store) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Return the state of an open store as the health report tells it, and the damage found in it."""
    latency = Latency(CollectorRegistry())
    for engine in {store.database.writer, store.database.reader, store.database.ticker}:
        latency.listen(engine)
    return database_report(store.database, latency), damage(store.database)


def verify_trail(store: Store, anchors: Path | None, bare_until: int) -> Verdict:
    """Return whether the audit trail is whole; `anchors` names their file where it is not the one of the settings."""
    file = anchors or anchor_file(environment(), store.database)
    remembered = ReadAnchors() if file is None else read_anchors(file, store.database.trail.seals)
    return verify(store.database, remembered, bare_until)


def anchoring(store: Store, clock: Clock) -> Anchoring:
    """Return what signs how far the audit trail goes and keeps that outside the database; raises SettingsFault."""
    try:
        return Anchoring(SqlAnchors(store.database), sinks(environment(), store.database), clock)
    except AnchorRefused as fault:
        raise SettingsFault(str(fault)) from None


def audit_doubts(store: Store) -> list[str]:
    """Return what weakens the proof that the audit trail gives, each with the next step."""
    environ, sqlite = environment(), store.database.engine_name == "sqlite"
    doubts = []
    if not is_configured(environ):
        where = "lies beside the database" if sqlite else "is missing, so that a forger is not found"
        doubts.append(f"the key of the audit trail {where}; next: nicu audit new-key FILE, then NICU_AUDIT_KEY_FILE")
    if not is_outside(environ):
        where = "lie beside the database" if sqlite else "are kept nowhere"
        doubts.append(f"anchors of the audit trail {where}; set NICU_AUDIT_ANCHOR_FILE or NICU_AUDIT_ANCHOR_SYSLOG")
    return doubts


def second_factors(store: Store, clock: Clock, settings: Settings) -> SecondFactors:
    """Return the second factors of a store's people."""
    key = settings.key
    sealer = None if key is None else AesSealer(key, "second factors")
    return SecondFactors(store.factors, OneTimeCodes(), WebAuthn(), sealer, "NICU Dashboard", clock)


def sign_on(store: Store, clock: Clock, settings: Settings, people: Accounts) -> SingleSignOn | None:
    """Return the way in by the hospital's identity provider, None when none is set; raises SettingsFault."""
    if settings.oidc_issuer is None:
        return None
    roles = settings.sign_on_roles
    if not roles:
        raise SettingsFault("NICU_OIDC_ROLES must say which group becomes which role: nicu-nurses=nurse,…")
    try:
        provider = OidcProvider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_secret)
    except OidcFault as fault:
        raise SettingsFault(str(fault)) from None
    return SingleSignOn(provider, settings.oidc_claim, roles, people, store.people, store.factors, clock)


def accounts(store: Store, clock: Clock, settings: Settings | None = None) -> Accounts:
    """Return the accounts of a store."""
    chosen = settings or load()
    lockout = Lockout(store.attempts, clock)
    guesser = KnownPasswords(chosen.breached_passwords)
    second = second_factors(store, clock, chosen)
    return Accounts(store.people, Doorkeepers(Argon2Passwords(), guesser, lockout, store.factors, second), clock)


def read_only_app() -> ReadOnly:
    """Return the API over the store of the settings for a serverless platform: no engine runs, nothing is changed."""
    settings, clock = load(), system_clock()
    store = open_store(settings, set_up=False)
    station = build_station(settings, store, clock, "read-only")
    return ReadOnly(build_app(store, station), ReadingRoom(station.ward, store.roster).sync, store.close)


def is_serverless() -> bool:
    """Return whether this process runs where it may be frozen between two requests, which no engine can bear."""
    return deployment(environment()) is SERVERLESS


def build_station(settings: Settings, store: Store, clock: Clock, mode: str) -> Station:
    """Return the station of the store's unit, not started; `mode` is `live`, `demo` or `read-only`."""
    return Station(**station_parts(settings, store, clock, mode, InProcessBroadcast()))


def station_parts(
    settings: Settings, store: Store, clock: Clock, mode: str, broadcast: Broadcast, engine_kind: type[Engine] = Engine
) -> dict[str, Any]:
    """Return what every station is made of."""
    if mode != "read-only":
        store.database.serve()
    measures = Measures()
    ids = AlarmIds(store.journal, clock, at_once=mode != "read-only")
    ward = Ward(store.roster.unit(), ids, CommandNotifier(settings.notify_command), settings.definition)
    displays = Displays(ward, clock.now())
    # The snapshot tells of the engine, which wakes the live view: the last knot is tied by name.
    builder = SnapshotBuilder(
        ward, mode, lambda: surroundings(engine, displays, clock), lambda view: msgspec.Raw(msgspec.json.encode(view))
    )
    live = Live(builder.build, msgspec.json.encode, broadcast, clock, measures)
    waiting_room = spool(settings, store, mode) if engine_kind is Engine else None
    keeper = Keeper(store.journal, waiting_room, clock, measures)
    engine = engine_kind(ward, keeper, clock, live, measures)
    stays = Stays(store.roster)
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
        "limits": LimitsDesk(engine, store.book, store.roster, clock),
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


def spool(settings: Settings, store: Store, mode: str) -> Spool | None:
    """Return where ticks wait while PostgreSQL is away; a SQLite file is on this machine itself, a demo needs none."""
    if store.database.engine_name != "postgresql" or mode != "live" or settings.spool_mb == 0:
        return None
    return FolderSpool(settings.spool_dir.expanduser().absolute(), settings.spool_mb * 1_000_000)


def spooled(settings: Settings) -> int:
    """Return how many readings wait in the spool of these settings; nothing is opened."""
    return waiting_in(settings.spool_dir.expanduser().absolute())


def importing(settings: Settings, store: Store, clock: Clock) -> Importing:
    """Return what brings history in from files."""
    return Importing(store.journal, store.roster, store.chart, clock, settings.definition)


def build_past(settings: Settings, store: Store, numbers: Iterator[int] | None = None) -> Past:
    """Return a past to be lived through; `numbers` are for its alarms, by default the next ones."""
    ids = AlarmIds(store.journal) if numbers is None else numbers
    ward = Ward(store.roster.unit(), ids, Unheard(), settings.definition)
    return Past(ward, store.journal, store.roster)


def build_app(
    store: Store,
    station: Station,
    settings: Settings | None = None,
    **wraps: Wrap,
) -> FastAPI:
    """Return the web application over a station, with what a process that does not stand alone needs around it."""
    chosen = settings or load()
    registry = CollectorRegistry()
    latency = Latency(registry)
    for engine in {store.database.writer, store.database.reader, store.database.ticker}:
        latency.listen(engine)
    registry.register(StationCollector(station, store.database))
    health = Health(store.database, latency, station)
    history = History(store.chart, station.clock)
    people = accounts(store, station.clock, chosen)
    second = second_factors(store, station.clock, chosen)
    emergencies = BreakGlass(store.emergencies, station.clock)
    screens = Screens(store.kiosks, Lockout(store.attempts, station.clock), station.clock)
    doors = Doors(
        people,
        second,
        emergencies,
        screens,
        store.emergencies,
        store.kiosks,
        chosen.second_factor == "required",
        chosen.hosts,
        chosen.security_contact,
        sign_on(store, station.clock, chosen, people),
        chosen.public_url,
    )
    return create_app(
        Rooms(
            station,
            people,
            store.people,
            store.roster,
            store.sight,
            store.chart,
            history,
            health.report,
            pages_folder(),
            doors,
            Disclosures(store.people, station.clock, lambda kind, number: whose(store.chart, kind, number)),
            research(store, station.clock),
            ComplianceDesk(store.database, environment(), station.clock, chosen.host),
        ),
        registry,
        **wraps,
    )


def research(store: Store, clock: Clock) -> Research:
    """Return what exports without names."""
    return Research(store.roster, store.chart, store.people, clock)


def whose(chart: Chart, kind: str, number: int) -> int | None:
    """Return the baby of an event or an alarm; raises NotFound."""
    return chart.spell(number).patient_id if kind == "event" else chart.alarm(number)[0].patient_id


def pages_folder() -> Path:
    """Return where the built front end lies."""
    return Path(str(files("nicu_dashboard.web") / "static"))


def system_clock(speed: float = 1.0) -> Clock:
    """Return the machine's clock, `speed` times as fast for demonstrations."""
    return SystemClock(speed)


def _broken(error: BaseException) -> None:
    """A background task failed: stop, so that the supervisor restarts and every screen shows the loss."""
    log = structlog.get_logger("nicu.engine")
    if isinstance(error, LeaseLost):  # the server sees it, ends, and the engine waits for its turn again
        log.error("another engine works for this unit now; this one stands back and writes nothing more")
        return
    log.critical("a background task failed", kind=type(error).__name__, exc_info=error)
    os.kill(os.getpid(), signal.SIGTERM)
