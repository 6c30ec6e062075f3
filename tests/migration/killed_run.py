"""A move that dies by SIGKILL at a chosen point: `python -m tests.migration.killed_run SOURCE URL POINT`.

A point is `stage:event:victim`, or `stage:event:victim:lane[:mapping]`; the stage `after` counts milliseconds instead,
the mapping is `as-is` or `ours`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration import api

OPTIONS = api.Options(as_is=True, workers=2, chunk_rows=3_000, lane="plain")
OURS = api.Options(workers=2, chunk_rows=100)
"""Into our own tables, from a file of ours or of the earlier dashboard."""


class Deadly:
    """Counts the events of a stage and kills at the given one: this process, or one of its workers."""

    def __init__(self, stage: str, event: int, victim: str) -> None:
        self.stage, self.left, self.victim = stage, event, victim

    def start(self, stage: str, total: int, unit: str) -> None:
        """Count."""
        self._count(stage)

    def advance(self, stage: str, done: int, note: str = "") -> None:
        """Count."""
        self._count(stage)

    def finish(self, stage: str) -> None:
        """Count."""
        self._count(stage)

    def _count(self, stage: str) -> None:
        if stage != self.stage:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid() if self.victim == "parent" else _worker(), signal.SIGKILL)


def _worker() -> int:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return int(children[0])


def main(source: str, url: str, point: str) -> None:
    """Run until the point."""
    stage, event, victim, *more = point.split(":")
    if stage == "after":
        threading.Timer(int(event) / 1000, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
    options = replace(OPTIONS, lane=more[0]) if more else OPTIONS
    if more[1:] == ["ours"]:
        options = OURS
    report = api.run(source, url, options, Deadly(stage, int(event), victim))
    sys.stdout.write(json.dumps(report.to_dict()))
    sys.stdout.flush()
    os._exit(report.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
