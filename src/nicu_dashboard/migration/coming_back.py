"""`roll_back`: what PostgreSQL holds now into a new SQLite file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from nicu_dashboard.migration.errors import RowsRejected, TargetRefused
from nicu_dashboard.migration.journal import Journal
from nicu_dashboard.migration.options import Options, in_schema_of, reported
from nicu_dashboard.migration.own_back import (
    OwnWayBack,
    close_database,
    database_home,
    hold_writers,
    is_own,
    own_plan,
)
from nicu_dashboard.migration.plan import OWN, PRISMA, NotCarried
from nicu_dashboard.migration.prisma import LEGACY, legacy_part
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.retyped import refuse_retyped
from nicu_dashboard.migration.roll_back import WayBack, new_tables
from nicu_dashboard.migration.settings_to_set import audit_key_of
from nicu_dashboard.migration.source import keep, source_path
from nicu_dashboard.migration.target import Connection, connect


def roll_back(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Write what PostgreSQL (`source`) holds now into a new SQLite file (`target`), and verify every value."""
    chosen, shown = in_schema_of(options or Options(), source), progress or Silent()
    return reported("roll-back", lambda report: _roll_back(source, source_path(target), chosen, shown, report))


def _roll_back(source: str, target: Path, options: Options, progress: Progress, report: Report) -> None:
    _refuse_place(target, options)
    partial = target.with_name(target.name + ".partial")
    _remove(partial)
    with closing(connect(source, side="source")) as connection:
        _begin(connection, options)
        earlier = database_home(connection, options.schema)
        setting = f"DATABASE_URL=sqlite:///{target.absolute()}"
        try:
            way = _way(connection, partial, options, progress)
            begun = perf_counter()
            _write(way, partial, options, report)
            closes = options.close and not report.differences
            if closes:
                close_database(connection, way.plan.schema, setting)
            keep(partial, target)  # before the database is closed for it
        except BaseException:
            _remove(partial)
            raise
        if closes:
            _commit(connection, target)
            report.setting, report.seconds["standstill"] = setting, round(perf_counter() - begun, 3)
            report.also_set = audit_key_of(Path(way.moved_from)) if way.moved_from else []
    _conclude(way, target, earlier, report)


def _refuse_place(target: Path, options: Options) -> None:
    if target.exists():
        raise TargetRefused(f"{target} is already there.", "Name a file that does not exist.")
    for log in (target.with_name(target.name + end) for end in ("-wal", "-journal")):
        if log.exists():  # SQLite would play it into the new file
            raise TargetRefused(
                f"{log} is left of an earlier file; SQLite would write its old rows into the new one.",
                "Put it away where that file went, or name another file.",
            )
    if not target.absolute().parent.is_dir():
        raise TargetRefused(f"the folder {target.absolute().parent} is not there.", "Make it, or name another.")
    if options.close and options.as_is:
        raise TargetRefused("a plain copy is no new home for a dashboard.", "Leave --close or --as-is out.")


def _conclude(way: WayBack, target: Path, earlier: str, report: Report) -> None:
    report.exit_code = 1 if report.differences or way.unfit else 0
    report.tables = [replace(table, compared=table.rows) for table in report.tables]
    rows = sum(table.rows for table in way.counted)
    report.summary = (
        f"{rows:,} rows in {len(way.counted)} table(s) written to {target.name} and compared,"
        f" {len(report.differences)} different."
    )
    if earlier:
        report.summary += f" The database was closed before: what {earlier} has taken since is not in it."
    if report.setting:
        report.next_step = "Set this and start the dashboard again; the database takes no more service."
    elif way.plan.schema == LEGACY:
        report.next_step = "It holds what was moved; what the dashboard has written since is in its own tables alone."


def _remove(partial: Path) -> None:
    """Remove an unfinished file, with what SQLite keeps beside one that was killed."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def _commit(connection: Connection, target: Path) -> None:
    """Close the database for good; where that cannot be told, the file goes, for the database may be in service."""
    try:
        connection.commit()
    except BaseException:
        target.unlink()
        raise


def _begin(connection: Connection, options: Options) -> None:
    """Read one instant: of a database in service its own snapshot, of one that is closed what it holds at last."""
    if not options.close:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return
    if not is_own(connection, options.schema):
        raise TargetRefused("only a dashboard's own database can be closed.", "Leave --close out.")
    hold_writers(connection, options.schema)


def _way(connection: Connection, partial: Path, options: Options, progress: Progress) -> WayBack:
    """Return the way back that this database needs."""
    journal = Journal(connection)
    before = journal.latest()
    rejects = journal.rejects(before.id) if before else []
    moved_from = before.source if before else ""
    if before and before.plan.mapping == PRISMA and options.as_is:
        return WayBack(connection, legacy_part(before.plan), rejects, progress)
    if (before is None or before.plan.mapping != "as-is") and is_own(connection, options.schema):
        plan = own_plan(connection, partial, options.schema)
        kept = rejects if before and before.plan.mapping == OWN else []
        return OwnWayBack(connection, plan, kept, progress, old=before.plan if before else None, moved_from=moved_from)
    if before is None or before.state == "loading":
        raise TargetRefused("no finished move is recorded in this database.", "Name the database that was filled.")
    way = WayBack(connection, before.plan, rejects, progress)
    if before.state == "wrong":
        way.lost.append(
            NotCarried("move", moved_from, "it was found different from its source: see `nicu migrate verify`")
        )
    return way


def _write(way: WayBack, partial: Path, options: Options, report: Report) -> None:
    refuse_retyped(way.connection, way.plan)
    way.write(partial)
    report.add_plan(replace(way.plan, tables=tuple(way.counted)), [*way.lost, *new_tables(way.connection, way.plan)])
    report.add_rejects(way.unfit, options.show_values)
    if way.unfit and options.on_reject == "stop":
        raise RowsRejected("rows were met that SQLite cannot hold; no file was written.", "See the reasons above.")
    found = way.verify(partial)
    report.add_differences([item for item in found if not way.is_unfit(item)], options.show_values)
