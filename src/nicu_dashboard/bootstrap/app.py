"""The web application over a station."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from nicu_dashboard.adapters.notebook import FileNotebook
from nicu_dashboard.adapters.sql.addresses.pools import SERVERLESS, deployment
from nicu_dashboard.bootstrap.clock import system_clock
from nicu_dashboard.bootstrap.doors import accounts, second_factors, sign_on
from nicu_dashboard.bootstrap.exporting import research
from nicu_dashboard.bootstrap.station import build_station
from nicu_dashboard.bootstrap.store import Store, notes_folder, open_store
from nicu_dashboard.operations.compliance.api import ComplianceDesk
from nicu_dashboard.operations.health import Health
from nicu_dashboard.operations.latency import Latency
from nicu_dashboard.operations.metrics import StationCollector
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.disclosures import Disclosures
from nicu_dashboard.services.emergencies import BreakGlass
from nicu_dashboard.services.history import History
from nicu_dashboard.services.lockout import Lockout
from nicu_dashboard.services.reading_room import ReadingRoom
from nicu_dashboard.services.screens import Screens
from nicu_dashboard.services.station import Station
from nicu_dashboard.settings import Settings, environment, load
from nicu_dashboard.web.app import Wrap, create_app
from nicu_dashboard.web.read_only import ReadOnly
from nicu_dashboard.web.rooms import Doors, Rooms


def read_only_app() -> ReadOnly:
    """Return the API over the store of the settings for a serverless platform: no engine runs, nothing is changed."""
    settings, clock = load(), system_clock()
    store = open_store(settings, set_up=False)
    station = build_station(settings, store, clock, "read-only")
    return ReadOnly(build_app(store, station), ReadingRoom(station.ward, store.roster).sync, store.close)


def is_serverless() -> bool:
    """Return whether this process runs where it may be frozen between two requests, which no engine can bear."""
    return deployment(environment()) is SERVERLESS


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
        chosen.must_prove(store.database.engine_name == "postgresql" and station.mode != "demo"),
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
            disclosures(store, station.clock, chosen),
            research(store, station.clock),
            ComplianceDesk(store.database, environment(), station.clock, chosen.host),
        ),
        registry,
        **wraps,
    )


def disclosures(store: Store, clock: Clock, settings: Settings) -> Disclosures:
    """Return the record of who looked, with what processes of before left behind taken over."""
    store.database.trail.recover()
    notebook = FileNotebook(notes_folder(settings, store.database), "looks")
    return Disclosures(store.people, clock, lambda kind, number: whose(store.chart, kind, number), notebook)


def whose(chart: Chart, kind: str, number: int) -> int | None:
    """Return the baby of an event or an alarm; raises NotFound."""
    return chart.spell(number).patient_id if kind == "event" else chart.alarm(number)[0].patient_id


def pages_folder() -> Path:
    """Return where the built front end lies."""
    return Path(str(files("nicu_dashboard.web") / "static"))
