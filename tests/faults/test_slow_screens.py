"""Screens that stopped reading cost the others nothing and the server no memory."""

import socket
import threading
import time

from tests.faults.conftest import Halls
from tests.faults.hall import Hall

STUCK = 20
SECONDS = 8.0


class Screen:
    """One connection to the live stream; a stuck one never reads."""

    def __init__(self, hall: Hall, stuck: bool) -> None:
        self.arrivals: list[float] = []
        self._socket = socket.socket()
        if stuck:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.connect(("127.0.0.1", hall.port))
        head = (
            f"GET /api/live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {hall.cookie}\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        if not stuck:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while data := self._socket.recv(1 << 20):
                if b"event: snapshot" in data:
                    self.arrivals.append(time.monotonic())
        except OSError:
            return

    def end(self) -> None:
        """Close the page."""
        self._socket.close()


def test_twenty_screens_that_never_read_delay_no_other_and_cost_no_memory(hall_of: Halls) -> None:
    hall = hall_of(60)
    hall.start()
    for _ in range(3):
        hall.send(cots=hall.labels, heart_rate=150, spo2=93, resp_rate=40)
        time.sleep(0.1)
    reading = Screen(hall, stuck=False)
    stuck = [Screen(hall, stuck=True) for _ in range(STUCK)]
    before = hall.memory_mb()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert hall.send(cots=hall.labels, heart_rate=150, spo2=93, resp_rate=40)[0] == 202
        time.sleep(0.05)
    gaps = [later - earlier for earlier, later in zip(reading.arrivals, reading.arrivals[1:], strict=False)]
    assert max(gaps) < 2.0
    assert time.monotonic() - reading.arrivals[-1] < 2.0
    # Kept for all of them it would be a hundred times as much: each may hold one snapshot on its way.
    assert hall.memory_mb() - before < 25
    for screen in (reading, *stuck):
        screen.end()
