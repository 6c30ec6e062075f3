"""How a person wants the move to be, and how each command's outcome becomes a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from nicu_dashboard.migration.chunks import MOST_CHUNK_ROWS
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.report import Report


@dataclass(frozen=True)
class Options:
    """How to move. `lane` is auto, plain or exact; `on_reject` stop or quarantine."""

    schema: str = "public"
    on_reject: str = "stop"
    workers: int = 2
    lane: str = "auto"
    verify: bool = True
    thorough: bool = False
    show_values: bool = False
    restart: bool = False
    work_dir: Path | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    as_is: bool = False
    close: bool = False
    """On the way back: hold writers off, and close the database at the end."""
    follow: bool | None = None
    """Note what changes in the source during the move; None: when a dashboard is at work on it."""
    chunk_rows: int = MOST_CHUNK_ROWS


def reported(command: str, work: Callable[[Report], None]) -> Report:
    """Return the report of a command; what stopped it stands there with its exit code."""
    report = Report(command)
    begun = perf_counter()
    try:
        work(report)
    except MigrationError as error:
        report.exit_code = error.exit_code
        report.summary, report.next_step = error.what, error.next_step
        report.faults += error.details
    report.seconds["all"] = round(perf_counter() - begun, 3)
    return report
