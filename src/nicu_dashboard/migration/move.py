"""The move itself: snapshot, plan, load, build, verify; each stage continues where an earlier start stopped."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter

import psycopg

from nicu_dashboard.migration.building import Turns, stages_of
from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.chunks import chunks_of
from nicu_dashboard.migration.comparing import SEQUENCE_WORDS, Compared, Difference
from nicu_dashboard.migration.copying import Copied
from nicu_dashboard.migration.crew import Crew
from nicu_dashboard.migration.ddl import FOREIGN_KEYS, create_table
from nicu_dashboard.migration.emptied import emptied
from nicu_dashboard.migration.errors import RowsRejected
from nicu_dashboard.migration.finish import quarantine_orphans, set_sequences, wrong_sequences
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.mapping import Mapping
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import NotCarried
from nicu_dashboard.migration.progress import Progress
from nicu_dashboard.migration.rejects import Reject
from nicu_dashboard.migration.source import open_snapshot
from nicu_dashboard.migration.structure import note_structure, wrong_rules
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.verification import Verification, verification_of
from nicu_dashboard.migration.worker import Answer, CompareTask, CopyTask, Job, ReplanTask, Stepped, Task, refusal_of


@dataclass
class Move:
    """One start of one run; `held` are the rejects that stopped it."""

    run: Run
    snapshot: Path
    target: str
    mapping: Mapping
    crew: Crew
    progress: Progress
    connection: Connection
    held: list[Reject] = field(default_factory=list)
    lanes: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    lost: list[NotCarried] = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        """Return the journal through the parent's own connection."""
        return Journal(self.connection)

    def through(self, verify: bool, thorough: bool) -> list[Difference]:
        """Do all that is left and return the differences found; raises RowsRejected when held."""
        self._brief(verify)
        self._forget_emptied()
        with closing(open_snapshot(self.snapshot)) as source:
            if self.run.state == "loading":
                self._timed("copy", lambda: self._copy(source))
            left = self._verification(source, thorough, record=True) if verify else None
            if self.run.state in ("loading", "building"):
                self._timed("build", lambda: self._build(left if self._only_reads() else None))
            if left is not None:
                self._timed("verify", lambda: self._verify(left))
        found = left.found if left else []
        self._set_state("wrong" if found else "done")
        return found

    def _only_reads(self) -> bool:
        """Return whether the build only reads the rows, so that they can be compared meanwhile: no orphan goes."""
        return self.run.on_reject != "quarantine"

    def verify_only(self, thorough: bool) -> list[Difference]:
        """Compare again without recording anything."""
        self._brief(compared=True)
        with closing(open_snapshot(self.snapshot)) as source:
            left = self._verification(source, thorough, record=False)
            self._timed("verify", lambda: self._verify(left))
        return left.found

    def _brief(self, compared: bool) -> None:
        run = self.run
        self.crew.brief(Job(self.snapshot, self.target, run.id, run.epoch, run.plan.tables, self.crew.lane, compared))

    def _timed(self, stage: str, work: Callable[[], None]) -> None:
        begun = perf_counter()
        work()
        self.seconds[stage] = round(perf_counter() - begun, 3)

    def _set_state(self, state: str) -> None:
        with self.connection.transaction():
            self.journal.fence(self.run.id, self.run.epoch)
            self.journal.set_state(self.run.id, state)
        self.run = replace(self.run, state=state)

    def _forget_emptied(self) -> None:
        """Let what was loaded into a table be loaded again that a crash of the server has emptied since."""
        with self.connection.transaction():
            self.journal.fence(self.run.id, self.run.epoch)
            loaded = {table for (table, _), item in self.journal.chunks(self.run.id).items() if item.rows}
            gone = [table for table in emptied(self.connection, self.run.plan.tables) if table.source in loaded]
            for table in gone:
                self.journal.forget_table(self.run.id, table.source)
            if gone:
                self.journal.set_state(self.run.id, "loading")
                self.run = replace(self.run, state="loading")

    def _copy(self, source: sqlite3.Connection) -> None:
        with self.connection.transaction():
            done = self.journal.chunks(self.run.id)
        self.progress.start("copy", sum(table.rows for table in self.run.plan.tables), "rows")
        self.progress.advance("copy", sum(item.rows + item.rejects for item in done.values()))
        suspects: set[str] = set()
        finished = set(done)
        while True:
            tasks = self._copy_tasks(source, finished, suspects)
            self.crew.work(partial(next, tasks, None), lambda task, said: self._copied(said, finished, suspects))
            if not suspects:
                break
            self._look_again(source, finished, suspects)
        if self.held:
            raise RowsRejected("rows were met that the target cannot hold; nothing of their stretch was written.")
        self.progress.finish("copy")
        self._set_state("building")

    def _copy_tasks(
        self, source: sqlite3.Connection, finished: set[tuple[str, int]], suspects: set[str]
    ) -> Iterator[Task]:
        for table in sorted(self.run.plan.tables, key=lambda table: -table.rows * table.row_bytes):
            for chunk in chunks_of(source, table):
                if table.source in suspects or self.held:
                    break
                if (table.source, chunk.number) not in finished:
                    yield CopyTask(chunk, self.run.on_reject == "quarantine" and not table.sampled)

    def _copied(self, said: Answer, finished: set[tuple[str, int]], suspects: set[str]) -> None:
        assert isinstance(said, Copied)
        table = next(table for table in self.run.plan.tables if table.source == said.chunk.table)
        if said.rejects and table.sampled:
            suspects.add(table.source)
            return
        if said.rejects and self.run.on_reject == "stop":
            self.held += said.rejects
            return
        finished.add((said.chunk.table, said.chunk.number))
        self.lanes[said.lane] += said.rows
        self.progress.advance("copy", said.rows + len(said.rejects), said.chunk.table)

    def _look_again(self, source: sqlite3.Connection, finished: set[tuple[str, int]], suspects: set[str]) -> None:
        """Look at every row of the tables whose sample has missed something; load them again if a type changes."""
        catalog = read_catalog(source)
        for name in sorted(suspects):
            old = next(table for table in self.run.plan.tables if table.source == name)
            plan = self.mapping.plan_again(source, catalog, self.run.plan, name)
            new = next(table for table in plan.tables if table.source == name)
            changed = [column.kind for column in old.columns] != [column.kind for column in new.columns]
            with self.connection.transaction():
                self.journal.fence(self.run.id, self.run.epoch)
                if changed:
                    self.connection.execute(f"DROP TABLE {old.target}".encode())
                    self.connection.execute(create_table(new).encode())
                    self.journal.forget_table(self.run.id, name)
                self.journal.set_plan(self.run.id, plan)
            if changed:
                again = {key for key in finished if key[0] == name}
                finished -= again
            self.run = replace(self.run, plan=plan)
            self.crew.replan(ReplanTask(new))
        suspects.clear()

    def _build(self, beside: Verification | None) -> None:
        plan = self.run.plan
        with self.connection.transaction():
            done = self.journal.steps(self.run.id)
        self.progress.start("build", len(plan.steps) + len(plan.tables), "steps")
        self.progress.advance("build", len(done))
        for stage, steps in stages_of(plan.steps, plan.tables, done):
            if stage == FOREIGN_KEYS:
                if self.run.on_reject == "quarantine":
                    quarantine_orphans(self.connection, self.journal, self.run)
                for step in steps:  # instant, and two at a time could lock each other out
                    self._build_key(step.name, step.statement)
                continue
            sizes = {table.source: table.rows * table.row_bytes for table in plan.tables}
            turns = Turns(stage, steps, sizes, max(1, self.crew.size), beside)
            self.crew.work(turns.next, partial(self._built, turns))
        with self.connection.transaction():
            self.journal.fence(self.run.id, self.run.epoch)
            set_sequences(self.connection, plan.tables)
            note_structure(self.connection, self.run)
            if beside is not None:
                self.journal.set_verified(self.run.id, beside.equal)
            self.journal.set_state(self.run.id, "verifying")
        self.run = replace(self.run, state="verifying")
        self.progress.finish("build")

    def _build_key(self, name: str, statement: str) -> None:
        with self.connection.transaction():
            self.journal.fence(self.run.id, self.run.epoch)
            failure = self._refusal(statement)
            self.journal.add_step(self.run.id, name, failure)
        self.progress.advance("build", 1, name)

    def _refusal(self, statement: str) -> str | None:
        """Run a statement within the caller's transaction; return why the server will not have it, or None."""
        try:
            with self.connection.transaction():
                self.connection.execute(statement.encode())
        except psycopg.Error as error:
            return refusal_of(error)
        return None

    def _built(self, turns: Turns, task: Task, said: Answer) -> None:
        if isinstance(said, Stepped):
            turns.done(said.step)
            self.progress.advance("build", 1, said.step.name)
        elif turns.beside is not None:
            _compared(turns.beside, task, said)

    def _verification(self, source: sqlite3.Connection, thorough: bool, record: bool) -> Verification:
        with self.connection.transaction():
            done = self.journal.chunks(self.run.id) if record else {}
        self.progress.start("verify", sum(table.rows for table in self.run.plan.tables), "rows")
        self.progress.advance("verify", sum(item.rows + item.rejects for item in done.values() if item.verified))
        tell = partial(self.progress.advance, "verify")
        return verification_of(self.run.plan.tables, source, done, thorough, record, tell)

    def _verify(self, left: Verification) -> None:
        self.crew.work(left.next, partial(_compared, left))
        with self.connection.transaction():
            for name in wrong_sequences(self.connection, self.run.plan.tables):
                left.found.append(Difference(name, "", "sequence", *SEQUENCE_WORDS))
            left.found += wrong_rules(self.connection, self.run)
        self.progress.finish("verify")


def _compared(verification: Verification, task: Task, said: Answer) -> None:
    assert isinstance(task, CompareTask)
    assert isinstance(said, Compared)
    verification.take(task, said)


def create_tables(connection: Connection, run_plan_schema: str, statements: list[str]) -> None:
    """Create the schema and its bare tables inside the caller's transaction."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(run_plan_schema)}".encode())
    for statement in statements:
        connection.execute(statement.encode())
