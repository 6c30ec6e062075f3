"""Where a command keeps its snapshot: in a folder of its own, which it may remove, beside the source or in another."""

from __future__ import annotations

from pathlib import Path


def folder_of(source: Path, work_dir: Path | None, kind: str) -> Path:
    """Return the folder of one kind of command on a source; what else lies in `work_dir` is none of its business."""
    return (work_dir or source.absolute().parent) / f".{source.name}.{kind}"


def own_folder(source: Path, work_dir: Path | None, kind: str) -> Path:
    """Return that folder, made for its owner alone, `work_dir` too; raises OSError."""
    folder = folder_of(source, work_dir, kind)
    for each in [work_dir, folder] if work_dir else [folder]:
        each.mkdir(mode=0o700, exist_ok=True)
    return folder
