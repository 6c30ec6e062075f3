"""Whether a source that a move does not follow has been written to since its snapshot."""

from __future__ import annotations

from pathlib import Path

from nicu_dashboard.adapters.sql.peeking import first_bytes
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.own import NAME as OWN
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.target import Connection

HEAD_BYTES = 32
"""Of a database: its magic, sizes and change counter; of a write-ahead log: its whole header."""


def trace_of(source: Path) -> str:
    """Return what every commit changes of a source and its write-ahead log; "" where the file is not there."""
    log = source.with_name(source.name + "-wal")
    return " ".join(part for path in (source, log) if (part := _look(path)))


def _look(path: Path) -> str:
    try:
        head = first_bytes(path, HEAD_BYTES)
        facts = path.stat()
    except OSError:
        return ""
    return f"{facts.st_size}:{facts.st_mtime_ns}:{head.hex()}" if facts.st_size else ""  # an empty log is none


def tell_writes(connection: Connection, run: Run, source: Path, report: Report) -> None:
    """Say that the source has changed since its snapshot, exit code 1; nothing where the move follows it."""
    now = trace_of(source)
    if not run.trace or now in ("", run.trace):
        return
    following = Marks(connection, run.id).following()
    connection.rollback()
    if following is not None and following.state != "ended":
        return
    report.summary = f"{report.summary.removesuffix('.')}, but {source.name} has been written to since the snapshot."
    if report.exit_code:
        return
    report.exit_code = 1
    how = "run --follow --restart" if run.plan.mapping == OWN else "run --restart"
    seen = "See what is missing with `nicu migrate verify`; or stop what writes it, and begin again:"
    report.next_step = f"{seen} `nicu migrate {how}`."
