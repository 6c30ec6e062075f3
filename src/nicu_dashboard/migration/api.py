"""What the command line calls: plan, run, verify, roll_back. Each returns a Report and raises nothing of its own."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter

from nicu_dashboard.migration.alone import alone_on
from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.catching_up import catch_up
from nicu_dashboard.migration.coming_back import roll_back
from nicu_dashboard.migration.concluding import conclude, crew_for, is_verified
from nicu_dashboard.migration.cutting_over import cut_over
from nicu_dashboard.migration.ddl import create_table
from nicu_dashboard.migration.dry_run import rejects_of
from nicu_dashboard.migration.errors import MigrationError, RowsRejected, SourceUnreadable, TargetRefused
from nicu_dashboard.migration.following import at_once, home_of, install, live, marks_of, remove
from nicu_dashboard.migration.in_service import is_in_service
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.letting_go import abort
from nicu_dashboard.migration.mapping import AsIs
from nicu_dashboard.migration.mapping import Mapping as Way
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.move import Move, create_tables
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.options import Options, in_schema_of, reported
from nicu_dashboard.migration.own import Own
from nicu_dashboard.migration.own_target import REVISION_TABLE, bare, make_tables, refusals_of, tables_in
from nicu_dashboard.migration.plan import Plan
from nicu_dashboard.migration.preflight import checked_plan
from nicu_dashboard.migration.prisma import LEGACY, Prisma
from nicu_dashboard.migration.prisma_columns import becomes
from nicu_dashboard.migration.prisma_staging import Converted
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import choose, mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.restarting import refuse_to_lose
from nicu_dashboard.migration.settings_to_set import SET_IT, audit_key_of, setting_of
from nicu_dashboard.migration.source import open_snapshot, reading, refuse_damage, source_path, take_snapshot
from nicu_dashboard.migration.staging import stage
from nicu_dashboard.migration.target import Connection, TargetFacts, connect, look_at_target
from nicu_dashboard.migration.verifying import private_snapshot, verify
from nicu_dashboard.migration.work_folders import folder_of, own_folder
from nicu_dashboard.migration.written import tell_writes, trace_of

__all__ = ["Options", "abort", "catch_up", "cut_over", "plan", "roll_back", "run", "verify"]


def run(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Move a SQLite file into PostgreSQL and verify every value; continues an unfinished move."""
    chosen, shown = in_schema_of(options or Options(), target), progress or Silent()
    return reported("run", lambda report: _run(source_path(source), target, chosen, shown, report))


