"""The one file of a SQLite store: in its place at every commit, and served by one server at a time."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from nicu_dashboard.ports.tick import StoreUnavailable


class StoreFile:
    """Knows the file by its identity, so that a removed or replaced one is noticed: its name alone proves nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = _identity(path)
        self._claim: int | None = None

    def check(self) -> None:
        """Raise StoreUnavailable when what is written would be lost with a file that nobody can open again."""
        if _identity(self._path) != self._identity:
            raise StoreUnavailable(
                f"The file of the database {self._path.name} was removed or replaced while it was in use; "
                "put it back and start again."
            )

    def claim(self) -> None:
        """Keep other servers away until release(); raises StoreUnavailable when one is at work on this file."""
        if self._claim is not None:
            return
        claim = os.open(self._path.with_name(f"{self._path.name}.server"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(claim)
            raise StoreUnavailable(
                f"Another server works on the database {self._path.name}: every alarm would be raised twice; "
                "end it first, or name another database in DATABASE_URL."
            ) from None
        self._claim = claim

    def release(self) -> None:
        """Let others in again."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
