"""A ward to measure on: a store with admitted babies, served by `nicu serve` in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from nicu_dashboard import bootstrap
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.settings import Settings

BENCH = Actor("bench", "administrator")
PASSWORD = "correct horse battery"
STARTS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it listens, who may send, the cookie of a paired screen, which cots it has."""

    pid: int
    host: str
    port: int
    key: str
    screen: tuple[str, str]
    labels: tuple[str, ...]

    @property
    def url(self) -> str:
        """Return the address as a browser writes it."""
        return f"http://{self.host}:{self.port}"


@contextmanager
def store_in(folder: Path, postgres: bool) -> Iterator[str]:
    """Yield the URL of a store: a file in this folder, or a PostgreSQL server of its own that keeps what it commits."""
    if not postgres:
        yield f"sqlite:///{folder / 'nicu.db'}"
        return
    from tests.postgres import running_server

    safe = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    with running_server(**safe) as server, server.database() as url:
        yield url


@contextmanager
def served_ward(folder: Path, cots: int, url: str, workers: int = 1) -> Iterator[Served]:
    """Fill a store with babies, serve it from so many web workers, end the server afterwards."""
    labels = tuple(f"NICU-{number:03}" for number in range(1, cots + 1))
    key = _furnish(url, labels)
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NICU_", "DATABASE_"))}
    environment["DATABASE_URL"] = url
    with (folder / "server.log").open("w") as log:
        command = [str(Path(sys.executable).with_name("nicu")), "serve", "--port", str(port)]
        command += ["--workers", str(workers)] if workers > 1 else []
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
        try:
            session = _log_in(f"http://127.0.0.1:{port}", process, folder / "server.log")
            _wait_for_engine(f"http://127.0.0.1:{port}")
            screen = _pair(f"http://127.0.0.1:{port}", session)
            yield Served(process.pid, "127.0.0.1", port, key, screen, labels)
        finally:
            process.terminate()
            process.wait(20)


def _pair(url: str, session: str) -> tuple[str, str]:
    """Pair a screen: unlike a person who does nothing for a quarter of an hour, it is never logged off."""
    made = httpx.post(f"{url}/api/kiosks", json={"name": "wall"}, cookies={"nicu_session": session}, timeout=20)
    answer = httpx.post(f"{url}/api/kiosks/pair", json={"code": made.raise_for_status().json()["code"]}, timeout=20)
    answer.raise_for_status()
    (cookie,) = answer.cookies.items()
    return cookie


def _wait_for_engine(url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while httpx.get(f"{url}/api/health", timeout=20).json()["status"] not in ("healthy", "degraded"):
        if time.monotonic() > until:
            raise SystemExit(f"no engine worked within {STARTS_WITHIN_S} s")
        time.sleep(0.1)


def _furnish(url: str, labels: tuple[str, ...]) -> str:
    """Make the store: one baby of 30 weeks in each cot, one person, one device; return the device's key."""
    store = bootstrap.open_store(Settings.model_validate({"DATABASE_URL": url}))
    clock: Clock = bootstrap.system_clock()
    at = clock.now()
    accounts = bootstrap.accounts(store, clock)
    for number, label in enumerate(labels):
        store.roster.add_cot(label, BENCH.entry(at, "cot.add", f"cot {label}"))
        new = NewPatient(f"BENCH-{number:03}", f"Baby {number}", "unknown", at - 14 * DAY_MS, 28 * 7, 1_100, True)
        baby = store.roster.add_patient(new, BENCH.entry(at, "patient.create", "patient"))
        store.roster.admit(baby.id, label, at, BENCH.entry(at, "admission.admit", f"cot {label}", baby.id))
    accounts.add_user("bench", "Bench", "charge nurse", PASSWORD, BENCH)
    key = accounts.add_key("gateway", BENCH)
    store.close()
    return key


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _log_in(url: str, process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the server ended at its start:\n{log.read_text()}")
        try:
            answer = httpx.post(f"{url}/api/session", json={"name": "bench", "password": PASSWORD}, timeout=20)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.is_success:
            return answer.cookies["nicu_session"]
        raise SystemExit(f"the server let nobody in: {answer.text}\n{log.read_text()}")
    raise SystemExit(f"the server did not answer within {STARTS_WITHIN_S} s:\n{log.read_text()}")
