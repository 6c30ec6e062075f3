"""Every command with a full disk for what it writes beside the source: `python -m … OWN EARLIER URL OTHER-URL FOLDER`.

Runs in a mount namespace. Prints for each command, as a line of JSON, its report, what it left on the disk, and the
report of the same command once there was room.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration import api
from nicu_dashboard.migration.report import Report
from tests.migration.full_disk import mount, tell

LEFT_BYTES = 150_000
"""A snapshot of a small ward does not fit."""


def main(own: str, earlier: str, url: str, other_url: str, folder: str) -> None:
    """Move and bring back, each command first with a full disk."""
    mount(folder, "60m")
    disk = Path(folder)
    options = api.Options(work_dir=disk / "server")
    follow = replace(options, follow=True)
    back = disk / "back.db"
    twice(disk, lambda: api.run(own, url, follow))
    twice(disk, lambda: api.verify(own, url, options))
    twice(disk, lambda: api.cut_over(own, url, options))
    twice(disk, lambda: api.roll_back(url, str(back)))
    back.unlink()
    half = Path(earlier).stat().st_size + LEFT_BYTES  # its snapshot fits, what is converted in it does not
    twice(disk, lambda: api.plan(earlier, other_url, options), half)
    twice(disk, lambda: api.run(earlier, other_url, options), half)


def twice(disk: Path, command: Callable[[], Report], room: int = LEFT_BYTES) -> None:
    """Run a command with a full disk and again with room."""
    ballast, free = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - room))
    full = command().to_dict()
    left = sorted(path.name for path in disk.rglob("*") if path.is_file() and path != ballast)
    ballast.unlink()
    tell([full, left, command().to_dict()])


if __name__ == "__main__":
    main(*sys.argv[1:])
