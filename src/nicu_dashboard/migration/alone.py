"""One command at a time on a source: a lock that the kernel gives back however the command ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nicu_dashboard.migration.errors import SourceUnreadable


@contextmanager
def alone_on(source: Path, folder: Path | None = None) -> Iterator[None]:
    """Keep other commands off this source; raises SourceUnreadable while one is at work on it.

    The lock lies in `folder`, else beside the source. Where nothing can be written there, the command itself says so.
    """
    lock = (folder or source.parent) / f".{source.name}.migration-lock"
    held = _take(source, lock)
    try:
        yield
    finally:
        if held is not None:
            with suppress(OSError):
                lock.unlink()
            os.close(held)


def _take(source: Path, lock: Path) -> int | None:
    while True:
        try:
            held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            raise SourceUnreadable(
                f"another `nicu migrate` is at work on {source.name}.", "Wait until it ends, or end it; then repeat."
            ) from None
        if _is_still(lock, held):
            return held
        os.close(held)  # its owner removed it while we waited for the lock


def _is_still(lock: Path, held: int) -> bool:
    with suppress(OSError):
        there, ours = lock.stat(), os.fstat(held)
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
    return False
