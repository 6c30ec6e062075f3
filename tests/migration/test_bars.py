"""What a person sees on a real terminal while a move goes on."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from pathlib import Path

import pytest

from tests.cli.conftest import NICU, clean_environment
from tests.migration.files import make

BEGINS, ENDS = b"\x1b[?25l", b"\x1b[?25h"
"""The cursor goes, and is back at the end."""


def shown(columns: int, environment: dict[str, str], *arguments: object) -> tuple[int, bytes]:
    """Run a command on a terminal of this width; return its exit code and all that came to the screen."""
    process, screen = pty.fork()
    if process == 0:
        os.execve(NICU, [str(NICU), *map(str, arguments)], clean_environment(**environment))
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    told = b""
    while True:
        try:
            part = os.read(screen, 65_536)
        except OSError:  # Linux's way to say that nobody is on the other side any more
            part = b""
        if not part:
            break
        told += part
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), told


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [("INSERT INTO t (v) VALUES (?)", [(number,) for number in range(500)])]
    return make(tmp_path / "x.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v)", rows)


@pytest.mark.parametrize(("columns", "environment"), [
    (80, {"TERM": "xterm"}), (200, {"TERM": "xterm"}), (80, {"TERM": "xterm", "NO_COLOR": "1"}),
])  # fmt: skip
def test_bars_fit_the_terminal_and_leave_it_as_it_was(
    source: Path, postgres_url: str, columns: int, environment: dict[str, str]
) -> None:
    code, told = shown(columns, environment, "migrate", "run", source, postgres_url, "--as-is")
    last = told.decode().rpartition(ENDS.decode())[0].split("\r\n")[-5:-1]
    assert (code, told.count(BEGINS), told.count(ENDS)) == (0, 1, 1)
    assert [line for line in last if "Copying rows" in line and "500 of 500 rows" in line], last
    assert (b"\x1b[32m" in told) == ("NO_COLOR" not in environment)


def test_a_dumb_terminal_gets_a_line_for_each_stage(source: Path, postgres_url: str) -> None:
    code, told = shown(80, {"TERM": "dumb"}, "migrate", "run", source, postgres_url, "--as-is")
    lines = told.decode().split("\r\n")
    assert (code, b"\x1b" in told) == (0, False)
    assert {"Copying rows …", "Copying rows: 500 of 500 rows", "Taking a snapshot: done"} <= set(lines), lines
