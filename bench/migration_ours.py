"""One move of ours, told stage by stage: `python -m bench.migration_ours SERVER_PID SOURCE URL LANE verify|no`.

The same engine as `nicu migrate run SOURCE URL --as-is`; prints JSON.
"""

from __future__ import annotations

import json
import os
import sys

from bench.processes import cpu_seconds
from nicu_dashboard.migration import api


class Costs:
    """Takes the processor seconds of this process, its workers and the server at both ends of each stage.

    What is compared beside the build counts to the build: a stage's share begins where the one before it has ended.
    """

    def __init__(self, server_pid: int) -> None:
        self.server_pid = server_pid
        self.begun: dict[str, float] = {}
        self.ended = 0.0
        self.spent: dict[str, float] = {}

    def _now(self) -> float:
        return cpu_seconds(os.getpid()) + cpu_seconds(self.server_pid)

    def start(self, stage: str, total: int, unit: str) -> None:
        """Take the first reading."""
        self.begun[stage] = self._now()

    def advance(self, stage: str, done: int, note: str = "") -> None:
        """Do nothing."""

    def finish(self, stage: str) -> None:
        """Take the second reading."""
        now = self._now()
        self.spent[stage] = round(now - max(self.begun[stage], self.ended), 2)
        self.ended = now


def main(server_pid: str, source: str, url: str, lane: str, verify: str) -> int:
    """Move and print; the exit code is that of the move."""
    costs = Costs(int(server_pid))
    report = api.run(source, url, api.Options(as_is=True, lane=lane, verify=verify == "verify"), costs)
    print(json.dumps({**report.to_dict(), "cpu": costs.spent}))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
