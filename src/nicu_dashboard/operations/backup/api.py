"""`nicu db backup`, `restore`, `drill`: a copy is worth what its restore was tried for."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.operations.backup import drills, dump, manifest, sqlite_copy
from nicu_dashboard.operations.backup.manifest import Contents, Manifest
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare
from nicu_dashboard.version import VERSION

_MAGIC = {b"SQLite format 3\x00": "sqlite", b"PGDMP": "postgresql"}
_T = TypeVar("_T")
_SUFFIX = {"sqlite": ".db", "postgresql": ".dump"}


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy: where, how large in bytes, what it holds."""

    path: Path
    size: int
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore: what it was checked against (None without a manifest), and what was wrong."""

    expected: Manifest | None
    rows: int
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drill:
    """A rehearsal: seconds of each stage, the size of the copy, what the restored database held and lacked."""

    backup_s: float
    restore_s: float
    verify_s: float
    size: int
    tables: int
    rows: int
    wrong: tuple[str, ...]

    @property
    def total_s(self) -> float:
        """Return how long it takes until the restored database is known to be right, without making the copy."""
        return self.restore_s + self.verify_s


def backup(database: Database, where: Path, now: int, report: Report) -> Copied:
    """Copy the store to a new file, or into a folder under a name of this instant; raises CannotCare."""
    path = _name(where, database.engine_name, now)
    for taken in (path, manifest.beside(path)):
        if taken.exists():
            raise CannotCare(f"{taken.name} is there already; name another file")
    if not path.parent.is_dir():
        raise CannotCare(f"there is no folder {path.parent}; make it first")
    arriving = path.with_name(f".{path.name}.arriving")
    arriving.unlink(missing_ok=True)
    try:
        contents = _copy(database, arriving, report)
        made = Manifest(
            database.engine_name,
            VERSION,
            format_instant(now),
            revisions.current(database),
            manifest.of_file(arriving, report),
            contents,
        )
        manifest.write(made, path)
        arriving.replace(path)
    finally:
        arriving.unlink(missing_ok=True)
    return Copied(path, path.stat().st_size, made)


def restore(database: Database, path: Path, report: Report) -> Restored:
    """Fill this store, which must be empty, from a copy, and compare; where CannotCare is raised nothing was changed.

    A store that came back different is reported, not undone: it is a new one, and what is in it may be all there is.
    """
    expected = _looked_at(path, database.engine_name, report)
    target = database.address
    if database.engine_name == "sqlite":
        database.close()
        file = Path(target.database).expanduser()
        if not sqlite_copy.is_empty(file):
            raise CannotCare(f"{file.name} holds data already; name a new file in DATABASE_URL")
        sqlite_copy.verify(path, report)
        sqlite_copy.put_in_place(path, file, report)
    else:
        dump.restore(path, target, report)
    found = _contents(target, report)
    wrong = () if expected is None else tuple(expected.differences(found))
    return Restored(expected, sum(table.rows for table in found.values()), wrong)


def drill(database: Database, scratch: Address | None, now: int, report: Report) -> Drill:
    """Copy the store, restore the copy beside it, compare every table, and take both away again."""
    with tempfile.TemporaryDirectory(prefix="nicu-drill-") as folder:
        backup_s, copied = _timed(lambda: backup(database, Path(folder), now, report))
        if database.engine_name == "sqlite":
            return _rehearse(copied, replace(database.address, database=f"{folder}/restored.db"), backup_s, report)
        if scratch is not None:
            dump.must_be_empty(scratch)
            try:
                return _rehearse(copied, scratch, backup_s, report)
            finally:
                dump.empty_again(scratch)
        with drills.database_beside(database.address, report) as name:
            return _rehearse(copied, replace(database.address, database=name), backup_s, report)


def _rehearse(copied: Copied, target: Address, backup_s: float, report: Report) -> Drill:
    if target.dialect == "sqlite":
        fill: Callable[[], None] = lambda: sqlite_copy.put_in_place(copied.path, Path(target.database), report)  # noqa: E731
    else:
        fill = lambda: dump.restore(copied.path, target, report)  # noqa: E731
    restore_s, _ = _timed(fill)
    verify_s, found = _timed(lambda: _contents(target, report))
    wrong = tuple(copied.manifest.differences(found))
    return Drill(backup_s, restore_s, verify_s, copied.size, len(found), copied.manifest.rows, wrong)


def _copy(database: Database, target: Path, report: Report) -> Mapping[str, Contents]:
    if database.engine_name == "sqlite":
        return sqlite_copy.copy(Path(database.address.database).expanduser(), target, report)
    return dump.copy(database.address, target, report)


def _contents(address: Address, report: Report) -> dict[str, Contents]:
    if address.dialect == "sqlite":
        return sqlite_copy.verify(Path(address.database).expanduser(), report)
    return dump.contents(address, report)


def _looked_at(path: Path, engine: str, report: Report) -> Manifest | None:
    """Return the manifest of a copy once the file was found whole and of the right kind."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise CannotCare(
            f"{path} cannot be read ({(error.strerror or '').lower()}); name a copy made by nicu db backup"
        ) from None
    kind = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if kind is None:
        raise CannotCare(f"{path.name} is no copy made by nicu db backup; name another file")
    if kind != engine:
        raise CannotCare(
            f"{path.name} is a copy of a {kind} store, and DATABASE_URL names a {engine} one; to move: nicu migrate"
        )
    expected = manifest.read(path)
    if expected is not None and manifest.of_file(path, report) != expected.file_sha256:
        raise CannotCare(f"{path.name} was changed or damaged since it was made; take another copy")
    return expected


def _name(where: Path, engine: str, now: int) -> Path:
    if not where.is_dir():
        return where
    stamp = format_instant(now)[:19].replace("-", "").replace(":", "")
    return where / f"nicu-{stamp}Z{_SUFFIX[engine]}"


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result
