"""Whether it is really our own page that asks; the protective headers of every answer."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.web.problems import problem
from nicu_dashboard.web.rooms import Rooms
from nicu_dashboard.web.security import address_of, is_loopback

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# What is no page runs nothing and is framed nowhere; pages bring a policy of their own (web/pages.py).
_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), display-capture=()"),
)
_NOT_KEPT = (b"cache-control", b"no-store")
# A year: browsers then come by TLS alone, whatever they are told.
_HSTS = (b"strict-transport-security", b"max-age=31536000")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served."""

    status: int
    detail: str


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
        more = list(_HEADERS)
        if scope["path"].startswith("/api/"):
            more.append(_NOT_KEPT)
        if scope["scheme"] == "https":
            more.append(_HSTS)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in said)]
            await send(message)

        refusal = _refusal(Request(scope))
        served: ASGIApp = self._app if refusal is None else problem(refusal.status, refusal.detail)
        await served(scope, receive, protected)


def _refusal(request: Request) -> Refusal | None:
    """Return why the request must not be served, None when it may."""
    found: Rooms = request.app.state.rooms
    host = request.headers.get("host", "")
    name = _address(f"//{host}").hostname
    if found.station.mode == "demo":
        if name not in _LOOPBACK_NAMES:
            return Refusal(403, "the demo answers only to localhost")
    elif found.doors.hosts and name not in found.doors.hosts | _LOOPBACK_NAMES:
        return Refusal(421, "this server has another name; see NICU_TRUSTED_HOSTS")
    elif request.url.scheme == "http" and _is_private(request.url.path) and not is_loopback(address_of(request)):
        return Refusal(403, "this server speaks over TLS only; a proxy before it must send X-Forwarded-Proto: https")
    if request.method not in _SAFE and _is_foreign(request, host):
        return Refusal(403, "this request comes from another site's page")
    return None


def _is_private(path: str) -> bool:
    """Passwords, keys and patients' data go through the API; probes and monitoring ask for the rest without TLS."""
    return path.startswith("/api/") and path != "/api/health"


def _is_foreign(request: Request, host: str) -> bool:
    """Every browser of today says where a request that changes something comes from; programs say nothing."""
    origin = request.headers.get("origin")
    if origin is not None and (_address(origin).netloc or None) != host:
        return True
    if request.url.scheme == "https" and origin is not None and not origin.startswith("https:"):
        return True
    return request.headers.get("sec-fetch-site") not in (None, "same-origin", "none")


def _address(text: str) -> SplitResult:
    """Return the parts of an address; one that cannot be read is nobody's."""
    try:
        parts = urlsplit(text)
        _ = parts.hostname
    except ValueError:
        return urlsplit("")
    return parts
