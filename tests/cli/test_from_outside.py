"""What only a program of its own can show: its collector, Ctrl-C while it loads, its words on a terminal."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import NICU, clean_environment
from tests.cli.running import started
from tests.templates import copy_of_empty_store
from tests.waiting import within

# Python reads a file of this name before the program: a signal shows what the collector leaves alone.
COUNTED = """
import gc, pathlib, signal
told = pathlib.Path("collector")
signal.signal(signal.SIGUSR1, lambda *_: told.write_text(f"{gc.get_freeze_count()} {len(gc.get_objects())}"))
"""
# A library that swallows whatever is raised while it loads, as some do; Ctrl-C comes just then.
SWALLOWING = """
import os, signal, sys, time
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            except BaseException:
                {then}
sys.meta_path.insert(0, Finder())
"""


def first(folder: Path, words: str) -> dict[str, str]:
    """Have Python run these words before the program; return the environment for that."""
    (folder / "sitecustomize.py").write_text(words)
    return {"PYTHONPATH": str(folder)}


def test_a_running_server_keeps_the_collector_from_the_loaded_program(tmp_path: Path) -> None:
    told = tmp_path / "collector"
    with started("serve", cwd=tmp_path, NICU_PORT="0", **first(tmp_path, COUNTED)) as running:
        running.process.send_signal(signal.SIGUSR1)
        within(10, lambda: told.exists() and told.read_text(), "it tells what the collector leaves alone")
    frozen, left = map(int, told.read_text().split())
    assert frozen > 3 * left


@pytest.mark.parametrize(
    ("command", "module", "then"),
    [
        pytest.param(["cot", "list"], "sqlalchemy", "pass", id="with the command, in a library that swallows it"),
        pytest.param(["key", "add", "gateway"], "nicu_dashboard.bootstrap.doors", "raise", id="later"),
    ],
)
def test_ctrl_c_ends_a_command_in_one_line_whatever_it_is_loading(
    tmp_path: Path, command: list[str], module: str, then: str
) -> None:
    store = copy_of_empty_store(tmp_path / "nicu.db")
    environment = first(tmp_path, SWALLOWING.format(module=module, then=then))
    done = subprocess.run(
        [NICU, *command],
        env=clean_environment(DATABASE_URL=f"sqlite:///{store}", **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "nicu: stopped.\n")


def on_a_terminal(*arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    """Run the program with its words on a terminal; return its exit code, standard output and those words."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [NICU, *map(str, arguments)],
        env=clean_environment(TERM="xterm", COLUMNS="100", **environment),
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=its,
    )
    os.close(its)
    words = b""
    try:
        while more := os.read(ours, 65_536):
            words += more
    except OSError:  # so a terminal tells that the last program on it has gone
        pass
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    return process.returncode, out.decode(), words.decode()


def test_an_import_shows_on_a_terminal_how_far_it_is_and_leaves_plain_lines(tmp_path: Path) -> None:
    store = f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}"
    recording = tmp_path / "recording.csv"
    minutes = "".join(f"2026-01-0{1 + n // 1_440}T{n // 60 % 24:02}:{n % 60:02}:00Z,150\n" for n in range(4_000))
    recording.write_text(f"recorded_at,heart_rate\n{minutes}")
    for command in (["cot", "add", "NICU-01"], ["admit", "--mrn", "B-1", "--cot", "NICU-01"]):
        subprocess.run([NICU, *command], env=clean_environment(DATABASE_URL=store), capture_output=True, check=True)
    code, out, words = on_a_terminal("import", "csv", recording, "--mrn", "B-1", DATABASE_URL=store)
    assert (code, out) == (0, ""), words
    assert words.index("Reading") < words.index(" 0 %") < words.index("0/4000") < words.index("4000/4000")
    assert "\x1b[2K4,000 readings stored" in words, words  # the bar is wiped away
