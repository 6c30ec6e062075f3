"""`cut_over`: writes stand still for a moment, the rest is brought and compared, and the source names its new home."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from nicu_dashboard.adapters.sql.moved import Home
from nicu_dashboard.migration.boundary import views_at_cut_over
from nicu_dashboard.migration.bringing import Pass
from nicu_dashboard.migration.catching_up import SOMETHING_WRITES, Chase, chasing, pass_tables
from nicu_dashboard.migration.concluding import counted
from nicu_dashboard.migration.crew import Crew
from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.following import at_once, close, forget, home_of, raise_generation
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.move import Move
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.settings_to_set import SET_IT, audit_key_of, setting_of, write_url
from nicu_dashboard.migration.since_moved import counted_again, not_moved, told_again
from nicu_dashboard.migration.source import open_snapshot, source_path, take_snapshot
from nicu_dashboard.migration.work_folders import own_folder

QUICK_S = 0.5
MOST_PASSES = 12
SMALL_TABLE_ROWS = 500
"""Tables up to this many rows are compared whole while writes stand still."""


class Unequal(MigrationError):
    """The two sides differ; the source stays in service."""

    exit_code = 1


def cut_over(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Bring and verify everything, then close the source and name its new home."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("cut-over", lambda report: _cut_over(source_path(source), target, chosen, shown, report))


def _cut_over(path: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    setting = setting_of(target)
    with chasing(path, target, options, report) as chase:
        home = home_of(chase.source)
        if home is None:
            if options.verify:
                _verify_in_service(chase, target, options, progress, report)
            _come_close(chase, options, progress)
            home = _stand_still(chase, setting, options, report)
        if chase.following.state != "moved":
            _record(chase, home, report)
    report.setting, report.also_set = home.setting, audit_key_of(path)
    still = report.seconds.get("standstill")
    told = f" Writes stood still for {still:.2f} s." if still is not None else ""
    report.summary = f"everything has moved and was compared.{told} {path.name} takes no more service."
    report.next_step = SET_IT
    _switch(target, options, report)


def _switch(target: str, options: Options, report: Report) -> None:
    """Write the new address and run the command that was asked for; a failure of either is told, exit code 1."""
    try:
        if options.url_file is not None:
            write_url(target, options.url_file)
            report.next_step = f"{options.url_file} names the new home; start the dashboard again."
        if options.then:
            done = subprocess.run(shlex.split(options.then), check=False)
            if done.returncode:
                raise OSError(done.returncode, f"exit code {done.returncode}")
            report.next_step = f"{options.then!r} was run."
    except (OSError, ValueError) as error:
        report.exit_code = 1
        reason = getattr(error, "strerror", None) or str(error)
        report.next_step = f"But what comes then failed ({reason}): set it and start the dashboard again by hand."


def _verify_in_service(chase: Chase, target: str, options: Options, progress: Progress, report: Report) -> None:
    """Compare everything at the instant of a snapshot, after bringing what it holds."""
    with _snapshot(chase.path, options, progress, chase) as snapshot, closing(open_snapshot(snapshot)) as still:
        _check(chase, options, chase.bring_from(still))
        size = options.workers if snapshot.stat().st_size > 4_000_000 else 0
        run = chase.run
        with Crew(size, options.lane) as crew:
            unknown, run = not_moved(still, run), told_again(still, counted_again(still, run))
            move = Move(run, snapshot, target, mapping_of(run.plan, options.chunk_rows), crew, progress, chase.target)
            found = unknown + move.verify_only(options.thorough)
        report.seconds.update(move.seconds)
        report.add_plan(run.plan)
        report.tables = [replace(table, compared=table.rows) for table in report.tables]
        report.add_differences(found, options.show_values)
    if found:
        raise Unequal(
            f"{counted(found)} between source and target; the source stays in service.",
            "Look at them with --show-values; begin again with `nicu migrate run --follow --restart`.",
        )


@contextmanager
def _snapshot(path: Path, options: Options, progress: Progress, chase: Chase) -> Iterator[Path]:
    """Yield a snapshot; what was noted before it is forgotten afterwards, for it was brought."""
    folder = own_folder(path, options.work_dir, "cut-over")
    snapshot = folder / "snapshot.sqlite"
    try:
        ended = raise_generation(chase.source)
        progress.start("snapshot", 1, "pages")
        take_snapshot(path, snapshot, lambda done, pages: None)
        progress.finish("snapshot")
        yield snapshot
        forget(chase.source, ended)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _come_close(chase: Chase, options: Options, progress: Progress) -> None:
    """Make passes in service until one is quick, so that the last one is."""
    progress.start("catch up", MOST_PASSES, "passes")
    for _ in range(MOST_PASSES):
        begun = perf_counter()
        _check(chase, options, chase.bring())
        progress.advance("catch up", 1)
        if perf_counter() - begun < QUICK_S:
            break
    progress.finish("catch up")


def _check(chase: Chase, options: Options, done: Pass) -> None:
    chase.note(done, options.show_values)
    if done.differences:
        raise Unequal("what was brought is not equal on both sides; the source stays in service.", SOMETHING_WRITES)


def _stand_still(chase: Chase, setting: str, options: Options, report: Report) -> Home:
    """Hold every writer off, bring and compare the rest, and close the source in the same transaction."""
    begun = perf_counter()
    with at_once(chase.source):
        held = perf_counter()
        done = chase.bring_from(chase.source)
        done.compare_whole(SMALL_TABLE_ROWS)
        _check(chase, options, done)
        home = Home(setting, _now(chase), chase.following.token)
        close(chase.source, home)
    report.seconds["waited for the lock"] = round(held - begun, 3)
    report.seconds["standstill"] = round(perf_counter() - begun, 3)
    report.tables = report.tables or pass_tables(done)
    return home


def _now(chase: Chase) -> str:
    """Return this instant by the target's clock, for the record."""
    row = chase.target.execute(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    ).fetchone()
    chase.target.rollback()
    return str(row[0]) if row else ""


def _record(chase: Chase, home: Home, report: Report) -> None:
    marks = Marks(chase.target, chase.run.id)
    with chase.target.transaction():
        for statement in views_at_cut_over(chase.run.plan, marks.marks()):
            chase.target.execute(statement.encode())
        marks.set_moved(home.moved_at, round(1000 * report.seconds.get("standstill", 0.0)), home.setting)
