"""The HTTP server: uvicorn with streams that end at once when it is told to stop."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from nicu_dashboard.ports.broadcast import Broadcast

GRACE_S = 1


class PortTaken(Exception):
    """The address cannot be listened on; the message names it and the remedy."""


class Server(uvicorn.Server):
    """Closes the live streams first: they would otherwise hold the shutdown up (a lifespan hook comes too late)."""

    def __init__(self, config: uvicorn.Config, broadcast: Broadcast, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._broadcast = broadcast
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the station and the server, then say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the server."""
        self._broadcast.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises PortTaken before anything else has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2_048)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from None
    return listener


def server(app: ASGIApp, broadcast: Broadcast, ready: Callable[[], None] = lambda: None) -> Server:
    """Return the server for an application; `ready` is called once it answers. Logging is ours, not uvicorn's."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, server_header=False, lifespan="on"
    )
    return Server(config, broadcast, ready)
