"""What a process has used so far, read from /proc: computing time by thread, memory."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of computing of all threads and of the main one, resident memory in MB."""

    cpu_s: float
    main_s: float
    rss_mb: float


def usage(pid: int) -> Usage:
    """Return what a running process and its children have used together."""
    folder = Path("/proc") / str(pid)
    main = folder / "task" / str(pid)
    used = [Usage(_cpu_s(folder / "stat"), _cpu_s(main / "stat"), _rss_mb(folder / "status"))]
    used += [usage(int(child)) for child in (main / "children").read_text().split()]
    return Usage(*(sum(getattr(one, name) for one in used) for name in ("cpu_s", "main_s", "rss_mb")))


def load_average() -> str:
    """Return the machine's load of the last minutes and its cores: a bench tells who else was at work."""
    return f"{Path('/proc/loadavg').read_text().split()[0]} on {os.cpu_count()} cores"


def _cpu_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _rss_mb(status: Path) -> float:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_024
