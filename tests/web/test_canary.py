"""A marked baby goes through every path of a running server; its name is in no log, ours or PostgreSQL's."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from tests.operations.conftest import run
from tests.postgres import PostgresServer, free_port, postgres_server, running_server

__all__ = ["postgres_server"]

NICU = str(Path(sys.executable).with_name("nicu"))
MRN, NAME = "CANARY-777123", "Canaryvogel, Baby of Tweety"
MARKS = ("777123", "Canaryvogel", "Tweety")
# All that a server can be told to log, short of what the program's role forbids it.
TALKATIVE = {
    "log_min_duration_statement": "0", "log_connections": "on", "log_disconnections": "on", "log_lock_waits": "on",
    "log_min_messages": "info", "log_checkpoints": "on", "log_line_prefix": "%m %u@%d ",
}  # fmt: skip


class Hospital:
    """`nicu serve` on a database of its own, logging everything it would ever log."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        own = {"DATABASE_URL": url, "NICU_LOG_LEVEL": "debug", "NICU_UNITS": "*"}
        self._environment = {**os.environ, **own}
        self._environment.pop("CI", None)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.said = ""
        self.server: subprocess.Popen[bytes]

    def nicu(self, *words: str, entered: str = "") -> str:
        """Run a command that must succeed and return what it printed; what it says of itself is kept."""
        done = subprocess.run(
            [NICU, *words], env=self._environment, cwd=self._folder, input=entered, capture_output=True, text=True
        )
        self.said += done.stderr
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers."""
        with self.log.open("ab") as log:
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


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path | None, str]]:
    """The URL of a store as the program's role, the log of its server, and the owner's URL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/nicu.db", None, ""
        return
    with running_server(**TALKATIVE) as server:
        owner = server.url("postgres")
        store = open_store(owner, environ={})
        roles.apply(store, "nicu", Report())
        store.close()
        yield owner.replace("postgres@", "nicu_app@"), server.log, owner


@pytest.fixture
def hospital(tmp_path: Path, place: tuple[str, Path | None, str]) -> Iterator[Hospital]:
    """A running hospital with a charge nurse and two cots."""
    found = Hospital(tmp_path, place[0])
    found.nicu("user", "add", "osei", "--role", "charge nurse", "--password-stdin", entered="correct horse battery\n")
    found.nicu("cot", "add", "NICU-01", "NICU-02")
    found.server = found.start()
    yield found
    found.server.terminate()
    found.server.wait(20)


def test_no_log_names_the_baby(hospital: Hospital, place: tuple[str, Path | None, str], tmp_path: Path) -> None:
    _, theirs, owner = place
    key = hospital.nicu("key", "add", "monitor")
    with httpx.Client(base_url=hospital.url, timeout=20) as nurse:
        assert nurse.post("/api/session", json={"name": "osei", "password": "correct horse battery"}).is_success
        admitted = nurse.post("/api/admissions", json={"cot": "NICU-01", "mrn": MRN, "name": NAME, "ga": "28+3"})
        assert admitted.status_code == 201
        assert max(refusals(nurse)) < 500
        device = {"Authorization": f"Bearer {key}"}
        for body in (f'{{"cot": "{NAME}", "recorded_at": "{MRN}", "{NAME}": 1}}', f'{{"cot": "{NAME}"', f'["{MRN}"]'):
            assert nurse.post("/api/readings", content=body, headers=device).status_code in (202, 400)
        assert nurse.get("/api/live").status_code == 200
        assert NAME in nurse.get("/api/live").text
        every_route(nurse)
        metrics = nurse.get("/metrics").text
    commands(place[0], tmp_path)
    if theirs is not None:
        broken_rules(owner)
    hospital.server.send_signal(signal.SIGKILL)
    hospital.server.wait(20)
    hospital.server = hospital.start()
    said = hospital.log.read_text() + metrics + hospital.said
    assert said.count("serving") >= 2
    assert [mark for mark in MARKS if mark in said] == []
    if theirs is not None:
        log = theirs.read_text(errors="replace")
        assert "duration:" in log
        assert "nicu_app" in log
        assert [line for line in log.splitlines() if any(mark in line for mark in MARKS)] == []


