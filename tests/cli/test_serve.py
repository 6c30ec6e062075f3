"""`nicu serve` with commands beside it, and `nicu simulate` as its client."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Nicu, program
from tests.cli.running import Running, started
from tests.waiting import within


@pytest.fixture
def server(nicu: Nicu, store_url: str, tmp_path: Path) -> Iterator[Running]:
    """A server on the store of this test's command line."""
    with started("serve", "--port", "0", cwd=tmp_path, DATABASE_URL=store_url) as running:
        yield running


def test_a_first_start_says_what_to_do_next_in_its_log(server: Running) -> None:
    hints = ("nicu user add", "nicu cot add", "nicu key add")

    def told() -> str:
        whole = server.words.read_text().rpartition("\n")[0]
        return " ".join(json.loads(line)["event"] for line in whole.splitlines())

    within(20, lambda: all(hint in told() for hint in hints), "each is in the log")


def test_the_server_wants_a_log_in_and_stops_at_once(server: Running) -> None:
    assert httpx.get(f"{server.url}/api/live").status_code == 401
    assert server.stop(signal.SIGTERM)[0] == 0
    assert "Traceback" not in server.words.read_text()


def test_commands_and_a_client_work_beside_the_server(
    server: Running, nicu: Nicu, store_url: str, tmp_path: Path
) -> None:
    assert nicu("cot", "add", "SIM-01", "SIM-02").code == 0
    assert nicu("admit", "--mrn", "canary-777123", "--cot", "SIM-01").code == 0
    assert nicu("admit", "--mrn", "B-2", "--cot", "SIM-02").code == 0
    server.eventually("/api/health", lambda report: report["engine"]["babies"] == 2)
    key = nicu("key", "add", "gateway").out.strip()
    options = ("--to", server.url, "--cots", "2", "--prefix", "SIM", "--duration", "3")
    said = program("simulate", *options, cwd=tmp_path, NICU_DEVICE_KEY=key)
    assert said.code == 0
    assert " 0 rejected, 0 waiting" in said.err.splitlines()[-1]
    with closing(sqlite3.connect(tmp_path / "nicu.db")) as connection:
        rows = connection.execute(
            "SELECT sources.origin, count(*) FROM vitals JOIN sources ON sources.id = source_id GROUP BY 1"
        ).fetchall()
    assert rows == [("simulated", int(said.err.splitlines()[-1].split()[0]))]
    assert "canary-777123" not in server.words.read_text()


def test_a_client_without_a_key_or_cot_is_told_why(server: Running, nicu: Nicu, tmp_path: Path) -> None:
    refused = nicu("simulate", "--to", server.url, "--cots", "1", "--duration", "1", "--key", "wrong")
    assert (refused.code, "nicu key add" in refused.err) == (2, True)
    key = nicu("key", "add", "gateway").out.strip()
    homeless = program("simulate", "--to", server.url, "--cots", "1", "--duration", "1", "--key", key, cwd=tmp_path)
    assert homeless.code == 1
    assert "unknown cot 'NICU-01'; nicu cot add LABEL" in homeless.err


def test_history_is_imported_beside_the_server(server: Running, nicu: Nicu, tmp_path: Path) -> None:
    nicu("cot", "add", "NICU-01")
    nicu("admit", "--mrn", "A-1", "--cot", "NICU-01")
    file = tmp_path / "slow.csv"
    rows = [
        f"2024-01-01T00:{at // 60:02d}:{at % 60:02d}Z,{70 if 600 <= at < 610 else 150}" for at in range(0, 1_800, 2)
    ]
    file.write_text("\n".join(["recorded_at,heart_rate", *rows]) + "\n")
    assert nicu("import", "csv", file, "--mrn", "A-1").code == 0
    (event,) = json.loads(nicu("events", "--mrn", "A-1", "--json").out)
    assert (event["kind"], event["started_at"], event["duration_s"]) == ("B", "2024-01-01T00:10:00.000Z", 10)
    assert server.get("/api/health")["status"] == "healthy"


def test_no_server_is_one_line(nicu: Nicu) -> None:
    said = nicu("simulate", "--to", "http://127.0.0.1:9", "--duration", "1", "--key", "k")
    assert (said.code, "no server answers at http://127.0.0.1:9" in said.err) == (2, True)
    assert nicu("simulate", "--to", "localhost").code == 2
