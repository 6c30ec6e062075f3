"""`abort`: a followed source is let go, or one that has moved serves again."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from nicu_dashboard.migration.alone import alone_on
from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.following import at_once, home_of, live, open_again, remove, token_of
from nicu_dashboard.migration.journal import Journal
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.options import Options, in_schema_of, reported
from nicu_dashboard.migration.own_back import open_database_again
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.source import source_path
from nicu_dashboard.migration.target import connect


def abort(source: str, target: str | None = None) -> Report:
    """Take every trace of a move out of the source; with `target`, record it there too."""
    return reported("abort", lambda report: _abort(source, target, report))


def _abort(source: str, target: str | None, report: Report) -> None:
    if source.partition(":")[0] in ("postgresql", "postgres"):
        _open_database(source, report)
        return
    path = source_path(source)
    with alone_on(path), live(path) as file:
        home, token = home_of(file), token_of(file)
        with at_once(file):
            remove(file)
            open_again(file)
        _remove_snapshots(path)
    told = home.token if home else token
    if told is None:
        report.summary = f"{path.name} was followed by no move; nothing to do."
        return
    if target is not None:
        try:
            _record(target, told)
        except TargetRefused as error:
            what = error.what.removesuffix(".")
            raise TargetRefused(f"{path.name} is let go, but not recorded: {what}.", error.next_step) from None
    report.summary = f"{path.name} is let go." if home is None else f"{path.name} serves again."
    if home is not None:
        report.next_step = (
            f"It holds nothing that was written since {home.moved_at}: stop the dashboard at {home.setting}, and bring"
            " what is there with `nicu migrate roll-back` if it was in service."
        )


def _remove_snapshots(path: Path) -> None:
    """Remove what a command that was killed has left beside the file."""
    for kind in ("migration", "cut-over", "verify"):
        shutil.rmtree(path.parent / f".{path.name}.{kind}", ignore_errors=True)


def _open_database(source: str, report: Report) -> None:
    with closing(connect(source, side="source")) as connection:
        was_closed = open_database_again(connection, in_schema_of(Options(), source).schema)
        connection.commit()
    report.summary = "the database serves again." if was_closed else "the database was not closed; nothing to do."


def _record(target: str, token: str) -> None:
    with closing(connect(target)) as connection:
        run = Journal(connection).latest()
        marks = Marks(connection, run.id) if run else None
        following = marks.following() if marks else None
        if marks is None or following is None or following.token != token:
            raise TargetRefused("this target holds no move of that source.")
        marks.set_ended()
        connection.commit()
