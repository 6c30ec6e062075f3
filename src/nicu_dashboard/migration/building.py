"""Who does what after the load: statements side by side unless one would wait for another, and comparing between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nicu_dashboard.migration.ddl import INDEXES, VALIDATION
from nicu_dashboard.migration.plan import Step, TablePlan
from nicu_dashboard.migration.verification import Verification
from nicu_dashboard.migration.worker import StepTask, Task

WEIGHTY = 10
"""A table ten times smaller than another keeps no processor busy for long beside it."""


def stages_of(
    steps: Sequence[Step], tables: Sequence[TablePlan], done: dict[str, str | None]
) -> Iterator[tuple[int, list[Step]]]:
    """Yield (stage, its statements that are still to do) in order; statistics are collected with the last."""
    steps = [*steps, *statistics_of(tables)]
    for stage in sorted({step.stage for step in steps}):
        yield stage, [step for step in steps if step.stage == stage and step.name not in done]


def statistics_of(tables: Sequence[TablePlan]) -> list[Step]:
    """Return the steps that collect the planner's statistics, the largest table first."""
    return [
        Step(f"{table.target} statistics", table.source, VALIDATION, f"ANALYZE {table.target}")
        for table in sorted(tables, key=lambda table: -table.rows * table.row_bytes)
    ]


@dataclass
class Turns:
    """Hands out the statements of one stage in order, and stretches to compare while no statement can be begun."""

    stage: int
    steps: list[Step]
    sizes: dict[str, int]
    hands: int
    beside: Verification | None
    running: list[Step] = field(default_factory=list)

    def next(self) -> Task | None:
        """Return what to do next, or None when nothing can be done now."""
        taken = set() if self.stage == INDEXES else {step.table for step in self.running}
        step = next((step for step in self.steps if step.table not in taken), None)
        if step is not None:
            self.steps.remove(step)
            self.running.append(step)
            return StepTask(step, self._helpers(step))
        if self.beside is None or not self.running:
            return None
        return self.beside.next_beside(self._closed())

    def done(self, step: Step) -> None:
        """Take note that a statement is done."""
        self.running.remove(step)

    def _helpers(self, step: Step) -> int:
        """Return how many processes may help: as many as else had nothing to do."""
        size = self.sizes.get(step.table, 0)
        is_last = not any(self.sizes.get(other.table, 0) * WEIGHTY >= size for other in self.steps)
        return self.hands - 1 if is_last and self.beside is None else 0

    def _closed(self) -> frozenset[str]:
        """Return the tables whose row ids have no index yet, or that a statement locks against readers."""
        bare = {step.table for step in (*self.steps, *self.running) if step.statement.startswith("CREATE UNIQUE INDEX")}
        return frozenset(bare | {step.table for step in self.running if " ADD CONSTRAINT " in step.statement})
