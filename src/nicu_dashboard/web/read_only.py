"""The API without the engine, for serverless platforms: what the record holds can be read, nothing can be changed.

What only a running engine knows is refused rather than answered: an empty cot here would look like a calm baby.
"""

import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.web.problems import problem

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Logging in and out is no change of the record of a baby, and without it nobody could read.
_SESSION = re.compile(r"/api/session(/passkey|/second-factor)?")
_OF_THE_ENGINE = re.compile(r"/api/(live|cots/[0-9]+|sources|patients/[0-9]+/limits)/?")
_RESIDENTS = re.compile(r"/api/(cots|patients|events)(/.*)?")

CHANGES = "this address only reads; make changes at the dashboard itself"
LIVE = "only the dashboard's engine knows this; ask the dashboard itself"
PAGES = "this address serves the API alone; the screens are at the dashboard itself"


class ReadOnly:
    """Plain ASGI around the application: lets reading through and log-ins, refuses the rest."""

    def __init__(self, app: ASGIApp, sync: Callable[[], Awaitable[None]], close: Callable[[], None]) -> None:
        """Take the application, what brings its cots in line with the record, and what closes the store."""
        self._app, self._sync, self.close = app, sync, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the platform's start-up and shutdown are nothing to us."""
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        if refusal := _refusal(method, path):
            await problem(*refusal)(scope, receive, send)
            return
        if _RESIDENTS.fullmatch(path):
            try:
                await self._sync()
            except StoreUnavailable as fault:
                await problem(503, str(fault))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal(method: str, path: str) -> tuple[int, str] | None:
    if not path.startswith("/api/"):
        return 404, PAGES
    if method not in _SAFE and _SESSION.fullmatch(path) is None:
        return 405, CHANGES
    return (501, LIVE) if _OF_THE_ENGINE.fullmatch(path) else None
