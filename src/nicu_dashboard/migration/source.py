"""The SQLite side: naming it, opening it without touching it, and taking a consistent snapshot."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from time import sleep
from typing import BinaryIO
from urllib.parse import quote, unquote

from nicu_dashboard.adapters.sql.peeking import first_bytes
from nicu_dashboard.migration.errors import MigrationError, SourceUnreadable
from nicu_dashboard.migration.wal import describe_cut_wal

OLDEST_SQLITE = (3, 37)
MAGIC = b"SQLite format 3\0"
SNAPSHOT_STEP_PAGES = 4096
LISTED_FAULTS = 100
WAL_SETTLES_S = 0.3
PLAINLY_ABOVE_BYTES = 4_000_000
COMPARED_BYTES = 1 << 20
COPY_PROGRAM = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def source_path(named: str) -> Path:
    """Return the file named by a path, `file:./dev.db` or `sqlite:///…`; parameters after `?` are dropped."""
    text = named
    if text.partition("://")[0] in ("postgresql", "postgres", "postgresql+psycopg"):
        raise SourceUnreadable(
            "a PostgreSQL address stands where a SQLite file is wanted.",
            "Name SOURCE first and TARGET then: the file and the database, on the way back the database and the file.",
        )
    if text.startswith("sqlite:"):
        text = text.removeprefix("sqlite:")
        text = text.removeprefix("///") if text.startswith("///") else text
    elif text.startswith("file:"):
        text = text.removeprefix("file:")
        text = "/" + text.lstrip("/") if text.startswith("//") else text
    else:
        return Path(text).expanduser()
    return Path(unquote(text.partition("?")[0])).expanduser()


def surrogate_text(raw: bytes) -> str:
    """Return text as Python's str; bytes that are no UTF-8 become lone surrogates, so that none is lost."""
    return raw.decode("utf-8", "surrogateescape")


def open_snapshot(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes; text keeps its exact bytes (see surrogate_text)."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True, isolation_level=None)
    connection.text_factory = surrogate_text
    return connection


@contextmanager
def reading(path: Path, wait_s: float = 5.0) -> Iterator[sqlite3.Connection]:
    """Yield a read-only connection to a live source inside one read transaction; raises SourceUnreadable."""
    refuse_unreadable(path)
    with closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=wait_s)
    ) as connection:
        connection.text_factory = surrogate_text
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from None
        yield connection


def refuse_unreadable(path: Path) -> None:
    """Raise SourceUnreadable when the file is missing, no SQLite database, or its write-ahead log is cut."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise SourceUnreadable(f"this Python carries SQLite {sqlite3.sqlite_version}; 3.37 or newer is needed.")
    try:
        head = first_bytes(path, len(MAGIC))
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}.", "Check the path and its rights.") from None
    if not head:
        raise SourceUnreadable(
            f"{path} is empty (0 bytes): there is nothing to move.", "Name the file that holds the data."
        )
    if head != MAGIC:
        raise SourceUnreadable(f"{path} is not a SQLite database.", "Name the file that the dashboard writes.")
    log = path.with_name(path.name + "-wal")
    cut = describe_cut_wal(log)
    if cut:  # a program may be writing this very moment: only what stays the same is damage
        sleep(WAL_SETTLES_S)
        cut = cut if describe_cut_wal(log) == cut else []
    if cut:
        raise SourceUnreadable(
            f"the write-ahead log of {path} is damaged: its last transactions are gone.",
            "Restore both files from a copy; or, if that loss is accepted, open the file once with sqlite3.",
            tuple(cut),
        )


def _unreadable(path: Path, error: sqlite3.DatabaseError) -> SourceUnreadable:
    if "locked" in str(error) or "busy" in str(error):
        return SourceUnreadable(
            f"{path} is locked by a program that writes it.", "Stop that program or wait until it commits; then repeat."
        )
    if "readonly" in str(error) and path.with_name(path.name + "-journal").exists():
        return SourceUnreadable(
            f"a program died while it wrote {path}; what it left half done is still to be taken back.",
            f"Open the file once with the program that writes it or with sqlite3, {path.name}-journal beside it.",
        )
    if "readonly" in str(error) or "unable to open" in str(error):
        return SourceUnreadable(
            f"{path} cannot be read where it lies: it is kept with a write-ahead log, and its folder is read-only.",
            "Copy it, with its -wal if there is one, to a folder that can be written, and name the copy.",
        )
    return SourceUnreadable(f"{path} is damaged: {error}.", "Restore it from a backup, or salvage it with `.recover`.")


def faults_of(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return what `quick_check` finds wrong, page by page; empty when the file is sound."""
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({LISTED_FAULTS})")]
    except sqlite3.DatabaseError as error:
        return (str(error),)
    return () if found == ["ok"] else tuple(found)


