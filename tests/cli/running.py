"""A server started by a command, as a person starts it."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import NICU, clean_environment

START_S = 90.0


@dataclass
class Running:
    """The process, where it answers, and where it writes its words."""

    process: subprocess.Popen[bytes]
    url: str
    words: Path

    def get(self, path: str) -> Any:
        """Return what the server answers as JSON."""
        return self._ask(path).raise_for_status().json()

    def _ask(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=20)

    def eventually(self, path: str, holds: Callable[[Any], bool], within_s: float = 30.0) -> Any:
        """Return the first good answer of which something holds; an engine that starts answers 503 for a moment."""
        end = time.monotonic() + within_s
        while not ((answer := self._ask(path)).is_success and holds(answer.json())):
            assert time.monotonic() < end, answer.text
            time.sleep(0.1)
        return answer.json()

    def stop(self, by: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """End it and return its exit code and how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(by)
        return self.process.wait(30), time.monotonic() - began


@contextmanager
def started(*arguments: str | Path, cwd: Path, **environment: str) -> Iterator[Running]:
    """Start a command that serves, and wait until it says where."""
    words, out = cwd / "words.log", cwd / "out.log"
    with words.open("wb") as err, out.open("wb") as standard:
        process = subprocess.Popen(
            [NICU, *map(str, arguments)],
            cwd=cwd,
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=standard,
            stderr=err,
        )
    try:
        yield Running(process, _where(process, words, out), words)
    finally:
        process.kill()
        process.wait()


def _where(process: subprocess.Popen[bytes], words: Path, out: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        found = re.search(r"http://[^\s\"]+", out.read_text() + words.read_text())
        if found:
            return found[0].rstrip("/")
        assert process.poll() is None, words.read_text()
        time.sleep(0.05)
    raise AssertionError(words.read_text())
