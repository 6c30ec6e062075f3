"""Requests that are still being answered when the server's grace is over: they are asked to come again."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.web.problems import problem

_ENDED = "this server is ending before it could answer; whether it was done shows on the wall. Send it again."


class Ending:
    """Plain ASGI, the outermost: the server cancels what is late, and would call it a fault of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun:
                raise
            await problem(503, _ENDED, {"Retry-After": "2"})(scope, receive, send)
