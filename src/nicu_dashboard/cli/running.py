"""Running the server until somebody ends it: Ctrl-C and SIGTERM both mean a clean end with exit code 0."""

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from starlette.types import ASGIApp

from nicu_dashboard.cli.exits import CannotRun
from nicu_dashboard.cli.pulse import PULSE
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.services.station import Station
from nicu_dashboard.web.server import Front, server

# The committing thread asks for the interpreter again after every row. With the 5 ms that Python lets it wait each
# time, a storm of alarms held commits and screens up by more than a second on a busy machine.
SWITCH_S = 0.0005


# A soft limit of 1,024, as most systems give it, is for programs that wait by select().
MANY_FILES = 65_536


def endings() -> list[signal.Signals]:
    """Return the signals that ask for an end: Ctrl-C, SIGTERM, and a closed terminal unless nohup has it ignored."""
    hung_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hung_up]


class Stopped(BaseException):
    """Somebody asked the program to end before the server ran."""


def allow_many_files() -> None:
    """Let this process and its children open as many files and connections as the system allows, up to 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn each wish to end into Stopped for the length of the preparations, and end quietly on it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop) for number in endings()}
    try:
        yield
    except Stopped:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def noted() -> Iterator[list[int]]:
    """Yield the wishes to end that come when the server does not listen to them: before it starts, and after it ended.

    The server itself repeats the signal that it ended on.
    """
    wishes: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        wishes.append(number)

    before = {number: signal.signal(number, note) for number in endings()}
    try:
        yield wishes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_until_stopped(
    app: ASGIApp,
    station: Station,
    listener: socket.socket,
    started: Callable[[Station], None],
    front: Front | None = None,
) -> bool:
    """Serve until a signal comes; `started` is called once the server answers. Raises CannotRun when a part failed.

    Return whether it ended for another reason: another engine has taken the lease.
    """
    with noted() as wishes:
        sys.setswitchinterval(SWITCH_S)
        _spare_what_is_loaded()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            try:
                return runner.run(_serve(app, station, listener, started, front, wishes))
            finally:
                PULSE.rest()


def _spare_what_is_loaded() -> None:
    """Keep Python's collector from the loaded program: going through all of it stops every screen for 45 ms."""
    gc.collect()
    gc.freeze()


async def _serve(
    app: ASGIApp,
    station: Station,
    listener: socket.socket,
    started: Callable[[Station], None],
    front: Front | None,
    wishes: list[int],
) -> bool:
    def lost() -> bool:
        return isinstance(station.tasks.failure, LeaseLost)

    def over() -> bool:
        PULSE.beat()
        return lost() or bool(wishes)

    running = server(app, station.broadcast, lambda: started(station), front, over)
    try:
        await running.serve(sockets=[listener])
    except SystemExit:
        raise CannotRun("the server could not start; the log above says why; see also: nicu db check") from None
    if lost():
        return not running.told_to_end and not wishes
    if (failure := station.tasks.failure) is not None:
        kind = type(failure).__name__
        raise CannotRun(f"the server ended because a part of it failed ({kind}); the log says where; start it again")
    return False


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def url_of(listener: socket.socket, tls: bool = False) -> str:
    """Return the address to open; a listener on every address is reached by localhost."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::", "127.0.0.1", "::1"):
        host = "localhost"
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def door_of(listener: socket.socket, tls: bool = False) -> str:
    """Return the address by which another process of this machine reaches a listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"https://{place}" if tls else f"http://{place}"


def open_browser(url: str) -> None:
    """Open the page where there is a screen; a machine without one is no fault."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.uname().sysname == "Darwin":
        webbrowser.open_new_tab(url)
