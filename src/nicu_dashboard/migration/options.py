"""How a person wants the move to be, and how each command's outcome becomes a report."""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from types import FrameType

import psycopg

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.migration.chunks import MOST_CHUNK_ROWS
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.refusals import AGAIN, postgres_words, sqlite_words
from nicu_dashboard.migration.report import Report
from nicu_dashboard.ports.tick import StoreUnavailable


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
    url_file: Path | None = None
    """At the cut-over: the file named by DATABASE_URL_FILE, which then names the new home."""
    then: str = ""
    """At the cut-over: a command to run at once, such as one that restarts the dashboard."""
    follow: bool | None = None
    """Note what changes in the source during the move; None: when a dashboard is at work on it."""
    chunk_rows: int = MOST_CHUNK_ROWS


def in_schema_of(options: Options, address: str) -> Options:
    """Return the options with the schema that an address names (`?schema=ward`), where no other was chosen."""
    try:
        named = read_address(address, {}).search_path
    except AddressFault:
        return options  # told when it is dialled
    if options.as_is or options.schema != "public" or not named:
        return options
    return replace(options, schema=named.partition(",")[0].strip().strip('"'))


def reported(command: str, work: Callable[[Report], None]) -> Report:
    """Return the report of a command; what stopped it stands there with its exit code. Ctrl-C passes through."""
    report = Report(command)
    begun = perf_counter()
    with noting_stops() as stops:
        try:
            work(report)
        except Exception as error:
            if stops:  # whatever else broke, broke by it
                raise KeyboardInterrupt from None
            _explain(error, report)
    report.seconds["all"] = round(perf_counter() - begun, 3)
    return report


def _explain(error: Exception, report: Report) -> None:
    """Put why a command could not go on into its report; raises what is none of the known reasons."""
    report.exit_code = 2
    match error:
        case MigrationError():
            report.exit_code = error.exit_code
            report.summary, report.next_step = error.what, error.next_step
            report.faults += error.details
        case psycopg.Error():
            report.summary, report.next_step = postgres_words(error)
        case sqlite3.Error():
            report.summary, report.next_step = sqlite_words(error)
        case StoreUnavailable():
            report.summary, report.next_step = str(error), AGAIN
        case OSError():
            report.summary = f"{error.filename or 'a file'} cannot be written: {error.strerror}."
            how = "" if report.command in ("roll-back", "catch-up", "abort") else " with --work-dir"
            report.next_step = f"Check the folder's rights and room, or name another{how}."
        case _:
            raise error


@contextmanager
def noting_stops() -> Iterator[list[int]]:
    """Yield a list that Ctrl-C lengthens, for a driver may make another error of it than KeyboardInterrupt."""
    stops, before = list[int](), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield stops
        return

    def note(number: int, frame: FrameType | None) -> None:
        stops.append(number)
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it could not roll back, the server does
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield stops
    finally:
        signal.signal(signal.SIGINT, before)
