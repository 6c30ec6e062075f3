"""A ward on PostgreSQL whose engine and web workers are processes of their own, started by the command itself."""

import ctypes
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg

from nicu_dashboard import bootstrap
from nicu_dashboard.cli import main
from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.services.entering import Entered
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.cookies import COOKIE
from tests.faults.hall import ADMIN, PASSWORD, PATIENCE_S, asked, now_ms
from tests.postgres import free_port
from tests.waiting import within

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.faults.roles"])
STARTS_S = 60.0
# The network namespace to live in, given like a setting.
NAMESPACE = "in namespace"
_NETWORK = 0x40000000


def _enter(namespace: str) -> None:
    """Leave this machine's network for a namespace, before there are any threads."""
    with (Path("/run/netns") / namespace).open() as place:
        if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _NETWORK):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def _serve(url: str, words: Path, arguments: list[str], environment: dict[str, str]) -> None:
    """What a child does: the command, as an operator gives it."""
    if namespace := environment.pop(NAMESPACE, ""):
        _enter(namespace)
    for name in [name for name in os.environ if name.startswith(("NICU_", "DATABASE_", "DB_"))]:
        del os.environ[name]
    os.environ.update({"DATABASE_URL": url, **environment})
    os.chdir(words.parent)
    log = words.open("a", buffering=1)
    os.dup2(log.fileno(), 2)
    sys.stderr = log
    sys.exit(main.run(["serve", *arguments]))


class Served:
    """One started command: where it listens, what it said, how it ends."""

    def __init__(self, process: BaseProcess, port: int, words: Path, host: str = "127.0.0.1") -> None:
        self.process, self.port, self.words, self.host = process, port, words, host

    @property
    def pid(self) -> int:
        """The process of the command itself."""
        assert self.process.pid is not None
        return self.process.pid

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """One request, from another machine as a proxy with TLS hands it on; OSError when nobody answers."""
        if self.host != "127.0.0.1":
            cookie = {name: f"__Host-{value}" for name, value in headers.items() if name == "Cookie"}
            headers = {**headers, **cookie, "X-Forwarded-Proto": "https"}
        return asked(self.host, self.port, method, path, body, headers)

    def health(self) -> dict[str, Any]:
        """What it says of itself, nothing while it does not answer."""
        try:
            report: dict[str, Any] = self.ask("GET", "/api/health")[1]
        except OSError:
            return {}
        return report

    def works(self) -> bool:
        """Whether it is the engine that works."""
        return bool(self.health().get("lease", {}).get("state") == "working")

    def told(self) -> list[str]:
        """The sentences of its log."""
        whole = self.words.read_text().rpartition("\n")[0]
        return [json.loads(line)["event"] if line.startswith("{") else line for line in whole.splitlines()]

    def children(self) -> list[int]:
        """The processes that it watches over, in the order in which they were started."""
        return [int(child) for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def send_signal(self, number: signal.Signals) -> None:
        """Signal the command's own process."""
        os.kill(self.pid, number)

    def end(self, by: signal.Signals = signal.SIGTERM) -> float:
        """End it and return how many seconds that took."""
        began = time.monotonic()
        if self.process.is_alive():
            self.send_signal(by)
            self.process.join(PATIENCE_S)
        return time.monotonic() - began


class House:
    """A database with babies in its cots; engines and web workers are started on it."""

    def __init__(self, url: str, folder: Path, cots: int = 2) -> None:
        self.url, self._folder = url, folder
        self.labels = [f"NICU-{number:02}" for number in range(1, cots + 1)]
        self.key, self.cookie = self._furnish()
        self._served: list[Served] = []

    def _furnish(self) -> tuple[str, str]:
        store = bootstrap.open_store(Settings.model_validate({"DATABASE_URL": self.url}))
        clock = bootstrap.system_clock()
        at = clock.now()
        for number, label in enumerate(self.labels):
            store.roster.add_cot(label, ADMIN.entry(at, "cot.add", f"cot {label}"))
            new = NewPatient(f"T-{number}", f"Baby {number}", "female", at - 14 * DAY_MS, 28 * 7 + 3, 1_000)
            baby = store.roster.add_patient(new, ADMIN.entry(at, "patient.create", "patient"))
            store.roster.admit(baby.id, label, at, ADMIN.entry(at, "admission.admit", f"cot {label}", baby.id))
        accounts = bootstrap.accounts(store, clock)
        accounts.add_user("grete", "Grete", "charge nurse", PASSWORD, ADMIN)
        key = accounts.add_key("gateway", ADMIN)
        came = accounts.log_in("grete", PASSWORD, None)
        store.close()
        assert isinstance(came, Entered)
        return key, came.token

    def start(self, *arguments: str, url: str | None = None, host: str = "127.0.0.1", **environment: str) -> Served:
        """Start `nicu serve` with these options on a port of its own, and wait until it answers."""
        port, place = free_port(), self._folder / f"process-{len(self._served)}"
        place.mkdir()
        words = place / "words.log"
        words.touch()
        given = [*arguments, "--host", host, "--port", str(port)]
        process = _PROCESSES.Process(target=_serve, args=(url or self.url, words, given, environment))
        process.start()
        served = Served(process, port, words, host)
        self._served.append(served)
        try:
            within(STARTS_S, served.health, "it answers")
        except AssertionError as late:
            raise AssertionError(f"{given}: {late}; it said {words.read_text()}") from None
        return served

    def close(self) -> None:
        """End everything that still runs."""
        for served in self._served:
            if served.process.is_alive():
                os.kill(served.pid, signal.SIGCONT)
                served.process.kill()
                served.process.join(PATIENCE_S)

    def send(self, to: Served, at: int | None = None, **values: float) -> tuple[int, Any]:
        """Send a reading of the first cot."""
        recorded_at = format_instant(now_ms() if at is None else at)
        message = {"cot": self.labels[0], "recorded_at": recorded_at, "source": "monitor", **values}
        return to.ask(
            "POST", "/api/readings", message, Authorization=f"Bearer {self.key}", **{"Content-Type": "application/json"}
        )

    def act(self, at: Served, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Do something as charge nurse Grete."""
        return at.ask(method, path, body, Cookie=f"{COOKIE}={self.cookie}", **{"Content-Type": "application/json"})

    def wall(self, at: Served) -> dict[str, Any] | None:
        """The newest snapshot that a screen would get there within ten seconds."""
        status, snapshot = self.act(at, "GET", "/api/live")
        assert status in (200, 204), snapshot
        return snapshot if status == 200 else None

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()


@contextmanager
def furnished(url: str, folder: Path, cots: int = 2) -> Iterator[House]:
    """Yield a house on an empty, set-up database; everything in it is ended afterwards."""
    house = House(url, folder, cots)
    try:
        yield house
    finally:
        house.close()
