"""A marked baby goes through every path of a running server; its name and number are in no log."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

NICU = str(Path(sys.executable).with_name("nicu"))
MRN, NAME = "CANARY-777123", "Canaryvogel, Baby of Tweety"
MARKS = ("777123", "Canaryvogel", "Tweety")


class Hospital:
    """`nicu serve` on a database of its own, logging everything it would ever log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = {"DATABASE_URL": f"sqlite:///{folder}/nicu.db", "NICU_LOG_LEVEL": "debug"}
        self._environment = {**os.environ, **own}
        self._environment.pop("CI", None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"

    def nicu(self, *words: str, entered: str = "") -> str:
        """Run a command on the same database and return what it printed."""
        done = subprocess.run(
            [NICU, *words], env=self._environment, cwd=self._folder, input=entered, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers."""
        with self.log.open("wb") as log:
            server = subprocess.Popen(
                [NICU, "serve", "--port", str(self.port)],
                env=self._environment,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/api/health", timeout=2)
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return server
        raise AssertionError(self.log.read_text())


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    """A running hospital with a charge nurse and a cot."""
    found = Hospital(tmp_path)
    found.nicu("user", "add", "osei", "--role", "charge nurse", "--password-stdin", entered="correct horse battery\n")
    found.nicu("cot", "add", "NICU-01", "NICU-02")
    server = found.start()
    yield found
    server.terminate()
    server.wait(20)


def test_no_log_names_the_baby(hospital: Hospital) -> None:
    key = hospital.nicu("key", "add", "monitor")
    with httpx.Client(base_url=hospital.url, timeout=20) as nurse:
        assert nurse.post("/api/session", json={"name": "osei", "password": "correct horse battery"}).is_success
        admitted = nurse.post("/api/admissions", json={"cot": "NICU-01", "mrn": MRN, "name": NAME, "ga": "28+3"})
        assert admitted.status_code == 201
        statuses = [
            nurse.post("/api/admissions", json={"cot": "NICU-02", "mrn": MRN, "name": NAME}).status_code,
            nurse.post("/api/patients", json={"mrn": MRN, "name": NAME}).status_code,
            nurse.post("/api/admissions", json={"cot": NAME, "mrn": MRN}).status_code,
            nurse.post("/api/admissions", json={"cot": "NICU-02", "mrn": MRN, "name": NAME, "ga": NAME}).status_code,
            nurse.get("/api/patients", params={"search": NAME}).status_code,
            nurse.get("/api/alarms", params={"mrn": MRN + "x"}).status_code,
            nurse.get(f"/api/patients/{MRN}").status_code,
            nurse.post(f"/api/{MRN}/{NAME}", json={"name": NAME}).status_code,
            nurse.post("/api/patients/1/annotations", json={"text": f"{NAME} fed well"}).status_code,
            nurse.patch("/api/patients/1", json={"name": NAME, "born": NAME}).status_code,
        ]
        assert max(statuses) < 500
        device = {"Authorization": f"Bearer {key}"}
        for body in (f'{{"cot": "{NAME}", "recorded_at": "{MRN}", "{NAME}": 1}}', f'{{"cot": "{NAME}"', f'["{MRN}"]'):
            assert nurse.post("/api/readings", content=body, headers=device).status_code in (202, 400)
        assert NAME in nurse.get("/api/live").text
        metrics = nurse.get("/metrics").text
    said = hospital.log.read_text() + metrics
    assert "serving" in said
    assert [mark for mark in MARKS if mark in said] == []
