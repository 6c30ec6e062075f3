"""A server whose database is not there yet waits for it: after a power cut machines come back in any order."""

import asyncio
import socket
import threading
from collections.abc import Callable
from time import perf_counter

import structlog

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli.common import plural
from nicu_dashboard.cli.exits import CannotRun
from nicu_dashboard.cli.running import noted
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.server import Front, server
from nicu_dashboard.web.waiting import Waiting, WaitingRoom

# An attempt itself may take seconds in a silent network; together they stay below ten.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 3.0
SAID_AGAIN_S = 60.0


def with_store(
    found: Settings, listener: socket.socket, front: Front, role: str, work: Callable[[Store], None]
) -> None:
    """Do the work on the open store, as soon as there is one; a fault that waiting does not mend is raised."""
    while True:
        store = _opened(found, listener, front, role)
        if store is None:
            return
        try:
            work(store)
        except StoreUnavailable as fault:
            if not bootstrap.is_away(fault):  # it went again before the work had begun
                raise
        else:
            return
        finally:
            store.close()


def _opened(found: Settings, listener: socket.socket, front: Front, role: str) -> Store | None:
    """Return the open store, None when somebody ended the program meanwhile."""
    try:
        return bootstrap.open_store(found)
    except StoreUnavailable as fault:
        if bootstrap.is_away(fault):
            return _Wait(found, fault).until_there(listener, front, role)
        raise _with_spool(found, fault) from None


def _with_spool(found: Settings, fault: StoreUnavailable) -> Exception:
    """Return the fault to raise; what waits in the spool is told too."""
    waiting = bootstrap.spooled(found)
    if not waiting:
        return fault
    kept = f"{plural(waiting, 'reading')} in the spool are kept until the database is back"
    return CannotRun(f"{str(fault).rstrip('.')}; {kept}")


class _Wait:
    """Tries again and again in a thread, while the port answers that there is nothing yet."""

    def __init__(self, found: Settings, fault: StoreUnavailable) -> None:
        self._found, self._cause = found, str(fault)
        self._spooled = bootstrap.spooled(found)
        self._began = perf_counter()
        self._store: Store | None = None
        self._refused: Exception | None = None
        self._ended = threading.Event()
        self._log = structlog.get_logger("nicu.serve")

    def until_there(self, listener: socket.socket, front: Front, role: str) -> Store | None:
        """Return the open store, None when somebody ended the program; raises what waiting does not mend."""
        self._say()
        room = WaitingRoom(lambda: Waiting(self._cause, perf_counter() - self._began, self._spooled), role)
        with noted() as wishes:
            running = server(room, InProcessBroadcast(), front=front, over=lambda: self._over or bool(wishes))
            threading.Thread(target=self._try_forever, name="database: wait", daemon=True).start()
            asyncio.run(running.serve(sockets=[listener.dup()]))
        self._ended.set()
        if self._refused is not None:
            raise self._refused
        if running.told_to_end or wishes:
            return None
        self._log.info("the database is there", waited_s=round(perf_counter() - self._began, 1))
        return self._store

    @property
    def _over(self) -> bool:
        return self._store is not None or self._refused is not None

    def _try_forever(self) -> None:
        pause_s, said = FIRST_PAUSE_S, perf_counter()
        while not self._ended.wait(pause_s):
            try:
                self._store = bootstrap.open_store(self._found)
            except StoreUnavailable as fault:
                if not bootstrap.is_away(fault):
                    self._refused = _with_spool(self._found, fault)
                    return
                self._cause, pause_s = str(fault), min(2 * pause_s, LONGEST_PAUSE_S)
            except Exception as error:
                self._refused = error
                return
            else:
                return
            if perf_counter() - said >= SAID_AGAIN_S:
                said = perf_counter()
                self._say()

    def _say(self) -> None:
        self._log.warning(
            "waiting for the database; next: start it, or look with nicu db check",
            cause=self._cause,
            waited_s=round(perf_counter() - self._began),
            again_every_s=LONGEST_PAUSE_S,
            spooled=self._spooled,
        )
