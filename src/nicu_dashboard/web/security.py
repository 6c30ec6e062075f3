"""Who is asking, whether they may, and whether it is really their own page that asks."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.ports.people import Role
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.permissions import Act, may
from nicu_dashboard.web.problems import Problem, problem
from nicu_dashboard.web.rooms import Rooms

COOKIE = "nicu_session"
DEMO_NAME = "Demo charge nurse"
DEMO_ROLE: Role = "charge nurse"
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


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts through a browser or curl."""

    name: str
    display_name: str
    role: Role
    address: str | None

    @property
    def actor(self) -> Actor:
        """Return the person as the audit knows it."""
        return Actor(self.name, self.role, self.address)


def person_or_none(request: Request) -> Person | None:
    """Return the person of the session; in a demo, whoever asks from this very machine is the demo charge nurse."""
    found: Rooms = request.app.state.rooms
    address = None if request.client is None else request.client.host
    token = request.cookies.get(COOKIE)
    if token is not None and (session := found.accounts.session(token)) is not None:
        return Person(session.user.name, session.user.display_name, session.user.role, address)
    if found.station.mode == "demo" and is_loopback(address):
        return Person(DEMO_NAME, DEMO_NAME, DEMO_ROLE, address)
    return None


def require(act: Act) -> Callable[[Request], Person]:
    """Return the dependency that lets only those through who may do this."""

    def check(request: Request) -> Person:
        person = person_or_none(request)
        if person is None:
            raise Problem(401, "log in first: POST /api/session with name and password")
        if not may(person.role, act):
            raise Problem(403, f"a {person.role} may not {act}")
        return person

    return check


MaySee = Annotated[Person, Depends(require("see"))]


def is_loopback(address: str | None) -> bool:
    """Return whether the address is of this very machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


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
