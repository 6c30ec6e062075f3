"""PostgreSQL away under an engine and two web workers: their screens get the picture from the engine itself."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.web.cookies import COOKIE
from tests.faults.hall import now_ms
from tests.faults.line import Line
from tests.faults.roles import House, Served, furnished
from tests.postgres import PostgresServer
from tests.waiting import within

# Five seconds without news, and a browser says that the link is lost.
LOST_S = 5.0
AWAY_S = 8.0


class Screen(threading.Thread):
    """A stream of snapshots, with when each came."""

    def __init__(self, house: House, served: Served) -> None:
        super().__init__(daemon=True)
        self.came: list[tuple[float, dict[str, Any]]] = []
        self._ended = False
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        self._headers = {"Cookie": f"{COOKIE}={house.cookie}", "Accept": "text/event-stream"}
        self.start()

    def run(self) -> None:
        """Watch to the end."""
        with suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            self._connection.request("GET", "/api/live", headers=self._headers)
            with self._connection.getresponse() as answer:
                while not self._ended and (line := answer.readline()):
                    if line.startswith(b"data: "):
                        self.came.append((time.monotonic(), json.loads(line.removeprefix(b"data: "))))
        self._connection.close()

    def end(self) -> None:
        """Look away with the next picture."""
        self._ended = True
        self.join(10)

    def shows(self) -> dict[str, Any]:
        """The newest picture."""
        return self.came[-1][1] if self.came else {"cots": [{"alarms": []}], "store": {"state": ""}}

    def alarms(self) -> dict[str, dict[str, Any]]:
        """What stands at the first cot, by key."""
        return {alarm["key"]: alarm for alarm in self.shows()["cots"][0]["alarms"]}

    def longest_gap(self) -> float:
        """The longest time without news, s."""
        return max(after - before for (before, _), (after, _) in itertools.pairwise(self.came))


@pytest.fixture
def house(small_postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[House, Line]]:
    """A ward on a server that can be stopped, behind a line that can fall silent."""
    template = small_postgres.template("nicu_head", lambda url: open_store(url).close())
    line = Line(small_postgres.port)
    with small_postgres.database(template) as direct, furnished(direct, tmp_path) as furnished_house:
        yield furnished_house, line
    line.close()


Lose = Callable[[PostgresServer, Line], Callable[[], None]]


def _stop(server: PostgresServer, _line: Line) -> Callable[[], None]:
    server.stop()
    return server.start


def _silence(_server: PostgresServer, line: Line) -> Callable[[], None]:
    line.silence()
    return line.open


@pytest.mark.parametrize("lose", [_stop, _silence])
def test_screens_of_a_web_worker_go_on_while_the_database_is_away(
    house: tuple[House, Line],
    small_postgres: PostgresServer,
    tmp_path: Path,
    lose: Lose,
    record_property: Callable[[str, object], None],
) -> None:
    ward, line = house
    url = ward.url.replace(f":{small_postgres.port}/", f":{line.port}/")
    engine = ward.start("--role", "engine", url=url, NICU_SPOOL_DIR=str(tmp_path / "spool"), DB_POOL_SIZE="4")
    within(20, engine.works, "the engine works")
    web = ward.start("--role", "web", "--workers", "2", url=url, DB_POOL_SIZE="4")
    # One answers for both; the other may still be starting, and would meet the loss knowing nobody.
    within(20, lambda: set(web.health().get("processes", {}).values()) == {"healthy"}, "both workers serve")
    sent = [now_ms()]
    within(20, lambda: ward.send(web, sent[0], heart_rate=150)[0] == 202, "a reading is acknowledged")
    screen = Screen(ward, web)
    within(10, lambda: len(screen.came) > 2, "the screen is served")

    bring_back = lose(small_postgres, line)
    began = time.monotonic()
    # The engine learns of the loss when it writes next: the monitor goes on.
    for heart_rate in (150, 40):
        sent.append(now_ms())
        status, said = ward.send(web, sent[-1], heart_rate=heart_rate)
        assert (status, said.get("spooled")) == (202, 1), said
        within(10, lambda: screen.shows()["store"]["state"] == "failing", "the screen tells of the loss")
    within(5, lambda: "heart_rate:low" in screen.alarms(), "the alarm is on the screen")
    # The picture is for the worker itself; nobody gets it by having a request handed on.
    for method in ("GET", "POST", "DELETE"):
        assert web.ask(method, "/api/engine/live?after=-1")[0] in (401, 403, 404, 405)
    assert engine.ask("GET", "/api/engine/live?after=-1")[0] == 403
    assert engine.ask("GET", "/api/engine/live?after=-1", **{"X-Nicu-Door": "guessed"})[0] == 403
    # The engine never saw this log-in before: a nurse who only watched until now.
    number = screen.alarms()["heart_rate:low"]["id"]
    status, said = ward.act(web, "POST", f"/api/alarms/{number}/acknowledge")
    assert (status, said["kept"]) == (202, "spool"), said
    within(5, lambda: screen.alarms()["heart_rate:low"]["presence"] == "ack", "the screen shows who knows of it")
    late = Screen(ward, web)
    within(5, lambda: "heart_rate:low" in late.alarms(), "a screen opened now gets the present too")
    time.sleep(max(0.0, AWAY_S - (time.monotonic() - began)))
    assert screen.shows()["at"] > sent[-1]

    bring_back()
    within(15, lambda: screen.shows()["store"]["state"] == "ok", "the store is used again")
    within(10, lambda: screen.shows()["store"]["spooled"] == 0, "the spool is empty")
    row = "SELECT seq FROM live_snapshot"
    before = within(10, lambda: ward.rows(row), "the engine fills the row again")
    within(10, lambda: ward.rows(row) > before and screen.shows()["seq"] >= ward.rows(row)[0][0] - 1, "both go on")
    assert screen.longest_gap() < LOST_S
    record_property("longest time without news, s", screen.longest_gap())
    numbers = [snapshot["seq"] for _, snapshot in screen.came]
    assert numbers == sorted(set(numbers))
    stored = ward.rows("SELECT (extract(epoch FROM recorded_at) * 1000)::int8 FROM vitals ORDER BY 1")
    assert [at for (at,) in stored] == sent
    kept = ward.rows("SELECT cause FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm_id"
                     " WHERE key = 'heart_rate:low' ORDER BY t.id")  # fmt: skip
    assert [cause for (cause,) in kept][:2] == ["raised", "acknowledged"]
    assert ward.rows("SELECT actor FROM audit_log WHERE action = 'alarm.acknowledge'") == [("grete",)]
    for one in (screen, late):
        one.end()


def _takes_writes(url: str, *, yes: bool) -> None:
    """Have a database refuse every write from now on, as a full disk does and a server that was made a standby."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        name = sql.Identifier(url.rpartition("/")[2])
        only = sql.Literal("off" if yes else "on")
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(name, only))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_web_worker_calls_a_store_unhealthy_that_answers_but_takes_no_writes(
    house: tuple[House, Line], tmp_path: Path
) -> None:
    ward, _ = house
    engine = ward.start("--role", "engine", NICU_SPOOL_DIR=str(tmp_path / "spool"), DB_POOL_SIZE="4")
    within(20, engine.works, "the engine works")
    web = ward.start("--role", "web", DB_POOL_SIZE="4")
    within(20, lambda: ward.send(web, heart_rate=150)[0] == 202, "a reading is acknowledged")
    _takes_writes(ward.url, yes=False)
    within(10, lambda: "spooled" in ward.send(web, heart_rate=151)[1], "readings go into the spool")

    def told() -> tuple[int, str, str | None, bool]:
        status, report = web.ask("GET", "/api/health")
        seen = report["engine"]
        return status, report["status"], seen["store"], bool(seen["spooled"])

    within(5, lambda: told() == (503, "unhealthy", "failing", True), "the web worker tells of it")
    _takes_writes(ward.url, yes=True)
    within(15, lambda: told() == (200, "healthy", "ok", False), "it is well again")
