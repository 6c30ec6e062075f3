"""`verify`: every value of a source against the target it was moved to; of a followed source, up to the last pass."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration.boundary import settle, tables_at_cut_over
from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.comparing import NOT_MOVED, THERE, Difference
from nicu_dashboard.migration.concluding import conclude, crew_for
from nicu_dashboard.migration.errors import MigrationError, TargetRefused
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.mapping import AsIs
from nicu_dashboard.migration.marks import Following, Marks
from nicu_dashboard.migration.move import Move
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.source import open_snapshot, reading, source_path, take_snapshot
from nicu_dashboard.migration.staging import stage
from nicu_dashboard.migration.target import Connection, connect

SINCE_MOVED = "from the last minute before the cut-over on"
IN_SERVICE = "compared at the cut-over; in service since, so not compared now"


def verify(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Compare every value of a source with the target it was moved to; writes nothing."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("verify", lambda report: _verify(source_path(source), target, chosen, shown, report))


def _verify(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with crew_for(source, options) as crew, closing(connect(target)) as connection:
        before, following = _finished(connection)
        with private_snapshot(source, options, progress) as snapshot:
            stage(mapping_of(before.plan, options.chunk_rows), snapshot)
            pending, left_out = 0, list[str]()
            if following is not None and following.state != "ended":
                with connection.transaction():
                    pending = settle(snapshot, connection, before, following)
                if following.state == "moved":
                    tables, left_out = tables_at_cut_over(before.plan)
                    before = replace(before, plan=replace(before.plan, tables=tables))
            with closing(open_snapshot(snapshot)) as file:
                run_now = counted_again(file, before)
                unknown = not_moved(file, before) if before.plan.mapping == "as-is" else []
            move = Move(run_now, snapshot, target, AsIs(), crew, progress, connection)
            found = unknown + move.verify_only(options.thorough)
        report.seconds.update(move.seconds)
        report.add_plan(run_now.plan)
        if following is not None and _finished(connection)[1] != following:
            raise MigrationError("a pass came between, so nothing is proved.", "Run `nicu migrate verify` again.")
        report.not_carried += [{"what": "table", "name": name, "why": IN_SERVICE} for name in left_out]
        conclude(connection, run_now, found, replace(options, verify=True), report)
        if pending and report.exit_code == 0 and following is not None and following.state == "moved":
            report.summary += f" {pending:,} reading(s) that came or were corrected {SINCE_MOVED} were left out."
        elif pending and report.exit_code == 0:
            report.summary += f" {pending:,} row(s) or place(s) changed since the last pass and were left out."
            report.next_step = "Run `nicu migrate catch-up` to bring them."


def _finished(connection: Connection) -> tuple[Run, Following | None]:
    before = Journal(connection).latest()
    following = Marks(connection, before.id).following() if before else None
    connection.rollback()
    if before is None:
        raise TargetRefused("no move has been made to this target.", "Run `nicu migrate run` first.")
    if before.state == "loading":
        raise TargetRefused("the move to this target is not finished.", "Run `nicu migrate run` to continue it.")
    return before, following


@contextmanager
def private_snapshot(source: Path, options: Options, progress: Progress) -> Iterator[Path]:
    """Yield a snapshot that goes when the block ends."""
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


def counted_again(file: sqlite3.Connection, run: Run) -> Run:
    """Return the run with the number of rows that the file holds now; raises MigrationError when a table is gone."""
    known = {table.name for table in read_catalog(file).tables}
    tables = []
    for table in run.plan.tables:
        if table.source not in known:
            raise MigrationError(f"the source no longer has the table {table.source}.", "Name the file that was moved.")
        rows = int(file.execute(f"SELECT count(*) FROM {quoted(table.source)}").fetchone()[0])
        tables.append(replace(table, rows=rows))
    return replace(run, plan=replace(run.plan, tables=tuple(tables)))


def not_moved(file: sqlite3.Connection, run: Run) -> list[Difference]:
    """Return the tables and columns of a source that the move knows nothing of: they came since, or it is another."""
    moved = {table.source: {column.source for column in table.columns} for table in run.plan.tables}
    told = {item.name for item in run.plan.not_carried}
    found = list[Difference]()
    for table in read_catalog(file).tables:
        if table.name not in moved:
            found += [] if table.name in told else [Difference(table.name, "", "table", THERE, NOT_MOVED)]
            continue
        for column in table.columns:
            if column.name not in moved[table.name]:
                found.append(Difference(table.name, "", f"column {column.name}", THERE, NOT_MOVED))
    return found
