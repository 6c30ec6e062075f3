"""GET /api/health and GET /metrics: measured, without patient data and host names."""

from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nicu_dashboard.web.rooms import Rooms


async def health(request: Request) -> Response:
    """Return the state of store and engine; 503 when unhealthy."""
    found: Rooms = request.app.state.rooms
    report = await run_in_threadpool(found.health)
    return JSONResponse(dict(report), 503 if report["status"] == "unhealthy" else 200)


async def metrics(request: Request) -> Response:
    """Return the figures for Prometheus."""
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
