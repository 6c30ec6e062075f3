"""What the command line calls: plan, run, verify, roll_back. Each returns a Report and raises nothing of its own."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.coming_back import roll_back
from nicu_dashboard.migration.comparing import Difference
from nicu_dashboard.migration.crew import Crew
from nicu_dashboard.migration.ddl import create_table
from nicu_dashboard.migration.dry_run import rejects_of
from nicu_dashboard.migration.errors import MigrationError, RowsRejected, TargetRefused
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.mapping import AsIs
from nicu_dashboard.migration.mapping import Mapping as Way
from nicu_dashboard.migration.move import Move, create_tables
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.own_target import REVISION_TABLE, bare, make_tables, refusals_of
from nicu_dashboard.migration.plan import Plan
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import choose, mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.source import open_snapshot, reading, refuse_damage, source_path, take_snapshot
from nicu_dashboard.migration.target import Connection, TargetFacts, connect, look_at_target

__all__ = ["Options", "plan", "roll_back", "run", "verify"]

SMALL_BYTES = 4_000_000


def run(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Move a SQLite file into PostgreSQL and verify every value; continues an unfinished move."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("run", lambda report: _run(source_path(source), target, chosen, shown, report))


def _crew(source: Path, options: Options) -> Crew:
    """Return the worker processes that a file of this size is worth: none for a small one."""
    size = source.stat().st_size if source.exists() else 0
    return Crew(options.workers if size > SMALL_BYTES else 0, options.lane)


def _run(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with _crew(source, options) as crew, closing(connect(target)) as connection:
        journal = Journal(connection)
        before = journal.latest()
        connection.rollback()
        folder = options.work_dir or source.parent / f".{source.name}.migration"
        if before and before.state in ("done", "wrong") and not options.restart:
            report.summary = "this target already holds a finished move."
            report.next_step = "Run `nicu migrate verify` to compare again, or name an empty target."
            report.exit_code = 0 if before.state == "done" else 1
            shutil.rmtree(folder, ignore_errors=True)  # killed after the last commit, the move may have left it
            return
        if before and before.state not in ("done", "wrong") and not options.restart:
            snapshot = folder / before.snapshot
            if not snapshot.exists():
                raise TargetRefused(
                    "an unfinished move is here, but its snapshot is gone.", "Begin again with --restart."
                )
            with connection.transaction():
                epoch = journal.take_over(before.id, options.on_reject)
            run_now = replace(before, epoch=epoch, on_reject=options.on_reject)
        else:
            if before and options.restart:
                _undo(connection, before)
            snapshot, run_now = _begin(source, folder, target, connection, options, progress, report)
        mapping = mapping_of(run_now.plan, options.chunk_rows)
        move = Move(run_now, snapshot, target, mapping, crew, progress, connection)
        _carry_on(move, options, report)
        if report.exit_code == 0 and options.verify:
            shutil.rmtree(folder, ignore_errors=True)


def _begin(
    source: Path, folder: Path, target: str, connection: Connection, options: Options, progress: Progress,
    report: Report,
) -> tuple[Path, Run]:  # fmt: skip
    begun = perf_counter()
    with reading(source) as live:
        mapping = choose(live, options)
        size = source.stat().st_size
    _refuse(_facts(connection, mapping, size), report)
    folder.mkdir(mode=0o700, exist_ok=True)
    for stale in folder.glob("snapshot-*"):
        stale.unlink()
    snapshot = folder / f"snapshot-{secrets.token_hex(6)}.sqlite"
    progress.start("snapshot", 1, "pages")
    take_snapshot(source, snapshot, lambda done, pages: None)
    progress.finish("snapshot")
    report.seconds["snapshot"] = round(perf_counter() - begun, 3)
    begun = perf_counter()
    with closing(open_snapshot(snapshot)) as file:
        refuse_damage(source, file)
        plan = mapping.plan(file, read_catalog(file), sample=True)
    report.seconds["plan"] = round(perf_counter() - begun, 3)
    if plan.orphans and options.on_reject == "stop":
        raise RowsRejected(
            "rows point at rows that are not there: "
            + ", ".join(f"{table} → {parent}: {count}" for table, parent, count in plan.orphans)
            + ".",
            "Mend them, or run again with --on-reject quarantine.",
        )
    if plan.mapping != "as-is":
        make_tables(target, connection, plan.schema)
    with connection.transaction():
        journal = Journal(connection)
        journal.prepare()
        if plan.mapping != "as-is":
            plan = bare(connection, plan)
        create_tables(connection, plan.schema, [create_table(table) for table in plan.tables if not table.exists])
        number = journal.open_run(snapshot.name, plan, options.on_reject)
    return snapshot, Run(number, 1, snapshot.name, "loading", plan, options.on_reject)


def _refuse(facts: TargetFacts, report: Report) -> None:
    report.server = facts.server
    report.refusals += facts.refusals
    if facts.refusals:
        raise TargetRefused("the target cannot take the data: " + "; ".join(facts.refusals) + ".")


def _undo(connection: Connection, run_before: Run) -> None:
    with connection.transaction():
        names = [] if run_before.plan.mapping == "as-is" else [REVISION_TABLE]
        for name in names:
            connection.execute(f"DROP TABLE IF EXISTS {quoted(run_before.plan.schema)}.{name}".encode())
        for table in run_before.plan.tables:
            connection.execute(f"DROP TABLE IF EXISTS {table.target} CASCADE".encode())
        connection.execute(b"DROP SCHEMA nicu_migration CASCADE")


def _carry_on(move: Move, options: Options, report: Report) -> None:
    try:
        found = move.through(options.verify, options.thorough)
    except RowsRejected as error:
        report.add_rejects(move.held, options.show_values)
        error.next_step = "Mend them, choose a type with --type, or run again with --on-reject quarantine."
        raise
    finally:
        report.seconds.update(move.seconds)
        report.lanes = dict(move.lanes)
        report.add_plan(move.run.plan)
    _conclude(move.connection, move.run, found, options, report)


def _conclude(
    connection: Connection, run_now: Run, found: Sequence[Difference], options: Options, report: Report
) -> None:
    journal = Journal(connection)
    with connection.transaction():
        rejects = journal.rejects(run_now.id)
        failures = {name: why for name, why in journal.steps(run_now.id).items() if why}
    report.add_rejects(rejects, options.show_values)
    report.add_differences(found, options.show_values)
    report.not_carried += [{"what": "rule", "name": name, "why": why} for name, why in failures.items()]
    broken = [step.name for step in run_now.plan.steps if step.name in failures and not step.optional]
    by_table = {table.name: sum(item.table == table.name for item in rejects) for table in report.tables}
    report.tables = [
        replace(table, rejected=by_table[table.name], compared=table.rows if options.verify else 0)
        for table in report.tables
    ]
    rows = sum(table.rows for table in report.tables)
    if found:
        report.exit_code, report.summary = 1, f"{report.difference_count} difference(s) between source and target."
        report.next_step = "Look at them with --show-values; the target must not be used yet."
    elif rejects:
        report.exit_code, report.summary = (
            1,
            f"{rows - len(rejects):,} rows arrived; {len(rejects)} are in the rejects.",
        )
        report.next_step = "Look at nicu_migration.rejects, mend the rows, and insert them by hand."
    elif broken:
        report.exit_code, report.summary = (
            1,
            f"every row arrived, but PostgreSQL refuses the rule(s) {', '.join(broken)}.",
        )
        report.next_step = "See why under what is not carried; mend the data or the rule, and add it by hand."
    else:
        checked = "every value verified" if options.verify else "not verified"
        report.summary = f"{rows:,} rows in {len(report.tables)} table(s) arrived, {checked}."


def plan(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Look at every value and at the target, and tell what `run` would do; writes nothing."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("plan", lambda report: _plan(source_path(source), target, chosen, shown, report))


def _plan(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with reading(source) as live:
        refuse_damage(source, live)
        mapping = choose(live, options)
        made = mapping.plan(live, read_catalog(live), sample=False)
        report.add_plan(made)
        progress.start("look", sum(table.rows for table in made.tables), "rows")
        for table in made.tables:
            found = list(rejects_of(live, table, frozenset(made.choices)))
            report.add_rejects(found, options.show_values)
            progress.advance("look", table.rows, table.source)
        progress.finish("look")
    report.add_orphans(made)
    report.add_estimate(made)
    _refuse(_look(target, mapping, source.stat().st_size), report)
    report.exit_code = 1 if report.reject_count else 0
    rows = sum(table.rows for table in made.tables)
    report.summary = f"{rows:,} rows in {len(made.tables)} table(s); {report.reject_count} would be rejected."
    report.next_step = (
        "Mend them, choose a type with --type, or run with --on-reject quarantine." if report.reject_count
        else "Run the same with `run`."
    )  # fmt: skip


def _look(target: str, mapping: Way, size: int) -> TargetFacts:
    with closing(connect(target)) as connection:
        return _facts(connection, mapping, size)


def _facts(connection: Connection, mapping: Way, size: int) -> TargetFacts:
    """Return what speaks against the target; our own tables may be there already, if they are empty."""
    facts = look_at_target(connection, mapping.schema, size, resuming=not isinstance(mapping, AsIs))
    if isinstance(mapping, AsIs):
        return facts
    said = refusals_of(connection, mapping.schema)
    connection.rollback()
    return replace(facts, refusals=(*facts.refusals, *said))


def verify(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Compare every value of a source with the target it was moved to; writes nothing."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("verify", lambda report: _verify(source_path(source), target, chosen, shown, report))


def _verify(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with (
        _crew(source, options) as crew,
        closing(connect(target)) as connection,
        _snapshot(source, options, progress) as snapshot,
    ):
        before = Journal(connection).latest()
        connection.rollback()
        if before is None:
            raise TargetRefused("no move has been made to this target.", "Run `nicu migrate run` first.")
        if before.state == "loading":
            raise TargetRefused("the move to this target is not finished.", "Run `nicu migrate run` to continue it.")
        with closing(open_snapshot(snapshot)) as file:
            run_now = replace(before, plan=_counted_again(file, before.plan))
        move = Move(run_now, snapshot, target, AsIs(), crew, progress, connection)
        found = move.verify_only(options.thorough)
        report.seconds.update(move.seconds)
        report.add_plan(run_now.plan)
        _conclude(connection, run_now, found, replace(options, verify=True), report)


@contextmanager
def _snapshot(source: Path, options: Options, progress: Progress) -> Iterator[Path]:
    folder = options.work_dir or source.parent / f".{source.name}.verify"
    with ExitStack() as stack:
        with reading(source):
            pass
        folder.mkdir(mode=0o700, exist_ok=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        snapshot = folder / f"snapshot-{secrets.token_hex(6)}.sqlite"
        progress.start("snapshot", 1, "pages")
        take_snapshot(source, snapshot, lambda done, pages: None)
        progress.finish("snapshot")
        yield snapshot


def _counted_again(file: sqlite3.Connection, plan: Plan) -> Plan:
    known = {table.name for table in read_catalog(file).tables}
    tables = []
    for table in plan.tables:
        if table.source not in known:
            raise MigrationError(f"the source no longer has the table {table.source}.", "Name the file that was moved.")
        rows = int(file.execute(f"SELECT count(*) FROM {quoted(table.source)}").fetchone()[0])
        tables.append(replace(table, rows=rows))
    return replace(plan, tables=tuple(tables))
