"""Whoever asks the program to end is heard at every moment, also while it is between two servers."""

import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.applications import Starlette

from nicu_dashboard.adapters.broadcast.in_process import InProcessBroadcast
from nicu_dashboard.cli import running
from nicu_dashboard.cli.running import Stopped, run_until_stopped, stoppable
from nicu_dashboard.services.station import Station
from nicu_dashboard.web.server import listen


@pytest.fixture
def heard() -> Iterator[threading.Event]:
    """Set when the first wish had to be repeated, because it was not heard."""
    repeated = threading.Event()

    def repeat() -> None:
        repeated.set()
        os.kill(os.getpid(), signal.SIGTERM)

    again = threading.Timer(10, repeat)
    again.start()
    yield repeated
    again.cancel()


@pytest.fixture
def station(monkeypatch: pytest.MonkeyPatch) -> Station:
    """What the server needs of a station."""
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    return cast("Station", SimpleNamespace(broadcast=InProcessBroadcast(), tasks=SimpleNamespace(failure=None)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_wish_to_end_that_comes_while_the_server_is_being_prepared_is_heard(
    monkeypatch: pytest.MonkeyPatch, station: Station, heard: threading.Event, number: signal.Signals
) -> None:
    monkeypatch.setattr(running, "_spare_what_is_loaded", lambda: os.kill(os.getpid(), number))
    with stoppable(), listen("127.0.0.1", 0) as listener:
        assert run_until_stopped(Starlette(), station, listener, lambda _: None) is False
        assert not heard.is_set()
        # Once the server has ended, and before another one starts, it is heard at once.
        with pytest.raises(Stopped):
            os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_whoever_asks_twice_for_the_end_takes_nothing_of_the_last_words_away(
    station: Station, heard: threading.Event, number: signal.Signals
) -> None:
    stored: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        stored.append("what was decided")

    def impatient(_: Station) -> None:
        for _time in range(2):
            os.kill(os.getpid(), number)

    with stoppable(), listen("127.0.0.1", 0) as listener:
        run_until_stopped(Starlette(lifespan=lifespan), station, listener, impatient)
    assert not heard.is_set()
    assert stored == ["what was decided"]


def test_a_terminal_that_is_closed_ends_nothing_that_nohup_started() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
