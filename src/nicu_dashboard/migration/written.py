"""Whether a source that a move does not follow has been written to since its snapshot."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nicu_dashboard.adapters.sql.peeking import first_bytes
from nicu_dashboard.migration.errors import SourceUnreadable
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.plan import OWN, PRISMA
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.source import is_same_file
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


def _has_log(trace: str) -> bool:
    return " " in trace


def _is_only_folded(before: str, now: str, source: Path, snapshot: Path | None) -> bool:
    """Return whether nobody has written since, though the file itself is another: its log has gone into it.

    Who writes appends to the log or begins it anew, so a log as it was proves it. Where it is gone, only pages can.
    """
    if not _has_log(before):
        return False
    if _has_log(now):
        return before.partition(" ")[2] == now.partition(" ")[2]
    try:
        return snapshot is not None and is_same_file(source, snapshot)
    except (SourceUnreadable, OSError, sqlite3.Error):
        return False


def tell_writes(
    connection: Connection, run: Run, source: Path, report: Report, snapshot: Path | None = None
) -> None:  # fmt: skip
    """Say that the source has changed since its snapshot, exit code 1; nothing where the move follows it.

    With the snapshot at hand a log that was only folded into the file is told from writing, and noted.
    """
    now = trace_of(source)
    if not run.trace or now in ("", run.trace):
        return
    whole = snapshot if run.plan.mapping != PRISMA else None  # into that one more was written
    if _is_only_folded(run.trace, now, source, whole):
        with connection.transaction():
            Journal(connection).set_trace(run.id, now)
        return
    following = Marks(connection, run.id).following()
    connection.rollback()
    if following is not None and following.state != "ended":
        return
    said = "has been written to since the snapshot"
    if _has_log(run.trace) and not _has_log(now):
        said += ", or its write-ahead log was folded into it"
    report.summary = f"{report.summary.removesuffix('.')}, but {source.name} {said}."
    if report.exit_code:
        return
    report.exit_code = 1
    how = "run --follow --restart" if run.plan.mapping == OWN else "run --restart"
    seen = "See what is missing with `nicu migrate verify`; or stop what writes it, and begin again:"
    report.next_step = f"{seen} `nicu migrate {how}`."
