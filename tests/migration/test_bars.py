"""What a person sees on a real terminal while a move goes on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import termios
from pathlib import Path

import pytest

from tests.cli.conftest import NICU, clean_environment, program
from tests.migration.files import make

BEGINS, ENDS = b"\x1b[?25l", b"\x1b[?25h"
"""The cursor goes, and is back at the end."""
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(columns: int, environment: dict[str, str], *arguments: object, out: Path | None = None) -> tuple[int, bytes]:
    """Run a command on a terminal of this width; return its exit code and all that came to the screen.

    Standard output goes into the file `out`, where one is named.
    """
    process, screen = pty.fork()
    if process == 0:
        if out is not None:
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT, 0o600), 1)
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


def test_a_bar_shows_its_rate_and_the_time_left(tmp_path: Path, postgres_url: str) -> None:
    names = [f"t{number}" for number in range(40)]
    script = "".join(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, v);" for name in names)
    rows = [(f"INSERT INTO {name} (v) VALUES (?)", [(number,) for number in range(1_000)]) for name in names]
    source = make(tmp_path / "x.db", script, rows)
    code, told = shown(120, {"TERM": "xterm"}, "migrate", "run", source, postgres_url, "--as-is", "--lane", "exact")
    seen = re.findall(r"([0-9,]+) of 40,000 rows +([0-9,]+/s)? +([0-9:-]+)", CODES.sub("", told.decode()))
    on_the_way = [(rate, left) for done, rate, left in seen if done not in ("0", "40,000")]
    assert code == 0
    assert [rate for rate, left in on_the_way if rate and re.fullmatch(r"0:\d\d:\d\d", left)], seen
    assert (seen[-1][1] != "", seen[-1][2]) == (True, "0:00:00"), seen


def test_json_and_pipes_get_no_bars(source: Path, tmp_path: Path, postgres_url: str) -> None:
    run = ("migrate", "run", source, postgres_url, "--as-is", "--restart")
    for term in ("xterm", "dumb"):
        code, told = shown(80, {"TERM": term}, *run, "--json")
        assert (code, json.loads(told)["exit_code"]) == (0, 0)
    code, told = shown(80, {"TERM": "xterm"}, *run, "--json", out=tmp_path / "report.json")
    assert (code, json.loads((tmp_path / "report.json").read_bytes())["exit_code"]) == (0, 0)
    assert b"Copying rows" in told  # the report goes into a file, and the person still sees how far it is
    piped = program("migrate", *run[1:], cwd=tmp_path)
    assert (piped.code, piped.err, "\x1b" in piped.out, "Copying" in piped.out) == (0, "", False, False)
