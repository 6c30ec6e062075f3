"""Whoever asks the program to end is heard at every moment, also while it is between two servers."""

import os
import signal
import threading
from collections.abc import Iterator
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_end_that_comes_while_the_server_is_being_prepared_is_heard(
    monkeypatch: pytest.MonkeyPatch, heard: threading.Event, number: signal.Signals
) -> None:
    station = cast("Station", SimpleNamespace(broadcast=InProcessBroadcast(), tasks=SimpleNamespace(failure=None)))
    monkeypatch.setattr(running, "_spare_what_is_loaded", lambda: os.kill(os.getpid(), number))
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    with stoppable(), listen("127.0.0.1", 0) as listener:
        assert run_until_stopped(Starlette(), station, listener, lambda _: None) is False
        assert not heard.is_set()
        # Once the server has ended, and before another one starts, it is heard at once.
        with pytest.raises(Stopped):
            os.kill(os.getpid(), number)
