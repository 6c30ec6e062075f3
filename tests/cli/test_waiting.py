"""A server that comes up before its database waits for it, says so, takes nothing, and goes on by itself."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nicu_dashboard.adapters.spool import FolderSpool
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.ports.tick import Tick, VitalsRow
from tests.cli.conftest import Nicu
from tests.faults.line import Line
from tests.faults.roles import House, Served, furnished
from tests.faults.test_two_engines import accepted
from tests.postgres import PostgresServer, running_server
from tests.waiting import within

BACK_S = 10.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own that can be stopped."""
    with running_server() as running:
        yield running


@pytest.fixture
def house(server: PostgresServer, tmp_path: Path) -> Iterator[House]:
    """A ward with nothing started yet."""
    template = server.template("nicu_head", lambda url: open_store(url).close())
    with server.database(template) as url, furnished(url, tmp_path) as furnished_house:
        yield furnished_house


def waits(served: Served) -> bool:
    """Whether it says that it waits."""
    return bool(served.health().get("waiting", {}).get("for") == "database")


def records(served: Served) -> list[dict[str, object]]:
    """The lines of its log."""
    return [json.loads(line) for line in served.words.read_text().splitlines() if line.startswith("{")]


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
def test_it_waits_for_a_server_that_is_down_and_goes_on_by_itself(
    house: House, server: PostgresServer, tmp_path: Path, options: tuple[str, ...]
) -> None:
    spool = FolderSpool(tmp_path / "left", 1_000_000)
    spool.claim("elsewhere")
    spool.append(1, Tick(readings=[VitalsRow(1, 1, at, at, {"spo2": 94.0}) for at in range(1_200)]), 1)
    spool.close()
    server.stop()
    try:
        served = house.start(*options, NICU_SPOOL_DIR=str(tmp_path / "left"))
        assert waits(served)
        answer = httpx.get(f"http://127.0.0.1:{served.port}/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Watch the bedside monitors" in answer.text
        assert "1,200 readings" in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        alive = served.ask("GET", "/api/health?alive")
        assert alive == (200, {"status": "alive"})
        status, report = served.ask("GET", "/api/health")
        assert (status, report["status"], report["spool"]) == (503, "unhealthy", {"readings": 1_200})
        assert "start the server" in report["waiting"]["cause"]
        # Nobody can be known and nobody be found now: the sender must keep its readings.
        refused = httpx.post(f"http://127.0.0.1:{served.port}/api/readings", json=[])
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "nicu_store_failing 1.0" in httpx.get(f"http://127.0.0.1:{served.port}/metrics").text
        (said, *_) = [line for line in records(served) if "waiting for the database" in str(line["event"])]
        assert (said["spooled"], "next:" in str(said["event"])) == (1_200, True)
        for word in ("127.0.0.1", str(server.port), "postgres@"):
            assert word not in str(said)
    finally:
        server.start()
    back = time.monotonic()
    within(BACK_S + 20, lambda: accepted(house, served, 150), "it takes readings")
    within(5, lambda: served.health().get("waiting") is None, "it waits no more")
    assert time.monotonic() - back < BACK_S + 10
    assert "the database is there" in served.told()
    served.end()
    assert served.process.exitcode == 0


def test_in_a_silent_network_it_waits_too_and_ends_when_it_is_told_to(house: House, server: PostgresServer) -> None:
    line = Line(server.port)
    line.silence()
    url = house.url.replace(f":{server.port}/", f":{line.port}/")
    served = house.start("--role", "engine", url=url)
    assert waits(served)
    assert served.end(signal.SIGTERM) < 3
    assert served.process.exitcode == 0
    line.close()


def test_when_the_server_comes_and_refuses_it_ends_with_that_line(house: House, server: PostgresServer) -> None:
    server.stop()
    try:
        served = house.start(url=server.url("no_such_database"))
        assert waits(served)
    finally:
        server.start()
    served.process.join(20)
    assert served.process.exitcode == 2
    assert served.told()[-1].startswith("nicu: The PostgreSQL database: there is no database of this name")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nicu@nowhere.invalid/nicu", "the host's name in DATABASE_URL is unknown"),
        ("postgresql://nicu@127.0.0.1:1/nicu?sslmode=sometimes", "sslmode"),
    ],
)
def test_what_waiting_does_not_mend_is_refused_at_once(
    nicu: Nicu, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    for options in ((), ("--workers", "2")):
        said = nicu("serve", "--port", "0", *options)
        assert (said.code, told in said.err, len(said.err.splitlines())) == (2, True, 1), said.err
