"""What a move of the dashboard's own file does before its snapshot, and notes of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from nicu_dashboard.migration.errors import SourceUnreadable
from nicu_dashboard.migration.following import at_once, home_of, install, live, marks_of, remove
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.source import open_snapshot
from nicu_dashboard.migration.target import Connection


def refuse_moved(source: Path, file: sqlite3.Connection) -> None:
    """Raise SourceUnreadable when the file has moved already."""
    home = home_of(file)
    if home is not None:
        raise SourceUnreadable(
            f"{source.name} has moved ({home.setting}) and takes no more service.",
            "Move what is there now: `nicu migrate roll-back`; or let the file serve again: `nicu migrate abort`.",
        )


def begin_notes(source: Path) -> str:
    """Begin to note what changes in the source; return the token of this move."""
    with live(source) as file:
        return install(file)


def end_notes(source: Path) -> None:
    """Take the notes out again, where the source lets itself be written."""
    with suppress(SourceUnreadable, sqlite3.Error), live(source) as file, at_once(file):
        remove(file)


def begin_marks(connection: Connection, number: int, token: str, snapshot: Path) -> None:
    """Note in the target, in the caller's transaction, how far the snapshot of a followed source is."""
    with closing(open_snapshot(snapshot)) as file:
        Marks(connection, number).begin(token, marks_of(file))
