"""A real server on a free loopback port over a real SQLite file, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.system_clock import SystemClock
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.station import Station
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.server import Front, Server, listen, server

ADMIN = Actor("command line", "administrator")
PASSWORD = "correct horse battery"
SECRET = "0123456789abcdef0123456789abcdef"


class MovableClock(SystemClock):
    """The machine's clock, which the test may set forward."""

    ahead_ms = 0

    def now(self) -> int:
        """Return epoch ms UTC."""
        return super().now() + self.ahead_ms

    def wall_step_ms(self) -> int:
        """Nobody has stepped the machine's clock."""
        return 0

    def forward(self, minutes: float) -> None:
        """Let time pass at once."""
        self.ahead_ms += int(minutes * 60_000)

    def to_the_next(self, seconds: int) -> None:
        """Move on to just after the next whole so many seconds, where a one-time code has its life before it."""
        self.ahead_ms += seconds * 1_000 - self.now() % (seconds * 1_000) + 100


class Serving:
    """The running server, its address, and a client that speaks to it."""

    def __init__(self, path: Path | str, mode: str, front: Front | None = None, **more: str) -> None:
        url = path if isinstance(path, str) else f"sqlite:///{path}"
        settings = Settings.model_validate({"DATABASE_URL": url, "NICU_SECRET_KEY": SECRET, **more})
        self.store = bootstrap.open_store(settings)
        self.clock = MovableClock()
        self.accounts = bootstrap.accounts(self.store, self.clock, settings)
        self.station: Station = bootstrap.build_station(settings, self.store, self.clock, mode)
        self._listener = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.app = bootstrap.build_app(self.store, self.station, settings)
        self.server: Server = server(self.app, self.station.broadcast, front=front)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.serve([self._listener])))
        self._clients: list[httpx.Client] = []
        self.client = self.browser()

    def start(self) -> None:
        """Start and wait until it answers."""
        self._thread.start()
        until = monotonic() + 20
        while not self.server.started and monotonic() < until:
            sleep(0.01)

    def stop(self) -> float:
        """Stop as a signal would; return the seconds it took."""
        began = monotonic()
        self.server.should_exit = True
        self._thread.join(20)
        took = monotonic() - began
        for client in self._clients:
            client.close()
        self.store.close()
        return took

    def now(self, offset_ms: int = 0) -> str:
        """Return an instant near now as ISO 8601."""
        return format_instant(self.clock.now() + offset_ms)

    def browser(self, token: str | None = None) -> httpx.Client:
        """Return a client without a session, or with the one of this token."""
        client = httpx.Client(base_url=self.url, timeout=20, cookies=None if token is None else {"nicu_session": token})
        self._clients.append(client)
        return client

    def log_in(self, role: str) -> httpx.Client:
        """Return a client with a session of a new user in this role."""
        name = role.replace(" ", ".")
        self.accounts.add_user(name, role.title(), role, PASSWORD, ADMIN)  # type: ignore[arg-type]
        client = self.browser()
        assert client.post("/api/session", json={"name": name, "password": PASSWORD}).status_code == 201
        return client


@contextmanager
def serving(path: Path | str, mode: str, front: Front | None = None, **more: str) -> Iterator[Serving]:
    """Serve until the block ends."""
    running = Serving(path, mode, front, **more)
    running.start()
    try:
        yield running
    finally:
        if running._thread.is_alive():
            running.stop()
