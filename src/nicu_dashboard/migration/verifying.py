"""`verify`: every value of a source against the target it was moved to; of a followed source, up to the last pass."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.adapters.sql.tables import live_snapshot
from nicu_dashboard.migration.boundary import settle, tables_at_cut_over
from nicu_dashboard.migration.comparing import Difference
from nicu_dashboard.migration.concluding import conclude, crew_for
from nicu_dashboard.migration.emptied import emptied
from nicu_dashboard.migration.errors import MigrationError, TargetRefused
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.mapping import AsIs
from nicu_dashboard.migration.marks import Following, Marks
from nicu_dashboard.migration.move import Move
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.retyped import retyped
from nicu_dashboard.migration.since_moved import counted_again, not_moved, told_again
from nicu_dashboard.migration.source import open_snapshot, reading, source_path, take_snapshot
from nicu_dashboard.migration.staging import stage
from nicu_dashboard.migration.structure import is_noted
from nicu_dashboard.migration.target import Connection, connect
from nicu_dashboard.migration.work_folders import own_folder

SINCE_MOVED = "from the last minute before the cut-over on"
IN_SERVICE = "compared at the cut-over; in service since"
EMPTIED = "PostgreSQL has emptied it, as after a crash it does with what it does not log; the dashboard fills it anew"
RETYPED = "it is no longer there as it was moved, so its values cannot be read"
RULES = {"what": "rules", "name": "keys, checks, NOT NULLs, defaults, indexes"}
NOT_NOTED = "an older version made this move and noted none of them: whether one is gone since cannot be told"
MAY_CHANGE = "compared until the cut-over; upgrades of the dashboard may change them since"


def verify(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Compare every value of a source with the target it was moved to; writes nothing."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("verify", lambda report: _verify(source_path(source), target, chosen, shown, report))


def _verify(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with crew_for(source, options) as crew, closing(connect(target)) as connection:
        before, following = _finished(connection)
        with private_snapshot(source, options, progress) as snapshot:
            crew.hire()
            stage(mapping_of(before.plan, options.chunk_rows), snapshot)
            pending, left_out = 0, list[str]()
            if following is not None and following.state != "ended":
                with connection.transaction():
                    pending = settle(snapshot, connection, before, following)
                if following.state == "moved":
                    tables, left_out = tables_at_cut_over(before.plan)
                    before = replace(before, plan=replace(before.plan, tables=tables))
            with closing(open_snapshot(snapshot)) as file:
                unknown = not_moved(file, before)
                run_now = _without_emptied(connection, told_again(file, counted_again(file, before)), report)
            other = _retyped(connection, run_now, report)
            run_now = _without(run_now, {item.table for item in other})
            move = Move(run_now, snapshot, target, AsIs(), crew, progress, connection)
            found = unknown + other + move.verify_only(options.thorough)
        report.seconds.update(move.seconds)
        report.add_plan(run_now.plan)
        if following is not None and _finished(connection)[1] != following:
            raise MigrationError("a pass came between, so nothing is proved.", "Run `nicu migrate verify` again.")
        report.not_compared += [{"what": "table", "name": name, "why": IN_SERVICE} for name in left_out]
        report.not_compared += _rules_left_out(connection, before, bool(left_out))
        conclude(connection, run_now, found, replace(options, verify=True), report)
        if pending and report.exit_code == 0 and following is not None and following.state == "moved":
            report.summary += f" {pending:,} reading(s) that came or were corrected {SINCE_MOVED} were left out."
        elif pending and report.exit_code == 0:
            report.summary += f" {pending:,} row(s) or place(s) changed since the last pass and were left out."
            report.next_step = "Run `nicu migrate catch-up` to bring them."


def _retyped(connection: Connection, run: Run, report: Report) -> list[Difference]:
    with connection.transaction():
        found = retyped(connection, run.plan)
    report.not_compared += [
        {"what": "table", "name": name, "why": RETYPED} for name in sorted({i.table for i in found})
    ]
    return found


def _without(run: Run, names: set[str]) -> Run:
    kept = tuple(table for table in run.plan.tables if table.source not in names)
    return replace(run, plan=replace(run.plan, tables=kept))


def _without_emptied(connection: Connection, run: Run, report: Report) -> Run:
    """Return the run without the newest snapshot of the ward, where a crash of the server has emptied its table."""
    if run.plan.mapping == "as-is":
        return run
    with connection.transaction():
        empty = emptied(connection, run.plan.tables)
    gone = [table for table in empty if table.rows and table.name == live_snapshot.name]
    report.not_compared += [{"what": "table", "name": table.name, "why": EMPTIED} for table in gone]
    return replace(run, plan=replace(run.plan, tables=tuple(item for item in run.plan.tables if item not in gone)))


def _rules_left_out(connection: Connection, run: Run, is_in_service: bool) -> list[dict[str, str]]:
    with connection.transaction():
        noted = is_noted(connection, run)
    return [RULES | {"why": NOT_NOTED if not noted else MAY_CHANGE}] if is_in_service or not noted else []


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
    with ExitStack() as stack:
        with reading(source):
            pass
        folder = own_folder(source, options.work_dir, "verify")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        snapshot = folder / f"snapshot-{secrets.token_hex(6)}.sqlite"
        progress.start("snapshot", 1, "pages")
        take_snapshot(source, snapshot, lambda done, pages: None)
        progress.finish("snapshot")
        yield snapshot
