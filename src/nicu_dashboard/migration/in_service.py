"""Whether a dashboard is at work on a SQLite file right now."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def is_in_service(path: Path) -> bool:
    """Return whether a server holds its claim on this file (see adapters/sql/store_file.py)."""
    try:
        claim = os.open(path.with_name(f"{path.name}.server"), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(claim)
