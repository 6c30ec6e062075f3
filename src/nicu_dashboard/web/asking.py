"""Each request asks the store for the person who sends it (ports/asking.py)."""

from starlette.types import ASGIApp, Receive, Scope, Send

from nicu_dashboard.ports.asking import asking


class Asking:
    """Plain ASGI: the door within says for whom."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with asking():
            await self._app(scope, receive, send)
