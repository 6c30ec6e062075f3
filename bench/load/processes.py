"""What a process has used so far, read from /proc: computing time by thread, memory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of computing of all threads and of the main one; memory in MB: resident, and the fair share of it.

    Processes that were forked share pages: the sum of what is resident counts these once for each of them.
    """

    cpu_s: float
    main_s: float
    rss_mb: float
    pss_mb: float


def each_usage(pid: int) -> list[Usage]:
    """Return what a running process and each of its children have used, in the order of their start."""
    folder = Path("/proc") / str(pid)
    main = folder / "task" / str(pid)
    rss_mb, pss_mb = (_memory_mb(folder / "smaps_rollup", name) for name in ("Rss", "Pss"))
    used = [Usage(_cpu_s(folder / "stat"), _cpu_s(main / "stat"), rss_mb, pss_mb)]
    for child in (main / "children").read_text().split():
        used += each_usage(int(child))
    return used


def together(used: Sequence[Usage]) -> Usage:
    """Return the sum."""
    return Usage(*(sum(getattr(one, name) for one in used) for name in ("cpu_s", "main_s", "rss_mb", "pss_mb")))


def load_average() -> str:
    """Return the machine's load of the last minutes and its cores: a bench tells who else was at work."""
    return f"{Path('/proc/loadavg').read_text().split()[0]} on {os.cpu_count()} cores"


def _cpu_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _memory_mb(rollup: Path, name: str) -> float:
    line = next(line for line in rollup.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1_024
