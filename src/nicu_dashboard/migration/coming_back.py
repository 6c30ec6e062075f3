"""`roll_back`: what PostgreSQL holds now into a new SQLite file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration.errors import RowsRejected, TargetRefused
from nicu_dashboard.migration.journal import Journal
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.roll_back import WayBack, new_tables
from nicu_dashboard.migration.source import source_path
from nicu_dashboard.migration.target import connect


def roll_back(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Write what PostgreSQL (`source`) holds now into a new SQLite file (`target`), and verify every value."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("roll-back", lambda report: _roll_back(source, source_path(target), chosen, shown, report))


def _roll_back(source: str, target: Path, options: Options, progress: Progress, report: Report) -> None:
    if target.exists():
        raise TargetRefused(f"{target} is already there.", "Name a file that does not exist.")
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    with closing(connect(source)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        journal = Journal(connection)
        before = journal.latest()
        if before is None or before.state == "loading":
            raise TargetRefused("no finished move is recorded in this database.", "Name the database that was filled.")
        way = WayBack(connection, before.plan, journal.rejects(before.id), progress)
        try:
            way.write(partial)
            report.add_plan(
                replace(before.plan, tables=tuple(way.counted)), [*way.lost, *new_tables(connection, before.plan)]
            )
            report.add_rejects(way.unfit, options.show_values)
            if way.unfit and options.on_reject == "stop":
                raise RowsRejected(
                    "rows were met that SQLite cannot hold; no file was written.", "See the reasons above."
                )
            found = way.verify(partial)
            report.add_differences([item for item in found if not way.is_unfit(item)], options.show_values)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    partial.rename(target)
    report.exit_code = 1 if report.differences or way.unfit else 0
    rows = sum(table.rows for table in way.counted)
    report.summary = (
        f"{rows:,} rows in {len(way.counted)} table(s) written to {target.name}, {len(report.differences)} different."
    )
