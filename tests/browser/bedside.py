"""A running demo with one more cot, whose monitor the test holds in its hand."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.postgres import free_port

NICU = Path(sys.executable).with_name("nicu")
COT = "TEST-01"


class Monitor:
    """A bedside monitor: sends its values once a second until it is stopped."""

    def __init__(self, url: str, cot: str = COT) -> None:
        self.values: dict[str, Any] = {"heart_rate": 150, "spo2": 92, "fio2": 25}
        self._url, self._cot = url, cot
        self._on = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Send from now on."""
        self._on.set()

    def stop(self) -> None:
        """Fall silent."""
        self._on.clear()

    def end(self) -> None:
        """Switch the monitor off for good."""
        self._ended.set()
        self._thread.join(10)

    def send(self) -> None:
        """Send one reading now."""
        self._post(self._reading(0))

    def send_earlier(self, heart_rates: list[int]) -> None:
        """Send what was measured once a second and kept back until now; the last of them is a minute old."""
        oldest = 60 + len(heart_rates)
        self._post([self._reading(oldest - i) | {"heart_rate": rate} for i, rate in enumerate(heart_rates)])

    def _reading(self, age_s: int) -> dict[str, Any]:
        at = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"cot": self._cot, "recorded_at": at, "source": "test monitor", **self.values}

    def _post(self, readings: object) -> None:
        httpx.post(f"{self._url}/api/readings", json=readings, timeout=10).raise_for_status()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            if self._on.is_set():
                self.send()


class Demo:
    """The demo as a newcomer starts it, in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder / "demo.log").open("w")
        command = [str(NICU), "demo", "--port", str(port), "--no-browser", "--calm", *options]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=folder, env=_clean())
        self._wait(folder)

    def _wait(self, folder: Path) -> None:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            assert self.process.poll() is None, (folder / "demo.log").read_text()
            try:
                httpx.get(f"{self.url}/api/health", timeout=2).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError("the demo did not answer within 90 s")

    def post(self, path: str, **body: Any) -> Any:
        """Post as the demo charge nurse."""
        response = httpx.post(f"{self.url}{path}", json=body, timeout=10)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def get(self, path: str, **query: Any) -> Any:
        """Get as the demo charge nurse."""
        return httpx.get(f"{self.url}{path}", params=query, timeout=10).json()

    def freeze(self) -> None:
        """Stop the server dead, as a hung process."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """End it as Ctrl-C does; return its exit code."""
        self.thaw()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        self._log.close()
        return code


@contextmanager
def bedside(folder: Path) -> Iterator[tuple[Demo, Monitor]]:
    """Start a demo with a baby in TEST-01 and a monitor that is still silent."""
    demo = Demo(folder, "--cots", "1")
    demo.post("/api/cots", label=COT)
    demo.post(
        "/api/admissions", cot=COT, mrn="T-1", name="Kaur, Baby of Simran", born="2026-11-01T00:00:00Z", ga="28+3"
    )
    monitor = Monitor(demo.url)
    try:
        yield demo, monitor
    finally:
        monitor.end()
        demo.end()


def _clean() -> dict[str, str]:
    """The environment without what would change the demo."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("NICU_", "DATABASE_"))}
