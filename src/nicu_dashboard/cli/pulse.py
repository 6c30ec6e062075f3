"""The sign of life of a process to the supervisor over it: its event loop gives one each second while it serves."""

import os
from contextlib import suppress
from time import perf_counter

BEAT_S = 1.0
ALIVE, AT_REST = b"+", b"-"


class Pulse:
    """Of a process without a supervisor nobody hears it."""

    def __init__(self) -> None:
        self._heard_at: int | None = None
        self._due = 0.0

    def tie(self, descriptor: int) -> None:
        """Give it from now on where the supervisor listens."""
        os.set_blocking(descriptor, False)
        self._heard_at = descriptor

    def beat(self) -> None:
        """Say that the event loop turns; to be called more often than once a second."""
        now = perf_counter()
        if now >= self._due:
            self._due = now + BEAT_S
            self._say(ALIVE)

    def rest(self) -> None:
        """Say that no event loop turns for a while, and that this is well."""
        self._due = 0.0
        self._say(AT_REST)

    def _say(self, word: bytes) -> None:
        if self._heard_at is not None:
            with suppress(OSError):
                os.write(self._heard_at, word)


PULSE = Pulse()
"""This process's own."""
