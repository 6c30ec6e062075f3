"""Looking at the first bytes of a SQLite file without giving up the locks that SQLite holds on it in this process.

POSIX takes all locks of a process on a file away when it closes any descriptor of it. So one that is opened here stays
open and serves the next look; only the longest unused are closed, long after anybody holds a lock there.
"""

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock

MOST_KEPT = 64
_kept: OrderedDict[tuple[int, int], int] = OrderedDict()
_alone = Lock()


def first_bytes(path: Path, count: int) -> bytes:
    """Return up to `count` bytes of the start of a file; raises OSError."""
    with _alone:
        return os.pread(_descriptor(path), count, 0)


def _descriptor(path: Path) -> int:
    key = _identity(path.stat())
    if key not in _kept:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        key = _identity(os.fstat(descriptor))  # another file may have taken the name meanwhile
        _kept.setdefault(key, descriptor)
    _kept.move_to_end(key)
    while len(_kept) > MOST_KEPT:
        os.close(_kept.popitem(last=False)[1])
    return _kept[key]


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino
