"""Where tests keep their files: in memory where there is room, as creating a database there takes a tenth of the time.

Nothing here survives a power cut; the tests that end a process by force need only what the kernel keeps.
A folder named by TMPDIR, as the processes of one run inherit it, is left as it is.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

SHARED = Path("/dev/shm")
PREFIX = "nicu-tests-"
ROOM_BYTES = 4 * 2**30


def keep_in_memory() -> None:
    """Put this run's temporary files in memory; they go when the process ends, those of runs that were killed now."""
    if "TMPDIR" in os.environ or not _has_room():
        return
    for left in SHARED.glob(f"{PREFIX}*"):
        if not Path("/proc", left.name.removeprefix(PREFIX)).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = SHARED / f"{PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _has_room() -> bool:
    """Whether programs may run from there, and neither it nor the machine's memory is short."""
    try:
        there = os.statvfs(SHARED)
        available = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
    except OSError:
        return False
    runs = os.access(SHARED, os.W_OK) and not there.f_flag & os.ST_NOEXEC
    return runs and min(there.f_bavail * there.f_frsize, int(available.split()[1]) * 1_024) >= ROOM_BYTES