def refuse_damage(path: Path, connection: sqlite3.Connection) -> None:
    """Raise SourceUnreadable with the exact list when the file is damaged."""
    if faults := faults_of(connection):
        raise SourceUnreadable(
            f"{path} is damaged in {len(faults)} place(s); nothing was moved.",
            "Restore it from a backup, or salvage it with `sqlite3 FILE .recover`.",
            faults,
        )


def take_snapshot(source: Path, snapshot: Path, progress: Callable[[int, int], None]) -> None:
    """Copy the source as it is at one instant into `snapshot` (mode 0600); progress gets (done, all) pages."""
    partial = snapshot.with_name(snapshot.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600))
    with reading(source) as live, closing(sqlite3.connect(partial, isolation_level=None)) as copy:
        if _copied_plainly(live, source, partial):
            partial.rename(snapshot)
            return
        copy.execute("PRAGMA synchronous = OFF")
        try:
            live.backup(
                copy, pages=SNAPSHOT_STEP_PAGES, progress=lambda _, left, pages: progress(pages - left, pages), sleep=0
            )
        except sqlite3.DatabaseError as error:
            for end in ("", "-journal"):
                partial.with_name(partial.name + end).unlink(missing_ok=True)
            if "full" in str(error):
                raise _no_room(source, partial) from None
            raise _unreadable(source, error) from None
    partial.rename(snapshot)


def _copied_plainly(live: sqlite3.Connection, source: Path, copy: Path) -> bool:
    """Copy a large file as bytes while a read transaction holds it still; return whether that was possible.

    It costs a third of SQLite's own page by page. Another process does it, since closing a file gives up all locks
    that a process holds on it.
    """
    size = source.stat().st_size
    if size < PLAINLY_ABOVE_BYTES or not _is_held_still(live, source):
        return False
    pages, page = (int(live.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    command = [sys.executable, "-I", "-S", "-c", COPY_PROGRAM, str(source.absolute()), str(copy.absolute())]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, process_group=0, check=False)
    if done.returncode == 0 and pages * page == size == copy.stat().st_size:
        return True
    os.truncate(copy, 0)
    return False


def _is_held_still(live: sqlite3.Connection, source: Path) -> bool:
    """Return whether the file itself is what the transaction reads, and whether it keeps everybody from writing to it.

    Without a write-ahead log its lock does. With an empty log it reads the file alone, and checkpoints wait for it;
    but that lock lies in the -shm file, which must be there for all.
    """
    if live.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        return True
    log, shared = (source.with_name(source.name + end) for end in ("-wal", "-shm"))
    return (not log.exists() or not log.stat().st_size) and os.access(shared, os.R_OK | os.W_OK)


def is_same_file(source: Path, snapshot: Path) -> bool:
    """Return whether a source whose log is empty holds the same pages as a snapshot, byte for byte."""
    with source.open("rb") as theirs, snapshot.open("rb") as ours, reading(source) as live:
        # The source's descriptor closes after the connection, whose locks it would take along.
        return _is_held_still(live, source) and all(
            _unnumbered(one, place) == _unnumbered(other, place)
            for place, (one, other) in enumerate(zip_longest(_parts(theirs), _parts(ours), fillvalue=b""))
        )


def _parts(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(COMPARED_BYTES), b"")


def _unnumbered(part: bytes, place: int) -> bytes:
    """Return a part of a file without what a copy numbers anew: journal mode, counters, version."""
    if place:
        return part
    return b"".join(part[low:high] for low, high in ((0, 18), (20, 24), (28, 40), (44, 92), (100, None)))


def _no_room(source: Path, partial: Path) -> MigrationError:
    return MigrationError(
        f"the disk of {partial.parent} is full: a snapshot of {source.stat().st_size:,} bytes does not fit.",
        "Make room, or name another folder with --work-dir; then run the same command again.",
    )


def to_disk(path: Path) -> None:
    """Wait until a file and its name would survive a power failure."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def keep(partial: Path, path: Path) -> None:
    """Give a finished file its name, once it would survive a power failure."""
    to_disk(partial)
    partial.rename(path)
    to_disk(path)
