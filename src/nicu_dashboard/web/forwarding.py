"""What a web worker leaves to the engine: it hands the request on over HTTP and the answer back.

Every change goes there but log-ins and accounts, and so does what only the engine remembers. The engine looks at
session and key itself: the token of the lease opens its door and vouches for the client's address and TLS, no more.
"""

import asyncio
import re
from contextlib import suppress

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nicu_dashboard.ports.engine_view import TOKEN
from nicu_dashboard.ports.lease import Claim
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.outpost import Outpost
from nicu_dashboard.web.engine_door import CLIENT, SCHEME
from nicu_dashboard.web.problems import Problem, problem
from nicu_dashboard.web.readings import sender, unknown_sender

# The engine answers after its commit, which a database in distress may keep waiting.
ANSWER_S, CONNECT_S = 25.0, 1.0
CONNECTIONS = 200
DEVICES_DOOR = "/api/readings"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Changes that are the store's alone, and must go on while no engine works.
_OWN = re.compile(r"/api/(session|sign-on|users|account|kiosks|emergencies)(/.*)?")
# What only the engine remembers: a cot as it is now, when a source was heard, the FiO2 that a limit follows.
_LIVE = re.compile(r"/api/(cots/[0-9]+|sources|patients/[0-9]+/limits)")
# Who lies where is asked of the record before these are answered.
_RESIDENTS = re.compile(r"/api/(cots|patients|events)(/.*)?")
_PASSED_ON = ("host", "authorization", "cookie", "content-type", "accept", "user-agent", "x-nicu-background")
_OURS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


def belongs_to_engine(method: str, path: str) -> bool:
    """Return whether only the engine can answer this."""
    if not path.startswith("/api/"):
        return False
    return _LIVE.fullmatch(path) is not None if method in _SAFE else _OWN.fullmatch(path) is None


class Courier:
    """Carries requests to the engine, wherever the lease says it is."""

    def __init__(self, outpost: Outpost) -> None:
        self.outpost = outpost
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        self._client = httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False)
        self._waiting: set[asyncio.Timeout] = set()
        outpost.whereabouts.when_moved(self._give_up)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _give_up(self) -> None:
        """Wait no longer for an engine that another one has followed: it may hang."""
        for limit in self._waiting:
            if limit.when() is None:
                limit.reschedule(asyncio.get_running_loop().time())

    async def answer(self, request: Request) -> Response:
        """Return the engine's answer, or 503 when there is none."""
        try:
            if request.url.path == DEVICES_DOOR and await sender(request, request.app.state.rooms) is None:
                return unknown_sender()  # strangers' megabytes are not carried
            body = await request.body()
        except Problem as refusal:
            return problem(refusal.status_code, str(refusal.detail))
        if not request.scope.get("raw_path", b"").startswith(b"/api/"):
            # A path that only reads like one of ours once it is decoded could name another host behind the engine's.
            return problem(400, "write the path as it is: /api/ and what follows, without %2F in its beginning")
        claim = await self.outpost.whereabouts.engine()
        with suppress(httpx.ConnectError):
            told = await self._answered(request, body, claim)
            if TOKEN not in told.headers:
                return told
        # Nothing was done: an engine that took over meanwhile may be asked instead.
        other = await self.outpost.whereabouts.engine(anew=True)
        if other is None or other == claim:
            return _away()
        with suppress(httpx.ConnectError):
            told = await self._answered(request, body, other)
            if TOKEN not in told.headers:
                return told
        return _away()

    async def _answered(self, request: Request, body: bytes, claim: Claim | None) -> Response:
        """Return the answer; raises ConnectError where nothing was sent."""
        try:
            return await self._carried(request, body, claim)
        except httpx.ConnectError:
            raise
        except (httpx.HTTPError, TimeoutError):
            return _unknown()

    async def _carried(self, request: Request, body: bytes, claim: Claim | None) -> Response:
        if claim is None:
            return _away()
        raw, query = request.scope.get("raw_path", b"").decode("ascii", "replace"), request.url.query
        url = f"{claim.address.rstrip('/')}{raw}{'?' if query else ''}{query}"
        headers = {name: value for name in _PASSED_ON if (value := request.headers.get(name)) is not None}
        client = "" if request.client is None else request.client.host
        headers |= {TOKEN: claim.token, CLIENT: client, SCHEME: request.url.scheme}
        async with asyncio.timeout(None) as limit:
            self._waiting.add(limit)
            try:
                told = await self._client.request(request.method, url, content=body, headers=headers)
            finally:
                self._waiting.discard(limit)
        kept = {name: value for name, value in told.headers.items() if name not in _OURS}
        return Response(told.content, told.status_code, kept)


class Forward:
    """Plain ASGI: answers here what is the web worker's, and has the rest carried to the engine."""

    def __init__(self, app: ASGIApp, courier: Courier) -> None:
        self._app, self._courier = app, courier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        served = self._app
        if scope["type"] == "lifespan":
            try:
                await served(scope, receive, send)
            finally:
                await self._courier.close()
            return
        if scope["type"] == "http":
            method, path = scope["method"], scope["path"]
            if belongs_to_engine(method, path):
                served = await self._courier.answer(Request(scope, receive))
            elif method in _SAFE and _RESIDENTS.fullmatch(path):
                with suppress(StoreUnavailable):
                    await self._courier.outpost.residents.sync()
        await served(scope, receive, send)


def _away() -> Response:
    return problem(503, "the engine of this unit is away; another takes over within seconds. Send it again.", _LATER)


def _unknown() -> Response:
    detail = "the engine broke off before it answered; whether it was done shows on the wall. Send it again."
    return problem(503, detail, _LATER)


_LATER = {"Retry-After": "2"}
