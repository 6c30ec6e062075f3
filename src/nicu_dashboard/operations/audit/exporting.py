"""Rows of the audit trail in a file, one JSON a line with their seals: what leaves the database can still be proven."""

import hashlib
import json
import os
from itertools import takewhile
from pathlib import Path

from nicu_dashboard.adapters.sql.audit_rows import oldest_first
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.sessions import CannotCare


def export_rows(database: Database, end: int, target: Path) -> str:
    """Write every row below this number into a new file that its owner alone reads, durably; return its SHA-256."""
    digest = hashlib.sha256()
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for row in takewhile(lambda row: row["seq"] < end, oldest_first(database)):
                line = (json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()
                digest.update(line)
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise CannotCare(f"{target.name} is there already and is not written over; name another file") from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise CannotCare(f"{target.name} cannot be written ({reason}); nothing was removed") from None
    return digest.hexdigest()