def _run(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with alone_on(source, options.work_dir), crew_for(source, options) as crew, closing(connect(target)) as connection:
        journal = Journal(connection)
        before = journal.latest()
        connection.rollback()
        folder = folder_of(source, options.work_dir, "migration")
        if before and not options.restart:
            _refuse_other_source(before, source)
        if before and before.state in ("done", "wrong") and not options.restart:
            _tell_finished(connection, before, options, report)
            tell_writes(connection, before, source, report)
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
                refuse_to_lose(connection, before)
                _undo(connection, before)
            snapshot, run_now = _begin(source, folder, target, connection, options, progress, report)
        mapping = mapping_of(run_now.plan, options.chunk_rows)
        move = Move(run_now, snapshot, target, mapping, crew, progress, connection)
        _carry_on(move, options, report)
        tell_writes(connection, run_now, source, report, snapshot)
        if report.exit_code == 0 and run_now.plan.mapping != "as-is":
            _tell_next(connection, run_now, source, target, report)
        shutil.rmtree(folder, ignore_errors=True)


def _tell_finished(connection: Connection, before: Run, options: Options, report: Report) -> None:
    """Say again what a finished move came to: rejects, refused rules and what nobody compared stay exit code 1."""
    with connection.transaction():
        verified = is_verified(Journal(connection), before)
    report.add_plan(before.plan)
    conclude(connection, before, (), replace(options, verify=verified), report)
    finished = "this target already holds a finished move"
    if before.state == "wrong" or (options.verify and not verified and not report.exit_code):
        report.exit_code = 1
        why = "which differed from its source" if before.state == "wrong" else "which was not verified"
        report.summary = f"{finished}, {why}."
    elif report.exit_code:
        report.summary = f"{finished}: {report.summary}"
        return
    else:
        report.summary = f"{finished}."
    report.next_step = "Run `nicu migrate verify` to compare again, or name an empty target."


def _refuse_other_source(before: Run, source: Path) -> None:
    if before.source not in ("", str(source.resolve())):
        raise TargetRefused(
            f"this target holds the move of another file ({before.source}).",
            "Name an empty database, or that file; --restart drops what that move has written.",
        )


def _refuse_moved(source: Path, live: sqlite3.Connection) -> None:
    home = home_of(live)
    if home is not None:
        raise SourceUnreadable(
            f"{source.name} has moved ({home.setting}) and takes no more service.",
            "Move what is there now: `nicu migrate roll-back`; or let the file serve again: `nicu migrate abort`.",
        )


def _tell_next(connection: Connection, run_now: Run, source: Path, target: str, report: Report) -> None:
    following = Marks(connection, run_now.id).following()
    connection.rollback()
    if following is not None:
        report.next_step = "Bring what was written since with `nicu migrate catch-up`, then `nicu migrate cut-over`."
        return
    report.setting, report.also_set, report.next_step = setting_of(target), audit_key_of(source), SET_IT


def _begin(
    source: Path, folder: Path, target: str, connection: Connection, options: Options, progress: Progress,
    report: Report,
) -> tuple[Path, Run]:  # fmt: skip
    begun = perf_counter()
    with reading(source) as live:
        mapping = choose(live, options)
        if isinstance(mapping, Own):
            _refuse_moved(source, live)
        size = source.stat().st_size
    _refuse(_facts(connection, mapping, size), report)
    token = _follow(source, mapping, options)
    own_folder(source, options.work_dir, "migration")
    for stale in folder.glob("snapshot-*"):
        stale.unlink()
    snapshot = folder / f"snapshot-{secrets.token_hex(6)}.sqlite"
    progress.start("snapshot", 1, "pages")
    trace = trace_of(source)
    take_snapshot(source, snapshot, lambda done, pages: None)
    progress.finish("snapshot")
    report.seconds["snapshot"] = round(perf_counter() - begun, 3)
    try:
        plan, converted = _looked_at(source, snapshot, mapping, options, report)
        if plan.mapping != "as-is":
            make_tables(target, connection, plan.schema)
    except BaseException:
        _forget(source, folder, token)
        raise
    with connection.transaction():
        journal = Journal(connection)
        journal.prepare()
        if journal.latest_alone() is not None:
            _forget(source, folder, token)
            raise TargetRefused(
                "another move to this target has begun meanwhile.", "Let it end, or name an empty database."
            )
        if plan.mapping != "as-is":
            plan = bare(connection, plan)
        for schema in {table.schema for table in plan.tables if not table.exists}:
            made = [create_table(table) for table in plan.tables if table.schema == schema and not table.exists]
            create_tables(connection, schema, made)
        number = journal.open_run(snapshot.name, plan, options.on_reject, str(source.resolve()), trace)
        journal.add_rejects(number, converted.rejects)
        if token is not None:
            with closing(open_snapshot(snapshot)) as file:
                Marks(connection, number).begin(token, marks_of(file))
    return snapshot, Run(number, 1, snapshot.name, "loading", plan, options.on_reject, trace=trace)


def _forget(source: Path, folder: Path, token: str | None) -> None:
    """Leave no trace of a move that no journal knows of yet."""
    shutil.rmtree(folder, ignore_errors=True)
    if token is not None:
        with suppress(SourceUnreadable, sqlite3.Error), live(source) as file, at_once(file):
            remove(file)


def _looked_at(source: Path, snapshot: Path, mapping: Way, options: Options, report: Report) -> tuple[Plan, Converted]:
    """Return the plan of a snapshot; raises RowsRejected where the look has found rows that would be."""
    begun = perf_counter()
    plan, converted = checked_plan(source, snapshot, mapping)
    if converted.rejects and options.on_reject == "stop":
        report.add_rejects(converted.rejects, options.show_values)
        raise RowsRejected(
            f"{len(converted.rejects)} row(s) have no place in our tables.",
            "Mend them, or run again with --on-reject quarantine: they stay in the schema legacy and in the rejects.",
        )
    report.seconds["plan"] = round(perf_counter() - begun, 3)
    if plan.orphans and options.on_reject == "stop":
        raise RowsRejected(
            "rows point at rows that are not there: "
            + ", ".join(f"{table} → {parent}: {count}" for table, parent, count in plan.orphans)
            + ".",
            "Mend them, or run again with --on-reject quarantine.",
        )
    return plan, converted


def _follow(source: Path, mapping: Way, options: Options) -> str | None:
    """Begin to note what changes in the source, before its snapshot; return the token, None when it stands still."""
    if options.follow and not isinstance(mapping, Own):
        raise MigrationError(
            "--follow is for a file of this dashboard's own.", "Stop what writes the source, and leave --follow out."
        )
    follow = options.follow if options.follow is not None else is_in_service(source)
    if not follow or not isinstance(mapping, Own):
        return None
    with live(source) as file:
        return install(file)


def _refuse(facts: TargetFacts, report: Report) -> None:
    report.server = facts.server
    report.refusals += facts.refusals
    if facts.refusals:
        raise TargetRefused(
            "the target cannot take the data: " + "; ".join(facts.refusals) + ".", "Mend that, then repeat."
        )


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
        report.add_plan(move.run.plan)
        report.add_rejects(move.held, options.show_values)
        error.next_step = _mend(report)
        raise
    finally:
        report.seconds.update(move.seconds)
        report.lanes = dict(move.lanes)
        report.add_plan(move.run.plan)
    conclude(move.connection, move.run, found, options, report)


def plan(source: str, target: str, options: Options | None = None, progress: Progress | None = None) -> Report:
    """Look at every value and at the target, and tell what `run` would do; writes nothing."""
    chosen, shown = in_schema_of(options or Options(), target), progress or Silent()
    return reported("plan", lambda report: _plan(source_path(source), target, chosen, shown, report))


def _plan(source: Path, target: str, options: Options, progress: Progress, report: Report) -> None:
    with reading(source) as live:
        refuse_damage(source, live)
        mapping = choose(live, options)
        if isinstance(mapping, Prisma):
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
    _refuse(_look(target, mapping, source.stat().st_size), report)
    report.exit_code = 1 if report.reject_count else 0
    rows = sum(table.rows for table in made.tables)
    report.summary = f"{rows:,} rows in {len(made.tables)} table(s); {report.reject_count} would be rejected."
    report.next_step = _mend(report) if report.reject_count else "Run the same with `run`."


def _mend(report: Report) -> str:
    choose = "choose a type with --type, " if report.mapping == "as-is" else ""
    return f"Mend them, {choose}or run with --on-reject quarantine, which keeps them whole in nicu_migration.rejects."


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
        return _facts(connection, mapping, size)


def _facts(connection: Connection, mapping: Way, size: int) -> TargetFacts:
    """Return what speaks against the target; our own tables may be there already, if they are empty."""
    facts = look_at_target(connection, mapping.schema, size, resuming=not isinstance(mapping, AsIs))
    if isinstance(mapping, AsIs):
        return facts
    said = refusals_of(connection, mapping.schema)
    if isinstance(mapping, Prisma) and tables_in(connection, LEGACY):
        said.append(f"the schema {LEGACY} is not empty: name an empty database")
    connection.rollback()
    return replace(facts, refusals=(*facts.refusals, *said))
