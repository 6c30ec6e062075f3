"""GET /api/health and GET /metrics: measured, without patient data and host names."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nicu_dashboard.web.rooms import Rooms

# As the devices' door says it, in seconds.
RETRY_S = "2"


def asks_whether_alive(request: Request) -> bool:
    """Return whether the caller asks only whether the process answers (`/api/health?alive`), as a restarter does."""
    return "alive" in request.query_params


def alive() -> Response:
    """Return that it does."""
    return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})


async def health(request: Request) -> Response:
    """Return the state of store and engine; 503 when unhealthy, and while it starts."""
    if asks_whether_alive(request):
        return alive()
    found: Rooms = request.app.state.rooms
    return reported(await found.health())


def reported(report: Mapping[str, Any]) -> Response:
    """Return a report as the answer: 503 where readings are not taken, and when to ask again while it starts."""
    status = 503 if report["status"] in {"unhealthy", "starting"} else 200
    return JSONResponse(dict(report), status, {"Retry-After": RETRY_S} if report["status"] == "starting" else None)


async def metrics(request: Request) -> Response:
    """Return the figures for Prometheus."""
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
