"""`catch_up`: what a dashboard in service has written since goes into the target."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import psycopg

from nicu_dashboard.migration.alone import alone_on
from nicu_dashboard.migration.bringing import Pass
from nicu_dashboard.migration.errors import MigrationError, RowsRejected, SourceUnreadable, TargetRefused
from nicu_dashboard.migration.following import at_once, forget, home_of, live, raise_generation, token_of
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.marks import Following, Marks
from nicu_dashboard.migration.options import Options, reported
from nicu_dashboard.migration.own import refuse_other_revision
from nicu_dashboard.migration.plan import OWN
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.report import Report, TableReport
from nicu_dashboard.migration.source import source_path
from nicu_dashboard.migration.target import Connection, connect

MEND = "Mend the cause and run the same command again; the source stays in service."

SOMETHING_WRITES = (
    "Something else has written to the target: stop it, see what with `nicu migrate verify`, and begin again with"
    " `nicu migrate run --follow --restart`."
)


@dataclass
class Chase:
    """A followed source and its target, both open."""

    path: Path
    source: sqlite3.Connection
    target: Connection
    run: Run
    following: Following
    report: Report

    def bring(self) -> Pass:
        """Make one pass while the source is in service; compare what it brought."""
        ended = raise_generation(self.source)
        with at_once(self.source, "BEGIN"):
            done = self.bring_from(self.source)
        forget(self.source, ended)
        return done

    def bring_from(self, source: sqlite3.Connection, compare: bool = True) -> Pass:
        """Make one pass over a source that stands still; raises RowsRejected under `--on-reject stop`."""
        done = Pass(source, self.target, self.run)
        try:
            done.bring(compare)
        except RowsRejected:
            self.report.add_rejects(done.rejects, False)
            raise
        except psycopg.IntegrityError as error:
            said = f"PostgreSQL refuses what changed: {error.diag.message_primary}."
            raise MigrationError(said, SOMETHING_WRITES) from None
        except psycopg.Error as error:
            said = error.diag.message_primary or "the connection broke off"
            raise MigrationError(f"PostgreSQL refuses what changed: {said}.", MEND) from None
        return done

    def note(self, done: Pass, show_values: bool) -> None:
        """Take a pass into the report."""
        self.report.add_rejects(done.rejects, show_values)
        self.report.add_differences(done.differences, show_values)


@contextmanager
def chasing(path: Path, target: str, options: Options, report: Report) -> Iterator[Chase]:
    """Open both sides of a move that follows its source; raises MigrationError where it does not or is over."""
    with alone_on(path), closing(connect(target)) as connection, live(path) as source:
        yield open_chase(path, source, connection, options, report)


def open_chase(
    path: Path, source: sqlite3.Connection, connection: Connection, options: Options, report: Report
) -> Chase:
    """Return the move with its epoch raised, so that any other start of it stops."""
    run, following = followed_run(connection)
    refuse_other_source(path, source, following)
    refuse_other_revision(source)
    with connection.transaction():
        epoch = Journal(connection).take_over(run.id, options.on_reject)
    return Chase(path, source, connection, replace(run, epoch=epoch, on_reject=options.on_reject), following, report)


def followed_run(connection: Connection) -> tuple[Run, Following]:
    """Return the newest run and how it follows its source; raises TargetRefused where it does not."""
    run = Journal(connection).latest()
    following = Marks(connection, run.id).following() if run else None
    connection.rollback()
    if run is None:
        raise TargetRefused("no move has been made to this target.", "Run `nicu migrate run` first.")
    if run.state in ("loading", "building", "verifying"):
        raise TargetRefused("the move to this target is not finished.", "Run `nicu migrate run` to continue it.")
    if run.plan.mapping != OWN:
        raise TargetRefused(
            "only a file of this dashboard's own can be followed.",
            "Stop what writes the source, and move it with `nicu migrate run --restart`.",
        )
    if following is None or following.state == "ended":
        raise TargetRefused(
            "this move does not follow its source.", "Begin again with `nicu migrate run --follow --restart`."
        )
    return run, following


def refuse_other_source(path: Path, source: sqlite3.Connection, following: Following) -> None:
    """Raise SourceUnreadable unless this very file is followed by this move."""
    home = home_of(source)
    if (home.token if home else token_of(source)) != following.token:
        raise SourceUnreadable(
            f"{path.name} is not the file that this move follows, or it was let go.",
            "Name the file that was moved, or begin again with `nicu migrate run --follow --restart`.",
        )


def catch_up(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Bring what the dashboard has written since the last pass; it goes on working."""
    chosen, shown = options or Options(), progress or Silent()
    return reported("catch-up", lambda report: _catch_up(source_path(source), target, chosen, shown, report))


def _catch_up(path: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with chasing(path, target, options, report) as chase:
        if chase.following.state == "moved":
            raise SourceUnreadable(f"{path.name} has moved already; there is nothing to bring.")
        progress.start("catch up", 1, "passes")
        begun = perf_counter()
        done = chase.bring()
        report.seconds["pass"] = round(perf_counter() - begun, 3)
        progress.finish("catch up")
        chase.note(done, options.show_values)
        report.tables = pass_tables(done)
    report.exit_code = 1 if report.reject_count or report.difference_count else 0
    report.summary = (
        f"{done.appended:,} new rows and {done.changed:,} changed places brought and compared in"
        f" {report.seconds['pass']:.1f} s, {report.difference_count} different, {report.reject_count} rejected."
    )
    report.next_step = "Repeat it as you like; then run `nicu migrate cut-over`."
    if report.difference_count:
        report.next_step = SOMETHING_WRITES


def pass_tables(done: Pass) -> list[TableReport]:
    """Return what a pass brought, by table."""
    return [
        TableReport(name, f"{done.run.plan.schema}.{name}", rows, 0, compared=rows)
        for name, rows in sorted(done.brought.items())
    ]
