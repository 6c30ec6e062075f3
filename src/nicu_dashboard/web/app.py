"""The web application: routes, problems, guard; wired by bootstrap."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from nicu_dashboard.services.knowing import know_forever
from nicu_dashboard.version import VERSION
from nicu_dashboard.web import (
    account,
    admissions,
    alarms,
    cots,
    emergencies,
    events,
    kiosks,
    limits,
    patients,
    people,
    proofs,
    records,
    sessions,
    sign_on,
    units,
)
from nicu_dashboard.web.asking import Asking
from nicu_dashboard.web.bodies import Bodies
from nicu_dashboard.web.disclosing import Disclosing
from nicu_dashboard.web.guard import Guard
from nicu_dashboard.web.health import health, metrics
from nicu_dashboard.web.live import live
from nicu_dashboard.web.pages import Assets, page
from nicu_dashboard.web.problems import install
from nicu_dashboard.web.readings import post_readings
from nicu_dashboard.web.rooms import Rooms

Wrap = Callable[[ASGIApp], ASGIApp]


def create_app(
    rooms: Rooms, registry: CollectorRegistry, within: Wrap | None = None, outside: Wrap | None = None
) -> FastAPI:
    """Return the application over a station; starting and stopping it starts and stops the station.

    A process that does not stand alone has a web worker's courier `within` the guard, or an engine's door `outside`.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await rooms.station.start()
        if within is not None or outside is not None:
            await asyncio.to_thread(rooms.accounts.know)  # before anybody can take the store's connections
            rooms.station.tasks.start(know_forever(rooms.accounts), "who is logged in")
        rooms.station.tasks.start(rooms.disclosures.write_forever(), "record of who looked")
        try:
            yield
        finally:
            await rooms.station.stop()
            await asyncio.to_thread(rooms.disclosures.write, True)

    app = FastAPI(
        title="NICU Dashboard",
        version=VERSION,
        description=records.DISCLAIMER,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.rooms = rooms
    app.state.metrics = registry
    install(app)
    app.add_middleware(Asking)
    app.add_middleware(Disclosing)
    if within is not None:
        app.add_middleware(within)
    app.add_middleware(Bodies)
    app.add_middleware(Guard)
    if outside is not None:
        app.add_middleware(outside)
    for room in (
        cots,
        patients,
        limits,
        events,
        admissions,
        alarms,
        sessions,
        sign_on,
        account,
        people,
        kiosks,
        emergencies,
        records,
        proofs,
        units,
    ):
        app.include_router(room.router)
    # Asked for hundreds of times a second: found before anything else is looked at.
    app.router.routes[:0] = [
        Route("/api/readings", post_readings, methods=["POST"]),
        Route("/api/live", live, methods=["GET"]),
    ]
    app.router.routes += [
        Route("/api/health", health, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
    assets = rooms.pages / "assets"
    if assets.is_dir():
        app.router.routes.append(Mount("/assets", Assets(directory=assets)))
    app.router.routes.append(Route("/{path:path}", page, methods=["GET", "HEAD"]))
    return app