def refusals(nurse: httpx.Client) -> list[int]:
    """Whatever a form or an address can hold wrongly, with the marks in it; constraint violations among it."""
    return [
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
        nurse.post("/api/cots", json={"label": NAME}).status_code,
        nurse.post("/api/cots", json={"label": NAME}).status_code,
    ]


def every_route(nurse: httpx.Client) -> None:
    """Knock at every route of our own description, the marks where a path, a query or a body takes text."""
    described = nurse.get("/api/openapi.json").json()["paths"]
    for path, methods in described.items():
        for method in methods:
            if path.startswith("/api/session") or path == "/api/live":
                continue
            for number in ("1", MRN) if "{" in path else ("",):
                address = re.sub(r"\{\w+\}", number, path)
                body = {"mrn": MRN, "name": NAME, "label": NAME, "text": NAME, "reason": NAME, "note": NAME}
                sent = body if method in ("post", "put", "patch") else None
                nurse.request(method.upper(), address, params={"search": NAME, "actor": NAME}, json=sent)


def commands(url: str, folder: Path) -> None:
    """Commands that are about the baby, with an import that goes well and one that breaks off.

    What a command says to whoever typed it may repeat an argument; what the server hears of it is in its log.
    """
    good, bad = folder / "good.csv", folder / "bad.csv"
    good.write_text("recorded_at,heart_rate,spo2\n2026-01-01T00:00:00Z,150,95\n2026-01-01T00:00:02Z,151,94\n")
    bad.write_text(f"recorded_at,heart_rate\n{MRN},{NAME}\n2026-01-01T00:00:00Z,{NAME}\n")
    own = {"DATABASE_URL": url, "NICU_UNITS": "*"}
    assert run("import", "csv", str(good), "--mrn", MRN, **own).returncode == 0
    for words in (
        ("import", "csv", str(bad), "--mrn", MRN),
        ("admit", "--mrn", MRN, "--cot", "NICU-02", "--name", NAME),
        ("admit", "--mrn", MRN, "--cot", "NICU-02", "--ga", NAME),
        ("transfer", "--mrn", MRN, "--cot", NAME),
        ("events", "--mrn", MRN),
        ("alarms", "--mrn", MRN),
    ):
        assert run(*words, **own).returncode in (0, 1, 2)


def broken_rules(owner: str) -> None:
    """Break a rule of every kind in the server itself, as the program's role, with the marks in the row."""
    statements = (
        f"INSERT INTO patients (mrn, name) VALUES ('{MRN}', '{NAME}')",
        f"INSERT INTO patients (mrn, name, sex) VALUES ('{MRN}-2', '{NAME}', '{NAME}')",
        f"INSERT INTO annotations (patient_id, at, kind, text, author) VALUES (99, now(), 'note', '{NAME}', 'x')",
        f"UPDATE audit_log SET subject = '{NAME}'",
        f"SELECT * FROM no_such_table WHERE name = '{NAME}'",
    )
    with psycopg.connect(owner.replace("postgres@", "nicu_app@"), autocommit=True) as connection:
        connection.execute("SELECT set_config('nicu.units', '*', false)")
        for statement in statements:
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        for name in (MRN, NAME):
            connection.execute("SELECT count(*) FROM patients WHERE mrn = %s OR name = %s", (name, name))


def test_a_server_that_was_not_told_to_be_quiet_would_name_it(postgres_server: PostgresServer) -> None:
    """The canary sings where nothing was done: so its silence above means something."""
    assert isinstance(postgres_server, PostgresServer)
    with running_server(**TALKATIVE) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT %s::text", (NAME,))
        assert NAME in server.log.read_text(errors="replace")
