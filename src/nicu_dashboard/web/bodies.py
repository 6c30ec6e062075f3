"""How much a request may say and how long it may take: nobody fills the memory or keeps a door open for ever."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.readings import MAX_BODY

# The longest form of ours (every limit of a baby, with reasons) stays far below this.
MAX_FORM = 256 * 1024
# Assumed: 8 MiB over a ward's slowest network arrive in less.
PATIENCE_S = 30.0


class Bodies:
    """Plain ASGI; the refusal is raised where the body is read, inside the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        bounded = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD")
        await self._app(scope, _bounded(scope["path"], receive) if bounded else receive, send)


def _bounded(path: str, receive: Receive) -> Receive:
    most = MAX_BODY if path == "/api/readings" else MAX_FORM
    until = asyncio.get_running_loop().time() + PATIENCE_S
    taken, ended = 0, False

    async def bounded() -> Message:
        nonlocal taken, ended
        if ended:
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise Problem(408, f"the body did not arrive within {PATIENCE_S:.0f} s; send it again") from None
        taken += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        if taken > most:
            raise Problem(413, f"the body is larger than {most // 1024} KiB; send smaller messages")
        return message

    return bounded
