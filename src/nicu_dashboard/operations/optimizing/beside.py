"""Statements that let the ward go on (CONCURRENTLY): they wait, without limit, for whoever began earlier.

A copy, a report or a chart that was begun before keeps its picture of the tables, and PostgreSQL ends such a statement
only after them. Nobody waits for us meanwhile, so giving up would only throw the work away.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import unfiltered
from nicu_dashboard.ports.tick import StoreUnavailable

_LOOK_S = 0.5
# A wait shorter than this is nobody's concern.
_TOLD_AFTER_S = 2.0
# pg_blocking_pids says so of a transaction that waits for its second phase: no process has it.
_PREPARED = 0
_PROGRESS = "SELECT blocks_done, nullif(blocks_total, 0) FROM pg_stat_progress_create_index WHERE pid = {pid}"
_AHEAD = """
SELECT pid, coalesce(usename, '?'), coalesce(extract(epoch FROM now() - xact_start)::int, 0)
FROM unnest(pg_blocking_pids({pid})) AS ahead (pid) LEFT JOIN pg_stat_activity USING (pid) ORDER BY xact_start LIMIT 1
"""
_BEING_MADE = """
SELECT 1 FROM pg_stat_progress_create_index JOIN pg_class ON pg_class.oid = relid
WHERE datname = current_database() AND relnamespace = current_schema()::regnamespace LIMIT 1
"""


def beside(database: Database, connection: Connection, statement: str, report: Report) -> None:
    """Run one statement with CONCURRENTLY for as long as it takes; how far it is, or whom it waits for, is told."""
    (limit,) = connection.exec_driver_sql("SELECT current_setting('lock_timeout')").one()
    connection.exec_driver_sql("SET lock_timeout = 0")
    try:
        with _watching(database, connection, report):
            connection.exec_driver_sql(statement)
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET lock_timeout = '{limit}'")


def let_finish(database: Database, report: Report) -> None:
    """Wait while the server still makes an index for a run that was killed; what it makes may be what is wanted."""
    told = False
    while _being_made(database):
        if not told:
            told = True
            report.did("the server still makes an index, for a run that was interrupted; waiting until it has ended")
        time.sleep(_LOOK_S)


def _being_made(database: Database) -> bool:
    with unfiltered(database) as connection:
        return connection.exec_driver_sql(_BEING_MADE).first() is not None


@contextmanager
def _watching(database: Database, connection: Connection, report: Report) -> Iterator[None]:
    """Look from a second connection how the first one's statement is doing."""
    pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(database, int(pid), over, report), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(database: Database, pid: int, over: threading.Event, report: Report) -> None:
    waited_for: dict[int, float] = {}
    while not over.wait(_LOOK_S):
        try:
            with database.reading() as connection:
                done = connection.exec_driver_sql(_PROGRESS.format(pid=pid)).first()
                ahead = connection.exec_driver_sql(_AHEAD.format(pid=pid)).first()
        except StoreUnavailable:
            return
        if done is not None and done[1]:
            report.stage_of(done[1])
            report.at(done[0])
        if ahead is not None:
            _tell(report, waited_for, *ahead)


def _tell(report: Report, waited_for: dict[int, float], pid: int, user: str, age: int) -> None:
    """Say once of each process that it is waited for, when it has been for a while."""
    waited = waited_for.get(pid, 0.0)
    waited_for[pid] = waited + _LOOK_S
    if not waited < _TOLD_AFTER_S <= waited + _LOOK_S:
        return
    if pid == _PREPARED:
        report.did("waiting for a prepared transaction, writers go on; nicu db maintain --dry-run names it")
        return
    report.did(
        f"waiting for a transaction of {user} (process {pid}, begun {age} s ago; a copy or a report?), writers go"
        f" on; to end it: SELECT pg_terminate_backend({pid})"
    )
