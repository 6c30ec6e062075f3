"""What a command costs: seconds, processor seconds of all its processes and of the server's, peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MEMORY_EVERY_S = 0.4
"""Each look at a process goes through all its pages: ten a second took 2 % of both cores from what is measured."""


@dataclass
class Figure:
    """One measured way: seconds by phase, processor seconds by phase, peak memory of its processes in MB, remarks."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    memory_mb: float = 0.0
    others: float = 0.0
    """Cores that anything else on this machine took meanwhile: near 0, or the seconds say little."""
    note: str = ""


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [below for child in task.read_text().split() for below in tree(int(child))]
        except OSError:
            continue
    return found


def memory_mb(pid: int) -> float:
    """Return the proportional memory of a process and all below it, in MB."""
    total = 0
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """Return the processor seconds of a process, of all below it, and of those below it that have ended."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def busy_seconds() -> float:
    """Return the processor seconds that this machine has spent on anything since it started."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / TICKS


def wait_for_quiet(cores: float, patience_s: float) -> None:
    """Return when all others together took less than this many cores for five seconds, or patience is at its end."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        before = busy_seconds()
        time.sleep(5)
        if busy_seconds() - before < 5 * cores:
            return


def watched(command: list[str], figure: Figure, server_pid: int | None = None) -> str:
    """Run a command, note its seconds, processor seconds and peak memory, return its output; raises on failure."""
    before, ended = cpu_seconds(server_pid) if server_pid else 0.0, os.times()
    begun, busy = time.perf_counter(), busy_seconds()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(MEMORY_EVERY_S):
            try:
                figure.memory_mb = max(figure.memory_mb, round(memory_mb(process.pid), 1))
            except OSError:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        out, err = process.communicate()
    finally:
        done.set()
        watcher.join()
    figure.seconds["all"] = round(time.perf_counter() - begun, 2)
    own = os.times()
    spent = own.children_user + own.children_system - ended.children_user - ended.children_system
    figure.cpu["all"] = round(spent + (cpu_seconds(server_pid) - before if server_pid else 0.0), 2)
    figure.others = round(max(0.0, busy_seconds() - busy - figure.cpu["all"]) / figure.seconds["all"], 2)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {(err or out)[-800:]}")
    return out
