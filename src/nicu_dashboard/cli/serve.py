"""`nicu serve`: the central station in service, as one process or several."""

import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import structlog
import typer
from fastapi import FastAPI
from starlette.types import ASGIApp

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.bootstrap import Store, roles
from nicu_dashboard.cli import logs
from nicu_dashboard.cli.common import OfUnit, opened, refuse
from nicu_dashboard.cli.first_steps import first_steps
from nicu_dashboard.cli.running import allow_many_files, door_of, run_until_stopped, stoppable, url_of
from nicu_dashboard.cli.supervising import Work, supervise
from nicu_dashboard.cli.waiting import with_store
from nicu_dashboard.operations.processes import too_many_connections
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.station import Station
from nicu_dashboard.settings import Settings
from nicu_dashboard.version import VERSION
from nicu_dashboard.web.server import Front, check_front, listen
from nicu_dashboard.web.siblings import Family, Siblings

Role = Literal["all", "engine", "web"]
MOST_WORKERS = 64
# The engine's own door: its network is judged by roles.engine_address, and a web worker says who asks.
INSIDE = Front()


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [NICU_HOST, else 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes any free one. [NICU_PORT, else 8000]")
    ] = None,
    role: Annotated[
        Role, typer.Option(help="On PostgreSQL: the engine (alarms, intake), web workers (screens), or all.")
    ] = "all",
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, help="Web workers that share the port, on PostgreSQL.")
    ] = 1,
    unit: OfUnit = None,
) -> None:
    """Run the central station: screens, intake, alarms, on the database in DATABASE_URL.

    Beyond this machine it is served over TLS alone: NICU_TLS_CERT and NICU_TLS_KEY, or NICU_TRUSTED_PROXIES.

    Example: nicu serve --port 8000
    """
    found = settings.load()
    found = found if unit is None else found.model_copy(update={"unit": unit})
    if bootstrap.is_serverless():
        refuse(
            "a serverless platform stops the engine between requests, so it may not run there; see deploy/serverless"
        )
    allow_many_files()
    front = INSIDE if role == "engine" else Front(found.tls_cert, found.tls_key, found.proxies)
    if role != "engine":
        check_front(found.host if host is None else host, front)
    logs.configure(found.log_level)
    if (doubt := found.closed_door) is not None:
        structlog.get_logger("nicu.serve").warning(doubt)
    if role == "engine" and workers > 1:
        refuse("one engine works for a unit: leave --workers out, or start web workers with --role web")
    with stoppable():
        place = found.engine_place if role == "engine" else (found.host, found.port)
        with listen(host or place[0], place[1] if port is None else port) as listener:
            if workers == 1:
                _alone(found, role, listener, front)
            else:
                _together(found, role, workers, listener, front)


def _alone(found: Settings, role: Role, listener: socket.socket, front: Front) -> None:
    """Serve from this process until it is told to end."""
    if bootstrap.is_sqlite(found):
        _only_all_on_sqlite(role, 1)
        with opened(found) as store:
            _on_sqlite(found, store, listener, front)
    elif role == "web":
        with_store(found, listener, front, role, lambda store: _web(found, store, listener, front))
    else:
        closed = role == "engine"
        with_store(found, listener, front, role, lambda store: _engine(found, store, listener, front, closed))


def _on_sqlite(found: Settings, store: Store, listener: socket.socket, front: Front) -> None:
    store.claim()
    station = bootstrap.build_station(found, store, bootstrap.system_clock(), "live")
    app = bootstrap.build_app(store, station, found)
    run_until_stopped(app, station, listener, _started(store, listener, front), front)


def _engine(
    found: Settings, store: Store, listener: socket.socket, front: Front, closed: bool, family: Family | None = None
) -> None:
    """Work while the lease is ours; when it is lost, forget everything and wait for it again."""
    address = roles.engine_address(found, door_of(listener, front.is_tls), closed)
    while True:
        station, app = roles.build_engine(found, store, bootstrap.system_clock(), address, closed)
        whole = _among(app, family)
        if not run_until_stopped(whole, station, listener.dup(), _started(store, listener, front), front):
            return


