"""A worker process of the move: takes chunks and statements from its parent and commits each with its journal row."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg

from nicu_dashboard.migration.chunks import Chunk
from nicu_dashboard.migration.comparing import ChunkComparer, Compared
from nicu_dashboard.migration.copying import ChunkCopier, Copied
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.finish import build_settings
from nicu_dashboard.migration.journal import ChunkRecord, Journal
from nicu_dashboard.migration.lanes import columnar_available
from nicu_dashboard.migration.plan import OURS, Step, TablePlan
from nicu_dashboard.migration.refusals import postgres_words
from nicu_dashboard.migration.target import connect

LATE_FLUSH = b"SET LOCAL synchronous_commit = off"
"""A stretch and its journal row still commit together; a server that crashes may lose the last few of both, and the
next start does them again. The change of state that follows is flushed, and with it all before it."""
IN_ORDER = b"; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
"""A stretch is read by the index of its row ids, also while the table has no statistics yet."""
TELLABLE = frozenset({"0A", "22", "23", "42", "54"})
"""Classes of errors that lie in the statement or the data: the step is left out and told, the move goes on."""


@dataclass(frozen=True)
class Job:
    """What a worker needs to know once."""

    snapshot: Path
    target: str
    run_id: int
    epoch: int
    tables: tuple[TablePlan, ...]
    lane: str
    compared: bool = True
    """Whether the same start will compare what it copies, and so wants its digest."""


@dataclass(frozen=True)
class CopyTask:
    """Copy this chunk; `may_reject` lets rejected rows be stored, else they are only told."""

    chunk: Chunk
    may_reject: bool


@dataclass(frozen=True)
class StepTask:
    """Run this statement after the load, with so many processes of the server helping its session."""

    step: Step
    helpers: int = 0


@dataclass(frozen=True)
class CompareTask:
    """Compare this chunk with the target, value by value."""

    chunk: Chunk
    thorough: bool
    record: bool
    digest: bytes = b""


@dataclass(frozen=True)
class ReplanTask:
    """Use this plan of a table from now on."""

    table: TablePlan


Task = CopyTask | StepTask | CompareTask | ReplanTask


@dataclass(frozen=True)
class Stepped:
    """A statement is done; `failure` says why an optional one was left out."""

    step: Step
    failure: str | None = None


@dataclass(frozen=True)
class Failed:
    """A task could not be done."""

    message: str
    next_step: str


Answer = Copied | Stepped | Compared | Failed


class Worker:
    """Does one task after the other on one connection to each side."""

    def __init__(self, job: Job, stack: ExitStack) -> None:
        self.job = job
        self.tables = {table.source: table for table in job.tables}
        self.target = stack.enter_context(connect(job.target, "nicu migrate worker"))
        self.journal = Journal(self.target)
        self.copier = stack.enter_context(ChunkCopier(job.snapshot, self.target, job.lane, job.compared))
        self.comparer = ChunkComparer(self.copier)

    def do(self, task: Task) -> Answer | None:
        """Do one task in one transaction."""
        if isinstance(task, ReplanTask):
            self.tables[task.table.source] = task.table
            return None
        if isinstance(task, StepTask):
            return self._step(task)
        with self.target.transaction():
            self.target.execute(LATE_FLUSH + (IN_ORDER if isinstance(task, CompareTask) else b""))
            self.journal.fence(self.job.run_id, self.job.epoch)
            if isinstance(task, CopyTask):
                return self._copy(task)
            return self._compare(task)

    def _copy(self, task: CopyTask) -> Copied:
        chunk = task.chunk
        done = self.copier.copy(self.tables[chunk.table], chunk)
        if done.rejects and not task.may_reject:
            raise _Held(done)
        record = ChunkRecord(done.rows, len(done.rejects), done.digest)
        self.journal.add_chunk(self.job.run_id, chunk, done.lane, record)
        self.journal.add_rejects(self.job.run_id, done.rejects)
        return done

    def _compare(self, task: CompareTask) -> Compared:
        chunk = task.chunk
        rejects = self.journal.rejects(self.job.run_id, chunk.table)
        done = self.comparer.compare(self.tables[chunk.table], chunk, rejects, task.thorough, task.digest)
        if task.record and not done.differences:
            self.journal.set_verified(self.job.run_id, [chunk])
        return done

    def _step(self, task: StepTask) -> Stepped:
        step = task.step
        try:
            with self.target.transaction():
                settings = build_settings(self.tables.get(step.table), task.helpers)
                self.target.execute(LATE_FLUSH + b"; " + settings.encode())
                self.journal.fence(self.job.run_id, self.job.epoch)
                self.target.execute(step.statement.encode())
                self.journal.add_step(self.job.run_id, step.name)
        except psycopg.Error as error:
            return self._left_out(step, refusal_of(error))
        return Stepped(step)

    def _left_out(self, step: Step, failure: str) -> Stepped:
        with self.target.transaction():
            self.journal.fence(self.job.run_id, self.job.epoch)
            self.journal.add_step(self.job.run_id, step.name, failure)
        return Stepped(step, failure)


def refusal_of(error: psycopg.Error) -> str:
    """Return why the server will not have a statement; raises any error that lies elsewhere."""
    if (error.sqlstate or "")[:2] not in TELLABLE:
        raise error
    return error.diag.message_primary or "refused"


class _Held(Exception):
    """Rolls a chunk back whose rejects must not be stored."""

    def __init__(self, copied: Copied) -> None:
        self.copied = copied


def answer(worker: Worker, task: Task) -> Answer | None:
    """Return what a task came to; errors become an answer without values or passwords."""
    try:
        return worker.do(task)
    except _Held as held:
        return held.copied
    except MigrationError as error:
        return Failed(error.what, error.next_step)
    except psycopg.Error as error:
        return Failed(*postgres_words(error, _about(task)))
    except sqlite3.Error as error:
        return Failed(f"the snapshot cannot be read: {error} ({_about(task)}).", "Run the same command again.")


def _about(task: Task) -> str:
    if isinstance(task, StepTask):
        return task.step.name
    if isinstance(task, ReplanTask):
        return task.table.source.removeprefix(OURS)
    return f"table {task.chunk.table.removeprefix(OURS)}, chunk {task.chunk.number}"


def main(descriptor: int, lane: str) -> None:
    """Serve tasks from the parent until it hangs up; ends the process."""
    if lane == "auto" and columnar_available():
        import_module("nicu_dashboard.migration.columnar")  # spent before there is a job
    link: Connection[Any, Any] = Connection(socket.socket(fileno=descriptor).detach())
    with ExitStack() as stack:
        _serve(link, stack)
    os._exit(0)  # all is closed: taking an interpreter with Arrow apart would only cost a tenth of a second


def _serve(link: Connection[Any, Any], stack: ExitStack) -> None:
    try:
        worker = Worker(link.recv(), stack)
    except EOFError:
        return
    except (psycopg.Error, MigrationError) as error:
        link.send(Failed(str(error).splitlines()[0], "Check that the target can be reached."))
        return
    while True:
        try:
            task = link.recv()
        except (EOFError, ConnectionResetError):
            return
        done = answer(worker, task)
        try:
            if done is not None:
                link.send(done)
        except (BrokenPipeError, ConnectionResetError):
            return  # the parent was killed: what is committed is in the journal
