"""Which process this is, and whether another one of this machine has ended: known at once, not after a time-out."""

import os
import socket
from pathlib import Path

_PROC = Path("/proc")
_ENDED = frozenset({"Z", "X"})


def this_process() -> str:
    """Return a name that no other process of any machine ever had: HOST/BOOT/NAMESPACE/PID/START."""
    pid = os.getpid()
    return "/".join([socket.gethostname().replace("/", "-"), *_place(), str(pid), _started(pid) or "?"])


def has_ended(name: str) -> bool:
    """Return whether the process of this name ran on this machine and runs no more; False where one cannot know."""
    parts = name.split("/")
    if len(parts) != 5 or tuple(parts[1:3]) != _place() or "?" in parts or not parts[3].isdigit():
        return False
    pid, started = int(parts[3]), parts[4]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _started(pid)
    return now is not None and now != started


def _place() -> tuple[str, str]:
    """Return the boot and the process namespace, `?` where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return boot, str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return "?", "?"


def _started(pid: int) -> str | None:
    """Return when a process began (ticks since the boot), `ended` for one that only waits to be forgotten."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "ended" if fields[0] in _ENDED else fields[19]