def _web(found: Settings, store: Store, listener: socket.socket, front: Front, family: Family | None = None) -> None:
    station, app = roles.build_outpost(found, store, bootstrap.system_clock())
    run_until_stopped(_among(app, family), station, listener, _started(store, listener, front), front)


def _among(app: FastAPI, family: Family | None) -> ASGIApp:
    return app if family is None else Siblings(app, family)


def _together(found: Settings, role: Role, workers: int, listener: socket.socket, front: Front) -> None:
    """Serve from several processes that share the port, and watch over them."""
    log = structlog.get_logger("nicu.serve")
    if bootstrap.is_sqlite(found):
        _only_all_on_sqlite(role, workers)
    _look_at(found, workers + (role == "all"), workers)
    works: dict[str, Work] = {}
    names = [*(["engine"] if role == "all" else []), *(f"web worker {number}" for number in range(1, workers + 1))]
    with ExitStack() as open_doors:
        families = _families(open_doors, names)
        if role == "all":
            door = open_doors.enter_context(listen(*found.engine_place))
            roles.engine_address(found, door_of(door), closed=True)
            works["engine"] = lambda: _child(
                found,
                door,
                INSIDE,
                "engine",
                lambda store: _engine(found, store, door, INSIDE, closed=True, family=families.get("engine")),
            )
        for name in names[-workers:]:
            works[name] = partial(_worker, found, listener, front, families.get(name))
        log.info("serving", url=url_of(listener, front.is_tls), version=VERSION, workers=workers, role=role)
        supervise(works)


def _families(open_doors: ExitStack, names: Sequence[str]) -> Mapping[str, Family]:
    """Return how the processes ask one another; nothing where /tmp takes no folder: each speaks for itself then."""
    try:
        folder = Path(open_doors.enter_context(TemporaryDirectory(prefix="nicu-")))
    except OSError as error:
        structlog.get_logger("nicu.serve").warning(
            "no folder for sockets can be made: /api/health and /metrics tell of one process each", cause=error.strerror
        )
        return {}
    return {name: Family(folder, names, name) for name in names}


def _worker(found: Settings, listener: socket.socket, front: Front, family: Family | None) -> int:
    return _child(found, listener, front, "web", lambda store: _web(found, store, listener, front, family))


def _look_at(found: Settings, processes: int, listening: int) -> None:
    """Refuse a unit that there is not, and say where the pools ask for more than the server has.

    A server that is away is waited for by each process itself.
    """
    log = structlog.get_logger("nicu.serve")
    try:
        with opened(found) as store:
            store.roster.unit(found.unit)
            short = too_many_connections(store.database, processes, listening)
    except StoreUnavailable as fault:
        if not bootstrap.is_away(fault):
            raise
        log.warning("the database is away: every process waits for it by itself", cause=str(fault))
        return
    if short is not None:
        log.warning(short)


def _child(found: Settings, listener: socket.socket, front: Front, role: Role, work: Callable[[Store], None]) -> int:
    """Do the work of one process on a store of its own; return its exit code."""
    from nicu_dashboard.cli.main import guarded

    return guarded(lambda: with_store(found, listener, front, role, work))


def _only_all_on_sqlite(role: Role, workers: int) -> None:
    if role != "all" or workers != 1:
        refuse("on SQLite everything runs in one process; leave --role and --workers out, or use PostgreSQL for them")


def _started(store: Store, listener: socket.socket, front: Front) -> Callable[[Station], None]:
    def started(station: Station) -> None:
        log = structlog.get_logger("nicu.serve")
        url = url_of(listener, front.is_tls)
        ward = station.ward.unit
        log.info("serving", url=url, unit=ward.name, version=VERSION, database=store.database.engine_name)
        for hint in first_steps(store, ward):
            log.warning(hint)

    return started
