"""Copies of a SQLite file, made while it is written: one snapshot, page by page."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nicu_dashboard.adapters.sql.errors import translated
from nicu_dashboard.operations.backup.manifest import Contents, of_sqlite
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare

_PAGES = 4_096


def copy(source: Path, target: Path, report: Report) -> dict[str, Contents]:
    """Copy a database in use to a new file readable by its owner alone; return its contents."""
    _need_room(source.stat().st_size, target)
    with _translating(source):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(source, isolation_level=None)) as here, closing(sqlite3.connect(target)) as there:
            # An open read transaction keeps every page of the copy to one snapshot, whatever is written meanwhile.
            here.execute("BEGIN")
            here.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            report.stage("copying")

            def progress(_: int, remaining: int, total: int) -> None:
                report.stage_of(total)
                report.at(total - remaining)

            here.backup(there, pages=_PAGES, progress=progress)
            there.execute("PRAGMA journal_mode = DELETE")
    contents = verify(target, report)
    _to_disk(target)
    return contents


def verify(path: Path, report: Report) -> dict[str, Contents]:
    """Return the contents of a copy; raises CannotCare when it is damaged."""
    report.stage("looking for damage")
    with _translating(path), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as there:
        found = [row[0] for row in there.execute("PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            raise CannotCare(f"{path.name} is damaged; take another copy")
        return of_sqlite(there, report)


def is_empty(path: Path) -> bool:
    """Return whether nothing but a fresh schema is in a database file, or no such file is there."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with _translating(path), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as there:
        listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        names = {row[0] for row in there.execute(listed)} - {"alembic_version", "units"}
        return all(there.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() is None for name in names)


def put_in_place(copied: Path, target: Path, report: Report) -> None:
    """Make a copy of the copy the database, at once or not at all; the target must be empty and unused."""
    _need_room(copied.stat().st_size, target)
    arriving = target.with_name(f".{target.name}.arriving")
    arriving.unlink(missing_ok=True)
    try:
        with _translating(target):
            if target.exists() and target.stat().st_size:
                with closing(sqlite3.connect(target, isolation_level=None, timeout=1)) as there:
                    there.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    there.execute("PRAGMA journal_mode = DELETE")  # fails while another program has it open
            report.stage("putting it in place")
            os.close(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            shutil.copyfile(copied, arriving)
            _to_disk(arriving)
            arriving.replace(target)
    finally:
        arriving.unlink(missing_ok=True)


def _need_room(size: int, target: Path) -> None:
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError:
        raise CannotCare(f"there is no folder {target.parent}; make it first") from None
    if free < size * 1.05:
        raise CannotCare(
            f"{size / 1e6:,.0f} MB are needed in {target.parent}, {free / 1e6:,.0f} MB are free; name another place"
        )


def _to_disk(path: Path) -> None:
    for each, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, f"The database {path.name}") from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise CannotCare(
            f"{path.name} cannot be read or written ({reason}); look at the place and its rights"
        ) from None
