"""A gateway that sends one cot's readings one after another; what was not acknowledged it sends again."""

import threading
import time

from tests.faults.hall import Hall, now_ms


class Gateway:
    """`acknowledged` holds the value of each instant that was answered positively."""

    def __init__(self, hall: Hall, label: str, heart_rate: int, pause_s: float = 0.0) -> None:
        self.acknowledged: dict[int, int] = {}
        self.label = label
        self._hall, self._heart_rate, self._pause_s = hall, heart_rate, pause_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Send no more; what is on its way is delivered first."""
        self._ended.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        at, number = 0, 0
        while not self._ended.is_set():
            at, number = max(at + 1, now_ms()), number + 1
            value = 30 + number % 300
            while not self._delivered(at, value):
                time.sleep(0.02)
            self.acknowledged[at] = value
            time.sleep(self._pause_s)

    def _delivered(self, at: int, value: int) -> bool:
        try:
            status, said = self._hall.send(at, [self.label], heart_rate=self._heart_rate, etco2=value / 10)
        except OSError:
            return False
        return status == 202 and said["accepted"] + said["duplicates"] == 1
