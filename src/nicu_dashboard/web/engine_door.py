"""The engine's door: web workers are known by the token of the lease; an engine that starts or waits says so to all."""

import asyncio
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nicu_dashboard.ports.broadcast import SharedBroadcast
from nicu_dashboard.ports.engine_view import AGE_MS, PATH, SEQ, TOKEN, WAIT_S
from nicu_dashboard.services.packing import packed_event
from nicu_dashboard.services.tenure import Tenure
from nicu_dashboard.web.problems import problem

CLIENT, SCHEME = "x-nicu-client", "x-nicu-scheme"
# Tells a web worker that nothing of what it handed on was looked at: its token is of the engine before.
FOLLOWED = {TOKEN: "of another tenure"}
_OPEN = frozenset({"/api/health", "/metrics"})


class Door:
    """Plain ASGI. `closed` is for an engine whose screens are served by web workers: nobody else is let in."""

    def __init__(self, app: ASGIApp, tenure: Tenure, shared: SharedBroadcast, closed: bool) -> None:
        self._app, self._tenure, self._shared, self._closed = app, tenure, shared, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        served: ASGIApp = self._app
        if scope["type"] == "http" and scope["path"] not in _OPEN:
            request = Request(scope)
            refusal = self._refusal(request)
            if refusal is not None:
                served = refusal
            elif _asks_for_itself(request):
                served = await self._newer(request)
            elif TOKEN in request.headers:
                scope = _as_it_came(scope, request)
        await served(scope, receive, send)

    async def _newer(self, request: Request) -> Response:
        """Answer with the next snapshot as the row would hold it; whoever knows the token may read the row as well."""
        after = request.query_params.get("after", "")
        if not after.removeprefix("-").isdecimal():
            return problem(422, "after is the sequence number of the last snapshot you have")
        try:
            async with asyncio.timeout(WAIT_S):
                async for snapshot in self._shared.subscribe():
                    if snapshot.seq > int(after):
                        headers = {SEQ: str(snapshot.seq), AGE_MS: str(self._shared.age_ms())}
                        return Response(packed_event(snapshot), 200, headers, "application/octet-stream")
        except TimeoutError:
            pass
        return Response(status_code=204)

    def _refusal(self, request: Request) -> Response | None:
        token = request.headers.get(TOKEN)
        if token is None and self._closed:
            return problem(403, "this is the engine's own door; the dashboard is where web workers listen")
        if token is not None and not secrets.compare_digest(token.encode(), self._tenure.claim.token.encode()):
            return problem(403, "this is not the token of this engine's lease", FOLLOWED)
        if self._tenure.state != "working" and request.url.path.startswith("/api/"):
            return problem(503, f"{self._tenure.in_words()}. Send it again.", {"Retry-After": "2"})
        return None


def _asks_for_itself(request: Request) -> bool:
    """Return whether a web worker asks for the picture: what it hands on for others never gets it for the token."""
    own = TOKEN in request.headers and CLIENT not in request.headers
    return own and request.method == "GET" and request.url.path == PATH


def _as_it_came(scope: Scope, request: Request) -> dict[str, Any]:
    """Return the request as it came to the web worker: from whom, and whether over TLS (the cookie's name tells)."""
    address, scheme = request.headers.get(CLIENT), request.headers.get(SCHEME, "http")
    return {**scope, "client": (address, 0) if address else None, "scheme": scheme}
