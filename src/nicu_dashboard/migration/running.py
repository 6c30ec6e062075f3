"""`run`: everything from the first look to the last word, or what an earlier start has left to do.

What only a dashboard's own file needs is loaded where it is met: SQLAlchemy takes a quarter of a second.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import psycopg

from nicu_dashboard.migration.alone import alone_on
from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.comparing import Difference
from nicu_dashboard.migration.concluding import conclude, crew_for, how_to_mend, is_verified
from nicu_dashboard.migration.crew import Crew
from nicu_dashboard.migration.ddl import create_table
from nicu_dashboard.migration.errors import MigrationError, RowsRejected, TargetRefused
from nicu_dashboard.migration.in_service import is_in_service
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.mapping import Mapping as Way
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.move import Move, create_tables
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.options import Options, in_schema_of, reported
from nicu_dashboard.migration.plan import AS_IS, OWN, PRISMA, REVISION_TABLE, Plan
from nicu_dashboard.migration.preflight import checked_plan
from nicu_dashboard.migration.progress import Progress, Silent
from nicu_dashboard.migration.recognising import choose, mapping_of
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.restarting import refuse_to_lose
from nicu_dashboard.migration.settings_to_set import SET_IT, audit_key_of, setting_of
from nicu_dashboard.migration.source import reading, refuse_damage, source_path, take_snapshot
from nicu_dashboard.migration.staging import Converted
from nicu_dashboard.migration.suitability import facts_of, refuse
from nicu_dashboard.migration.target import Connection, connect
from nicu_dashboard.migration.work_folders import folder_of, leave, own_folder, unfinished_snapshot
from nicu_dashboard.migration.written import tell_writes, trace_of


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
            leave(folder, options.work_dir, before.snapshot)  # killed after its last commit, the move may have left it
            return
        if before and before.state not in ("done", "wrong") and not options.restart:
            snapshot = unfinished_snapshot(folder, options.work_dir, before.snapshot)
            _refuse_other_ways(before, options)
            with connection.transaction():
                epoch = journal.take_over(before.id, options.on_reject)
            run_now = replace(before, epoch=epoch, on_reject=options.on_reject)
        else:
            if before and options.restart:
                _refuse_unsound(source, options)
                refuse_to_lose(connection, before, options.schema)
                _undo(connection, before)
                leave(folder, options.work_dir, before.snapshot)
            snapshot, run_now = _begin(source, folder, target, connection, options, crew, progress, report)
        mapping = mapping_of(run_now.plan, options.chunk_rows)
        move = Move(run_now, snapshot, target, mapping, crew, progress, connection)
        _carry_on(move, options, report)
        tell_writes(connection, run_now, source, report, snapshot)
        if report.exit_code == 0 and run_now.plan.mapping != AS_IS:
            _tell_next(connection, run_now, source, target, report)
        leave(folder, options.work_dir, run_now.snapshot)


def _tell_finished(connection: Connection, before: Run, options: Options, report: Report) -> None:
    """Say again what a finished move came to: rejects, refused rules and what nobody compared stay exit code 1."""
    with connection.transaction():
        verified = is_verified(Journal(connection), before)
    report.add_plan(before.plan)
    _conclude(connection, before, (), replace(options, verify=verified), report)
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


def _conclude(
    connection: Connection, run_now: Run, found: Sequence[Difference], options: Options, report: Report
) -> None:
    conclude(connection, run_now, found, options, report)
    if run_now.plan.mapping == PRISMA:
        from nicu_dashboard.migration.prisma_seals import unkeyed_in

        report.advice += unkeyed_in(connection, run_now.plan)


def _refuse_other_source(before: Run, source: Path) -> None:
    if before.source not in ("", str(source.resolve())):
        raise TargetRefused(
            f"this target holds the move of another file ({before.source}).",
            "Name an empty database, or that file; --restart drops what that move has written.",
        )


def _refuse_unsound(source: Path, options: Options) -> None:
    """Raise where the source could not be moved anew: what is in the target may be all that is left of it."""
    with reading(source) as live:
        refuse_damage(source, live)
        mapping = choose(live, options)
        if mapping.way == AS_IS:
            mapping.plan(live, read_catalog(live), sample=True)


def _refuse_other_ways(before: Run, options: Options) -> None:
    """Raise TargetRefused where other types or another schema are asked for than those the move was begun with."""
    if before.plan.mapping == AS_IS and (
        dict(options.kinds) not in ({}, before.plan.choices) or options.schema not in ("public", before.plan.schema)
    ):
        raise TargetRefused(
            "the unfinished move in this target was begun with other types, or into another schema.",
            "Leave --type and --schema out to go on with it, or add --restart to begin again with them.",
        )


def _tell_next(connection: Connection, run_now: Run, source: Path, target: str, report: Report) -> None:
    following = Marks(connection, run_now.id).following()
    connection.rollback()
    if following is not None:
        report.next_step = "Bring what was written since with `nicu migrate catch-up`, then `nicu migrate cut-over`."
        return
    report.setting, report.also_set, report.next_step = setting_of(target), audit_key_of(source), SET_IT


def _begin(
    source: Path, folder: Path, target: str, connection: Connection, options: Options, crew: Crew,
    progress: Progress, report: Report,
) -> tuple[Path, Run]:  # fmt: skip
    begun = perf_counter()
    with reading(source) as live:
        mapping = choose(live, options)
        if mapping.way == OWN:
            from nicu_dashboard.migration.own_beginning import refuse_moved

            refuse_moved(source, live)
        size = source.stat().st_size
    refuse(facts_of(connection, mapping, size), report)
    token = _follow(source, mapping, options)
    own_folder(source, options.work_dir, "migration")
    for stale in folder.glob("snapshot-*"):
        stale.unlink()
    snapshot = folder / f"snapshot-{secrets.token_hex(6)}.sqlite"
    progress.start("snapshot", 1, "pages")
    trace = trace_of(source)
    take_snapshot(source, snapshot, lambda done, pages: None)
    crew.hire()  # the check of the pages that follows leaves all processors but one idle
    progress.finish("snapshot")
    report.seconds["snapshot"] = round(perf_counter() - begun, 3)
    try:
        plan, converted = _looked_at(source, snapshot, mapping, options, report)
        if plan.mapping != AS_IS:
            from nicu_dashboard.migration.own_target import make_tables

            make_tables(target, connection, plan.schema)
    except BaseException:
        _forget(source, folder, token)
        raise
    try:
        return snapshot, _opened(connection, source, snapshot, plan, converted, options, trace, token)
    except (TargetRefused, psycopg.Error) as error:
        if isinstance(error, TargetRefused) or error.sqlstate:  # else it is not known whether it has begun
            _forget(source, folder, token)
        raise


def _opened(
    connection: Connection, source: Path, snapshot: Path, plan: Plan, converted: Converted, options: Options,
    trace: str, token: str | None,
) -> Run:  # fmt: skip
    """Make the bare tables and their journal, at once or not at all."""
    with connection.transaction():
        journal = Journal(connection)
        journal.prepare()
        if journal.latest_alone() is not None:
            raise TargetRefused(
                "another move to this target has begun meanwhile.", "Let it end, or name an empty database."
            )
        if plan.mapping != AS_IS:
            from nicu_dashboard.migration.own_target import bare

            plan = bare(connection, plan)
        for schema in {table.schema for table in plan.tables if not table.exists}:
            made = [create_table(table) for table in plan.tables if table.schema == schema and not table.exists]
            create_tables(connection, schema, made)
        number = journal.open_run(snapshot.name, plan, options.on_reject, str(source.resolve()), trace)
        journal.add_rejects(number, converted.rejects)
        if token is not None:
            from nicu_dashboard.migration.own_beginning import begin_marks

            begin_marks(connection, number, token, snapshot)
    return Run(number, 1, snapshot.name, "loading", plan, options.on_reject, trace=trace)


def _forget(source: Path, folder: Path, token: str | None) -> None:
    """Leave no trace of a move that no journal knows of yet."""
    shutil.rmtree(folder, ignore_errors=True)
    if token is not None:
        from nicu_dashboard.migration.own_beginning import end_notes

        end_notes(source)


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
    if options.follow and mapping.way != OWN:
        raise MigrationError(
            "--follow is for a file of this dashboard's own.", "Stop what writes the source, and leave --follow out."
        )
    follow = options.follow if options.follow is not None else is_in_service(source)
    if not follow or mapping.way != OWN:
        return None
    from nicu_dashboard.migration.own_beginning import begin_notes

    return begin_notes(source)


def _undo(connection: Connection, run_before: Run) -> None:
    with connection.transaction():
        names = [] if run_before.plan.mapping == AS_IS else [REVISION_TABLE]
        for name in names:
            connection.execute(f"DROP TABLE IF EXISTS {quoted(run_before.plan.schema)}.{name}".encode())
        if run_before.plan.mapping == AS_IS:  # what other people have made of these tables stands in the way, and stays
            listed = ", ".join(table.target for table in run_before.plan.tables)
            connection.execute(f"DROP TABLE IF EXISTS {listed}".encode())
        else:
            for table in run_before.plan.tables:
                connection.execute(f"DROP TABLE IF EXISTS {table.target} CASCADE".encode())
        connection.execute(b"DROP SCHEMA nicu_migration CASCADE")


def _carry_on(move: Move, options: Options, report: Report) -> None:
    try:
        found = move.through(options.verify, options.thorough)
    except RowsRejected as error:
        report.add_plan(move.run.plan)
        report.add_rejects(move.held, options.show_values)
        error.next_step = how_to_mend(report)
        raise
    finally:
        report.seconds.update(move.seconds)
        report.lanes = dict(move.lanes)
        report.add_plan(move.run.plan)
    _conclude(move.connection, move.run, found, options, report)
