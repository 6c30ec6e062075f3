"""Screens that stopped reading cost the others nothing and the server no memory."""

import itertools
import socket
import threading
import time

from tests.faults.conftest import Halls
from tests.faults.hall import Hall

STUCK = 20
# Twenty snapshots of this ward, far more than the kernel takes for a connection that nobody reads from.
SENT_TO_EACH = 2_000_000


class Screen:
    """One connection to the live stream; a stuck one never reads."""

    def __init__(self, hall: Hall, stuck: bool) -> None:
        self.arrivals: list[float] = []
        self.received = 0
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
                self.received += len(data)
                if b"event: snapshot" in data:
                    self.arrivals.append(time.monotonic())
        except OSError:
            return

    def end(self) -> None:
        """Close the page."""
        self._socket.close()


def test_twenty_screens_that_never_read_delay_no_other_and_cost_no_memory(hall_of: Halls) -> None:
    hall = hall_of(50)
    hall.start()
    # Alarms in every cot make large snapshots.
    ill: dict[str, float] = {"heart_rate": 40, "spo2": 60, "resp_rate": 5, "abp_mean": 10}
    for _ in range(3):
        hall.send(None, hall.labels, **ill)
    reading = Screen(hall, stuck=False)
    stuck = [Screen(hall, stuck=True) for _ in range(STUCK)]
    before, until = hall.memory_mb(), time.monotonic() + 25
    while reading.received < SENT_TO_EACH:
        assert time.monotonic() < until, f"only {reading.received:,} bytes came"
        assert hall.send(None, None, **ill)[0] == 202
    gaps = [later - earlier for earlier, later in itertools.pairwise(reading.arrivals)]
    assert max(gaps) < 2.0
    # Kept for all twenty, what they did not read would be 40 MB.
    assert hall.memory_mb() - before < 20
    for screen in (reading, *stuck):
        screen.end()
