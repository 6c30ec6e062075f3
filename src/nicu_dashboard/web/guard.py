"""Whether it is really our own page that asks; the protective headers of every answer."""

from urllib.parse import SplitResult, urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.web.problems import problem
from nicu_dashboard.web.rooms import Rooms

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; "
        b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Guard:
    """Refuses requests that another site's page made a browser send; adds the protective headers to every answer.

    Plain ASGI: a wrapper that buffers would hold the live stream back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in said)]
            await send(message)

        refusal = _foreign(Request(scope))
        served: ASGIApp = self._app if refusal is None else problem(403, refusal)
        await served(scope, receive, protected)


def _foreign(request: Request) -> str | None:
    """Return why the request must not be served, None when it may."""
    host = request.headers.get("host", "")
    found: Rooms = request.app.state.rooms
    if found.station.mode == "demo" and _address(f"//{host}").hostname not in _LOOPBACK_NAMES:
        return "the demo answers only to localhost"
    if request.method in _SAFE:
        return None
    origin = request.headers.get("origin")
    if origin is not None and (_address(origin).netloc or None) != host:
        return "this request comes from another site's page"
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
        return "this request comes from another site's page"
    return None


def _address(text: str) -> SplitResult:
    """Return the parts of an address; one that cannot be read is nobody's."""
    try:
        parts = urlsplit(text)
        _ = parts.hostname
    except ValueError:
        return urlsplit("")
    return parts
