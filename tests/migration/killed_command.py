"""A command that dies by SIGKILL at a chosen place: `python -m tests.migration.killed_command PLACE COMMAND FROM TO`.

A place is `module.function:line:hit`, the line counted from the function's first; `look` runs to the end and prints
every place as JSON; `after:MS` counts milliseconds instead. `run` follows its source, `run-once` does not;
`roll-back-close` is `roll-back --close`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from nicu_dashboard.migration import api

ROOM = "nicu_dashboard/migration/"
EACH_VALUE = ("canonical.py", "dates.py", "exact.py", "kinds.py", "numerics.py", "rejects.py", "wire.py")
COMMANDS: dict[str, Callable[[str, str], Any]] = {
    "plan": api.plan,
    "run": lambda source, target: api.run(source, target, api.Options(follow=True)),
    "run-once": api.run,
    "verify": api.verify,
    "catch-up": api.catch_up,
    "cut-over": api.cut_over,
    "abort": api.abort,
    "roll-back": api.roll_back,
    "roll-back-close": lambda source, target: api.roll_back(source, target, api.Options(close=True)),
}


class Steps:
    """Counts every line of the migration's own code that is passed; dies at the wanted one."""

    def __init__(self, wanted: str) -> None:
        self.wanted, _, hit = wanted.rpartition(":")
        self.hit = int(hit) if self.wanted else 0
        self.passed: Counter[str] = Counter()

    def called(self, frame: FrameType, event: str, _: object) -> Any:
        """Follow a function of the room that is not called for each value."""
        module = frame.f_code.co_filename.rpartition(ROOM)
        return self.line if module[1] and module[2] not in EACH_VALUE else None

    def line(self, frame: FrameType, event: str, _: object) -> Any:
        """Count a line."""
        if event == "line":
            code = frame.f_code
            module = code.co_filename.rpartition(os.sep)[2].removesuffix(".py")
            place = f"{module}.{code.co_qualname}:{frame.f_lineno - code.co_firstlineno}"
            self.passed[place] += 1
            if place == self.wanted and self.passed[place] == self.hit:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.line


def main(place: str, command: str, source: str, target: str) -> None:
    """Run until the place."""
    steps = Steps("" if place == "look" else place)
    if place.startswith("after:"):
        wait_s = int(place.partition(":")[2]) / 1_000
        threading.Timer(wait_s, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
    else:
        sys.settrace(steps.called)
    report = COMMANDS[command](source, target)
    sys.settrace(None)
    told = dict(steps.passed) if place == "look" else report.to_dict()
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(report.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
