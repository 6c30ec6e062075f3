"""A server in a process of its own that can be killed, starved of disk and started again on the same file."""

import asyncio
import http.client
import json
import multiprocessing
import resource
import signal
import socket
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from nicu_dashboard import bootstrap
from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.entering import Entered
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.cookies import COOKIE
from nicu_dashboard.web.server import listen, server
from tests.postgres import free_port
from tests.templates import copy_of_empty_store

ADMIN = Actor("command line", "administrator")
PASSWORD = "correct horse battery"
PATIENCE_S = 15.0
# Bytes the kernel takes for a connection nobody reads from; its own choice would be megabytes.
KERNEL_TAKES = 65_536

# Children are forked from a process that has imported the program already: a start costs no more than the server's own.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.faults.hall"])


def now_ms() -> int:
    """This machine's time, as a monitor would stamp it."""
    return time.time_ns() // 1_000_000


def _serve(given: dict[str, str], port: int) -> None:
    """What the child does: the station as `nicu serve` runs it."""
    settings = Settings.model_validate(given)
    store = bootstrap.open_store(settings)
    station = bootstrap.build_station(settings, store, bootstrap.system_clock(), "live")
    app, listener = bootstrap.build_app(store, station), listen("127.0.0.1", port)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_TAKES)
    asyncio.run(server(app, station.broadcast).serve([listener]))
    store.close()


def asked(host: str, port: int, method: str, path: str, body: object, headers: dict[str, str]) -> tuple[int, Any]:
    """One request on a connection of its own; OSError when nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        said = answer.read()
    except http.client.HTTPException as broken:
        raise ConnectionError(str(broken)) from None
    finally:
        connection.close()
    return answer.status, json.loads(said) if said else None


class Hall:
    """The machine room of one ward: a store of babies, a port, and the server process when it runs.

    `url` is the store's, a new SQLite file by default; `given` are further settings of the server.
    """

    def __init__(self, folder: Path, cots: int, url: str | None = None, **given: str) -> None:
        self.path = folder / "nicu.db"
        if url is None:
            copy_of_empty_store(self.path)
        self.settings = {
            "DATABASE_URL": url or f"sqlite:///{self.path}",
            "NICU_SPOOL_DIR": str(folder / "spool"),
            **given,
        }
        self.labels = [f"NICU-{number:03}" for number in range(1, cots + 1)]
        self.patients: dict[str, int] = {}
        self.key, self.cookie = self._furnish()
        self.port = free_port()
        self._process: BaseProcess | None = None

    def _furnish(self) -> tuple[str, str]:
        """Admit a baby to each cot; return the gateway's key and the nurse's cookie."""
        store = bootstrap.open_store(Settings.model_validate(self.settings))
        clock = bootstrap.system_clock()
        at = clock.now()
        if store.database.engine_name == "sqlite":
            with store.database.writer.connect() as connection:
                # Building the ward need not outlive a power cut; the server opens connections of its own.
                for statement in ("COMMIT", "PRAGMA synchronous = OFF", "BEGIN IMMEDIATE"):
                    connection.exec_driver_sql(statement)
        for number, label in enumerate(self.labels):
            store.roster.add_cot(label, ADMIN.entry(at, "cot.add", f"cot {label}"))
            new = NewPatient(f"T-{number}", f"Baby {number}", "female", at - 14 * DAY_MS, 28 * 7 + 3, 1_000)
            baby = store.roster.add_patient(new, ADMIN.entry(at, "patient.create", "patient"))
            store.roster.admit(baby.id, label, at, ADMIN.entry(at, "admission.admit", f"cot {label}", baby.id))
            self.patients[label] = baby.id
        accounts = bootstrap.accounts(store, clock)
        accounts.add_user("nurse", "Nurse", "nurse", PASSWORD, ADMIN)
        key = accounts.add_key("gateway", ADMIN)
        came = accounts.log_in("nurse", PASSWORD, None)
        assert isinstance(came, Entered)
        store.close()
        return key, f"{COOKIE}={came.token}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = _PROCESSES.Process(target=_serve, args=(self.settings, self.port), daemon=True)
        self._process.start()
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.02)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.is_alive(), "the server ended at its start"
        try:
            return self.ask("GET", "/api/live")[0] in (200, 401)
        except OSError:
            return False

    def kill(self) -> None:
        """End it as a power cut does: no signal handler, nothing flushed."""
        assert self._process is not None
        self._process.kill()
        self._process.join(PATIENCE_S)
        self._process = None

    def stop(self) -> None:
        """End it as an operator does."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(PATIENCE_S)
            assert self._process.exitcode in (0, -signal.SIGTERM)
            self._process = None

    def limit_files(self, most: int | None) -> None:
        """Let no file of the server grow beyond so many bytes, as a full disk does; None gives the room back."""
        assert self._process is not None
        assert self._process.pid is not None
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))

    def memory_mb(self) -> float:
        """The server's resident memory."""
        assert self._process is not None
        status = (Path("/proc") / str(self._process.pid) / "status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1_024

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request with the nurse's session or, for readings, the gateway's key; OSError when nobody answers."""
        device = {"Authorization": f"Bearer {self.key}"} if path == "/api/readings" else {"Cookie": self.cookie}
        return asked("127.0.0.1", self.port, method, path, body, {**device, "Content-Type": "application/json"})

    def send(self, at: int | None = None, cots: list[str] | None = None, **values: float) -> tuple[int, Any]:
        """Send the same values for these cots (the first alone by default) in one message."""
        recorded_at = format_instant(now_ms() if at is None else at)
        chosen = self.labels[:1] if cots is None else cots
        message = [{"cot": cot, "recorded_at": recorded_at, "source": "monitor", **values} for cot in chosen]
        return self.ask("POST", "/api/readings", message)

    def wall(self) -> dict[str, Any]:
        """The newest snapshot."""
        status, snapshot = self.ask("GET", "/api/live")
        assert status == 200, snapshot
        found: dict[str, Any] = snapshot
        return found

    def cot(self, label: str) -> dict[str, Any]:
        """One cot of the newest snapshot."""
        return next(cot for cot in self.wall()["cots"] if cot["label"] == label)

    def standing(self, label: str) -> dict[str, dict[str, Any]]:
        """The alarms that stand at a cot, by key."""
        return {alarm["key"]: alarm for alarm in self.cot(label)["alarms"]}

    def presence(self, label: str, key: str) -> str | None:
        """How an alarm of a cot stands now, None when it does not."""
        return self.standing(label).get(key, {}).get("presence")
