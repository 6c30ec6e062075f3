"""Comparing every stretch of every table, by whichever worker has its hands free."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from nicu_dashboard.migration.chunks import Chunk, chunks_to_compare
from nicu_dashboard.migration.comparing import Compared, Difference
from nicu_dashboard.migration.journal import ChunkRecord
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.worker import CompareTask

NOT_RECORDED = ChunkRecord(0, 0)


@dataclass
class Verification:
    """The stretches still to compare, by table, and what was found; `tell` hears of every stretch compared."""

    waiting: dict[str, Iterator[CompareTask]]
    whole: frozenset[str]
    """Tables without row ids in the target, compared as one."""
    tell: Callable[[int, str], None]
    found: list[Difference] = field(default_factory=list)
    equal: list[Chunk] = field(default_factory=list)
    """Found equal beside the build. That goes into the journal when the build is done, with nothing left to write."""

    def next(self) -> CompareTask | None:
        """Return the next stretch."""
        return self._next(frozenset())

    def next_beside(self, closed: frozenset[str]) -> CompareTask | None:
        """Return the next stretch that can be compared during the build, the closed tables left alone."""
        task = self._next(closed | self.whole)
        return replace(task, record=False) if task else None

    def _next(self, closed: frozenset[str]) -> CompareTask | None:
        for table in [name for name in self.waiting if name not in closed]:
            if (task := next(self.waiting[table], None)) is not None:
                return task
            del self.waiting[table]
        return None

    def take(self, task: CompareTask, said: Compared) -> None:
        """Take in what comparing a stretch came to."""
        self.found += said.differences
        if not task.record and not said.differences:
            self.equal.append(said.chunk)
        self.tell(said.rows, said.chunk.table)


def verification_of(
    tables: tuple[TablePlan, ...],
    source: sqlite3.Connection,
    done: dict[tuple[str, int], ChunkRecord],
    thorough: bool,
    record: bool,
    tell: Callable[[int, str], None],
) -> Verification:
    """Return what is to compare of these tables, the largest first; what the journal says was verified is left out."""

    def tasks(table: TablePlan) -> Iterator[CompareTask]:
        for chunk in chunks_to_compare(source, table):
            known = done.get((chunk.table, chunk.number), NOT_RECORDED)
            if not known.verified:
                yield CompareTask(chunk, thorough, record, known.digest)

    ordered = sorted(tables, key=lambda table: -table.rows * table.row_bytes)
    whole = frozenset(table.source for table in tables if table.alias is None)
    return Verification({table.source: tasks(table) for table in ordered}, whole, tell)
