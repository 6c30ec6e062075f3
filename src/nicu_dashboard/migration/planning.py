"""`plan`: a look at every value and at the target; writes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.concluding import how_to_mend
from nicu_dashboard.migration.dry_run import rejects_of
from nicu_dashboard.migration.mapping import Mapping as Way
from nicu_dashboard.migration.options import Options, in_schema_of, reported
from nicu_dashboard.migration.plan import PRISMA, Plan
from nicu_dashboard.migration.prisma_columns import becomes
from nicu_dashboard.migration.prisma_seals import unkeyed_trail
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import choose
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.source import open_snapshot, reading, refuse_damage, source_path
from nicu_dashboard.migration.staging import stage
from nicu_dashboard.migration.suitability import facts_of, refuse
from nicu_dashboard.migration.target import TargetFacts, connect
from nicu_dashboard.migration.verifying import private_snapshot


def plan(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Look at every value and at the target, and tell what `run` would do; writes nothing."""
    chosen, shown = in_schema_of(options or Options(), target), progress or Silent()
    return reported("plan", lambda report: _plan(source_path(source), target, chosen, shown, report))


def _plan(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with reading(source) as live:
        refuse_damage(source, live)
        mapping = choose(live, options)
        if mapping.way == PRISMA:
            with private_snapshot(source, options, progress) as snapshot:
                converted = stage(mapping, snapshot)
                with closing(open_snapshot(snapshot)) as file:
                    made = _tried(file, mapping, options, progress, report)
            report.add_rejects(converted.rejects, options.show_values)
            report.not_carried += [asdict(item) for item in converted.kept]
            report.mapped = [{"from": theirs, "to": ours} for theirs, ours in becomes(converted.found)]
        else:
            made = _tried(live, mapping, options, progress, report)
    report.add_orphans(made)
    report.add_estimate(made)
    facts = _look(target, mapping, source.stat().st_size)
    refuse(facts, report)
    report.advice += [*facts.advice, *unkeyed_trail(made)]
    report.exit_code = 1 if report.reject_count else 0
    rows = sum(table.rows for table in made.tables)
    report.summary = f"{rows:,} rows in {len(made.tables)} table(s); {report.reject_count} would be rejected."
    report.next_step = how_to_mend(report) if report.reject_count else "Run the same with `run`."


def _tried(file: sqlite3.Connection, mapping: Way, options: Options, progress: Progress, report: Report) -> Plan:
    """Return the plan, every value of it tried."""
    made = mapping.plan(file, read_catalog(file), sample=False)
    report.add_plan(made)
    progress.start("look", sum(table.rows for table in made.tables), "rows")
    for table in made.tables:
        report.add_rejects(list(rejects_of(file, table, frozenset(made.choices))), options.show_values)
        progress.advance("look", table.rows, table.source)
    progress.finish("look")
    return made


def _look(target: str, mapping: Way, size: int) -> TargetFacts:
    with closing(connect(target)) as connection:
        return facts_of(connection, mapping, size)
