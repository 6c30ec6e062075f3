"""How a person wants the move to be, and how each command's outcome becomes a report."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

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
    """Return the report of a command; what stopped it stands there with its exit code."""
    report = Report(command)
    begun = perf_counter()
    try:
        work(report)
    except MigrationError as error:
        report.exit_code = error.exit_code
        report.summary, report.next_step = error.what, error.next_step
        report.faults += error.details
    except psycopg.Error as error:
        if _came_of_a_stop(error):
            raise KeyboardInterrupt from None
        report.exit_code = 2
        report.summary, report.next_step = postgres_words(error)
    except sqlite3.Error as error:
        report.exit_code = 2
        report.summary, report.next_step = sqlite_words(error)
    except StoreUnavailable as error:
        report.exit_code, report.summary, report.next_step = 2, str(error), AGAIN
    except OSError as error:
        report.exit_code, report.summary = 2, f"{error.filename or 'a file'} cannot be written: {error.strerror}."
        how = "" if command in ("roll-back", "catch-up", "abort") else " with --work-dir"
        report.next_step = f"Check the folder's rights and room, or name another{how}."
    report.seconds["all"] = round(perf_counter() - begun, 3)
    return report


def _came_of_a_stop(error: BaseException) -> bool:
    """Return whether Ctrl-C came first: what the driver then says of its connection must not hide it."""
    while error.__context__ is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return isinstance(error, KeyboardInterrupt)
