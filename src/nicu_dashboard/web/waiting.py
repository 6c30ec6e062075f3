"""What a server says that waits for its database: it is alive, it serves nobody yet, and nothing is taken from anybody.

Who may send and who lies where is in the database alone: readings get 503, so that their senders keep them.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from nicu_dashboard.version import VERSION
from nicu_dashboard.web.health import alive, asks_whether_alive
from nicu_dashboard.web.problems import problem

RETRY_S = 5
_LATER = {"Retry-After": str(RETRY_S), "Cache-Control": "no-store"}
_STYLE = (
    "body{margin:12vh auto;max-width:27em;padding:0 1rem;background:#090d12;color:#e8eef4;"
    "font:clamp(1.1rem,.6vw + .6vh,2.6rem)/1.5 Inter,system-ui,sans-serif}"
    "h1{font-size:1.4em;line-height:1.2}strong{color:#ffd42a}p{overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why the server waits (without host and secret), for how long by now, and how many readings its spool keeps."""

    cause: str
    seconds: float
    spooled: int


class WaitingRoom:
    """Plain ASGI."""

    def __init__(self, state: Callable[[], Waiting], role: str) -> None:
        self._state, self._role = state, role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; there is nothing to start or stop."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        state, path = self._state(), request.url.path
        if path == "/api/health":
            return alive() if asks_whether_alive(request) else self._health(state)
        if path == "/metrics":
            return _metrics(state)
        if path.startswith("/api/"):
            return problem(503, f"this server waits for its database: {state.cause} Send it again.", _LATER)
        return HTMLResponse(_page(state), 503, {**_LATER, "Content-Security-Policy": _POLICY})

    def _health(self, state: Waiting) -> Response:
        report = {
            "status": "unhealthy",
            "version": VERSION,
            "role": self._role,
            "waiting": {"for": "database", "cause": state.cause, "seconds": round(state.seconds, 1)},
            "database": {"status": "unreachable"},
            "spool": {"readings": state.spooled},
        }
        return JSONResponse(report, 503, _LATER)


def _metrics(state: Waiting) -> Response:
    registry = CollectorRegistry()
    Gauge("nicu_store_failing", "1 while commits fail", registry=registry).set(1)
    Gauge("nicu_engine_working", "1 where this process is the unit's engine", registry=registry).set(0)
    waiting = Gauge("nicu_spool_readings", "Acknowledged readings that wait for the store", registry=registry)
    waiting.set(state.spooled)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _page(state: Waiting) -> str:
    kept = f"<p>{state.spooled:,} readings of before are kept on this machine." if state.spooled else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport"'
        f' content="width=device-width"><meta http-equiv="refresh" content="{RETRY_S}">'
        f"<title>NICU Dashboard waits for its database</title><style>{_STYLE}</style>"
        "<h1>This central station waits for its database</h1>"
        "<p><strong>Nothing is watched here now. Watch the bedside monitors.</strong>"
        f"<p>{escape(state.cause)}<p>It has waited for {state.seconds:,.0f} s and goes on by itself; this page looks"
        f" again every {RETRY_S} s.{kept}"
    )
