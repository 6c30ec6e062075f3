"""Where a command keeps its snapshot: in a folder of its own, which it may remove, beside the source or in another."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from nicu_dashboard.migration.errors import TargetRefused


def folder_of(source: Path, work_dir: Path | None, kind: str) -> Path:
    """Return the folder of one kind of command on a source; what else lies in `work_dir` is none of its business."""
    return (work_dir or source.absolute().parent) / f".{source.name}.{kind}"


def own_folder(source: Path, work_dir: Path | None, kind: str) -> Path:
    """Return that folder, made for its owner alone, `work_dir` too; raises OSError."""
    folder = folder_of(source, work_dir, kind)
    for each in [work_dir, folder] if work_dir else [folder]:
        each.mkdir(mode=0o700, exist_ok=True)
    return folder


def unfinished_snapshot(folder: Path, work_dir: Path | None, name: str) -> Path:
    """Return the snapshot that an earlier start left; earlier versions kept it in `work_dir` itself."""
    for place in [folder, work_dir] if work_dir else [folder]:
        if (place / name).exists():
            return place / name
    raise TargetRefused(
        f"an unfinished move is here, but its snapshot {name} is not in {folder}: it was begun with another --work-dir,"
        " or somebody has removed it.",
        "Name that folder with --work-dir to go on. Or begin again with --restart: the source stays as it is, and what"
        " the move has written into the target so far is dropped.",
    )


def leave(folder: Path, work_dir: Path | None, name: str) -> None:
    """Remove a move's folder and its snapshot, also where an earlier version has put it."""
    shutil.rmtree(folder, ignore_errors=True)
    if work_dir is not None:
        with suppress(OSError):
            (work_dir / Path(name).name).unlink()
