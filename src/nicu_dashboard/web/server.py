"""The HTTP server: uvicorn with streams that end at once when it is told to stop."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from nicu_dashboard.domain.errors import Told
from nicu_dashboard.ports.broadcast import Broadcast
from nicu_dashboard.web.ending import Ending
from nicu_dashboard.web.places import Places, is_new

GRACE_S = 1
# Who is let in asks at once; a connection closed under the question would be a fault in the caller's eyes.
ON_THE_WAY, LOOK_S = 25, 0.02
_TICKS_PER_S = 10


class PortTaken(Told):
    """The address cannot be listened on; the message names it and the remedy."""


class Server(uvicorn.Server):
    """Closes the live streams first: they would otherwise hold the shutdown up (a lifespan hook comes too late)."""

    def __init__(
        self, config: uvicorn.Config, broadcast: Broadcast, ready: Callable[[], None], over: Callable[[], bool]
    ) -> None:
        super().__init__(config)
        self._broadcast = broadcast
        self._ready = ready
        self._over = over
        self.told_to_end = False
        self._places = Places()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Remember that somebody wants the end; who asks twice gets no other: what was decided is stored first."""
        self.told_to_end = True
        super().handle_exit(sig, frame)
        self.force_exit = False

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end, ten times a second: the station may be over by itself."""
        if counter % _TICKS_PER_S == 0:
            self._places.clear(list(self.server_state.connections), asyncio.get_running_loop().time())
        return self._over() or await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the station and the server, then say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the server; who came just before the door was shut is answered, not cut off."""
        self._broadcast.close()
        for door in self.servers:
            door.close()
        await self._hear_who_just_came()
        await super().shutdown(sockets)

    async def _hear_who_just_came(self) -> None:
        """Wait a moment for the first request of connections that were let in and have not asked yet."""
        for _ in range(ON_THE_WAY):
            if not any(is_new(one) for one in self.server_state.connections):
                return
            await asyncio.sleep(LOOK_S)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises PortTaken before anything else has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2_048)
        # Processes share it. A duplicate that could block would, for a moment, let all of them block in accept.
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from None
    return listener


@dataclass(frozen=True, slots=True)
class Front:
    """What stands between the network and the server: its own certificate and key, or proxies that are believed."""

    cert: Path | None = None
    key: Path | None = None
    proxies: Sequence[str] = ()

    @property
    def is_tls(self) -> bool:
        """Return whether the server itself speaks TLS."""
        return self.cert is not None


class FrontRefused(Told):
    """The server must not be reached so; the message says what to set."""


def check_front(host: str, front: Front) -> None:
    """Raise FrontRefused for an address beyond this machine without TLS, and for a certificate that does not do."""
    if front.cert is not None and front.key is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(front.cert, front.key)
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or error.strerror or "unreadable"
            raise FrontRefused(f"NICU_TLS_CERT and NICU_TLS_KEY cannot be used together: {reason}") from None
    elif not front.proxies and not _is_here(host):
        raise FrontRefused(
            f"{host} is reached by others, and passwords would travel in the clear: set NICU_TLS_CERT and NICU_TLS_KEY,"
            " or NICU_TRUSTED_PROXIES when a proxy with TLS stands before this server"
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server(
    app: ASGIApp,
    broadcast: Broadcast,
    ready: Callable[[], None] = lambda: None,
    front: Front | None = None,
    over: Callable[[], bool] = lambda: False,
) -> Server:
    """Return the server for an application; `ready` is called once it answers, and it ends when `over` says so.

    Logging is ours, not uvicorn's.
    """
    front = front or Front()
    config = uvicorn.Config(
        Ending(app),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        # There are none here; a library that lies about must not let strangers change what a connection is.
        ws="none",
        lifespan="on",
        # Whoever is not a named proxy says nothing of who asks.
        proxy_headers=bool(front.proxies),
        forwarded_allow_ips=list(front.proxies),
        ssl_certfile=front.cert,
        ssl_keyfile=front.key,
    )
    return Server(config, broadcast, ready, over)
