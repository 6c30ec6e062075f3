"""Engine and web workers as processes of their own: who works, who waits, and who takes over when one is killed."""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from nicu_dashboard.web.cookies import COOKIE
from tests.adapters.addresses.pooler import pgbouncer
from tests.faults.hall import now_ms
from tests.faults.roles import House, Served
from tests.postgres import PostgresServer
from tests.waiting import within

TAKEN_OVER_S = 10.0


def standing(house: House, at: Served) -> dict[str, dict[str, Any]]:
    """The alarms of the first cot that a screen would show, by key."""
    snapshot = house.wall(at)
    return {alarm["key"]: alarm for alarm in snapshot["cots"][0]["alarms"]} if snapshot else {}


def accepted(house: House, to: Served, heart_rate: float) -> bool:
    """Whether a reading is acknowledged; a device sends again until it is."""
    try:
        status, said = house.send(to, heart_rate=heart_rate)
    except OSError:
        return False
    assert status in (202, 503), said
    return status == 202


def newer(house: House, at: Served, seq: int) -> dict[str, Any] | None:
    """A snapshot beyond this sequence, when a screen gets one."""
    snapshot = house.wall(at)
    return snapshot if snapshot is not None and snapshot["seq"] > seq else None


def newest(house: House) -> int:
    """The sequence of the snapshot in the store."""
    ((seq,),) = house.rows("SELECT seq FROM live_snapshot")
    return int(seq)


Note = Callable[[str, object], None]


def test_the_killed_engine_is_followed_and_screens_never_take_its_last_picture_for_the_present(
    house: House, record_property: Note
) -> None:
    first, second = house.start("--role", "engine"), house.start("--role", "engine")
    web = house.start("--role", "web", NICU_TRUSTED_PROXIES="127.0.0.1")
    within(20, lambda: first.works() or second.works(), "an engine works")
    working, waiting = (first, second) if first.works() else (second, first)
    assert waiting.health()["lease"]["state"] == "waiting"
    assert (waiting.health()["status"], waiting.health()["engine"]["cots"]) == ("degraded", 0)
    within(5, lambda: any("another engine works" in told for told in waiting.told()), "the second says that it waits")

    within(20, lambda: accepted(house, web, heart_rate=40), "a reading is acknowledged through the web worker")
    within(10, lambda: "heart_rate:low" in standing(house, web), "the alarm is on the screen")
    alarm = standing(house, web)["heart_rate:low"]
    status, _ = house.act(web, "POST", f"/api/alarms/{alarm['id']}/acknowledge")
    assert status == 200
    within(5, lambda: standing(house, web)["heart_rate:low"]["presence"] == "ack", "it is acknowledged on the screen")
    trail = house.rows("SELECT actor, address FROM audit_log WHERE action = 'alarm.acknowledge'")
    assert trail == [("grete", "127.0.0.1")]
    # Behind a TLS proxy the session has another cookie, and the engine knows it too.
    over_tls = {"X-Forwarded-Proto": "https", "Cookie": f"__Host-{COOKIE}={house.cookie}"}
    assert web.ask("GET", "/api/cots/1", **over_tls)[0] == 200
    assert web.ask("GET", "/api/cots/1", **{**over_tls, "X-Forwarded-Proto": "http"})[0] == 401
    # The engine's own door is closed to everybody else, whatever they say of themselves.
    as_grete = {"Cookie": f"{COOKIE}={house.cookie}"}
    assert working.ask("GET", "/api/cots/1", **as_grete)[0] == 403
    assert working.ask("GET", "/api/cots/1", **{**as_grete, "X-Nicu-Door": "guessed"})[0] == 403
    assert web.ask("GET", "/api/cots/1", **{"X-Nicu-Door": "guessed"})[0] == 401
    before = house.wall(web)
    assert before is not None

    began = time.monotonic()
    working.send_signal(signal.SIGKILL)
    within(TAKEN_OVER_S, waiting.works, "the second engine has taken over")
    took = time.monotonic() - began
    after = within(TAKEN_OVER_S, lambda: newer(house, web, before["seq"]), "screens get snapshots again")
    assert after is not None
    assert after["cots"][0]["alarms"][0]["acknowledged_by"] == "grete"
    assert accepted(house, web, heart_rate=41)
    assert took <= TAKEN_OVER_S
    record_property("seconds from kill -9 to the next engine", took)


def test_a_frozen_engine_is_followed_and_commits_nothing_when_it_wakes(house: House, record_property: Note) -> None:
    first = house.start("--role", "engine")
    within(20, first.works, "the engine works")
    web = house.start("--role", "web")
    within(20, lambda: accepted(house, web, heart_rate=150), "a reading is acknowledged")
    second = house.start("--role", "engine")
    began = time.monotonic()
    first.send_signal(signal.SIGSTOP)
    within(5, lambda: web.health()["engine"]["lagMs"] > 2_500, "the worker sees that the engine is silent")
    assert web.health()["status"] in ("degraded", "unhealthy")
    frozen = newest(house)
    # A screen that is opened now gets the picture of the next engine, never the last of this one.
    shown = house.wall(web)
    assert shown is None or shown["seq"] > frozen
    within(TAKEN_OVER_S, second.works, "the second engine has taken over")
    took = time.monotonic() - began
    assert took <= TAKEN_OVER_S
    record_property("seconds from the freeze to the next engine", took)
    within(10, lambda: accepted(house, web, heart_rate=151), "the second engine acknowledges")
    counted = house.rows("SELECT count(*) FROM alarm_transitions")
    first.send_signal(signal.SIGCONT)
    within(10, lambda: any("stands back" in told for told in first.told()), "the first says that it stands back")
    within(20, lambda: first.health().get("lease", {}).get("state") == "waiting", "the first waits for its turn")
    assert second.works()
    assert house.rows("SELECT epoch FROM lease") == [(2,)]
    assert house.rows("SELECT count(*) FROM alarm_transitions") == counted
    # The one that stood back is fit to take over again.
    second.end()
    within(TAKEN_OVER_S, first.works, "the first engine works again")
    first.end()
    within(5, lambda: web.health()["status"] == "starting", "the worker says that no engine takes readings yet")
    assert house.send(web, heart_rate=152)[0] == 503


def test_a_clean_stop_hands_over_at_once(house: House, record_property: Note) -> None:
    first = house.start("--role", "engine")
    within(20, first.works, "the engine works")
    second = house.start("--role", "engine")
    within(10, lambda: second.health()["lease"]["state"] == "waiting", "the second waits")
    first.end()
    began = time.monotonic()
    within(5, second.works, "the second works")
    record_property("seconds from a clean stop to the next engine", time.monotonic() - began)


def test_without_an_engine_a_web_worker_says_so_and_keeps_no_one_waiting(house: House) -> None:
    web = house.start("--role", "web")
    report = web.health()
    assert (report["status"], report["role"], report["engine"]["lagMs"]) == ("unhealthy", "web", None)
    status, said = house.send(web, heart_rate=150)
    assert (status, "engine" in said["detail"]) == (503, True)
    assert house.act(web, "POST", "/api/cots/1/audio-pause", {"seconds": 60})[0] == 503
    assert house.act(web, "GET", "/api/patients")[0] == 200
    assert house.act(web, "GET", "/api/patients/1/trends")[0] == 200


def test_an_engine_that_starts_says_so_until_it_takes_readings(house: House) -> None:
    with psycopg.connect(house.url) as held:
        held.execute("LOCK TABLE lease")
        engine = house.start("--role", "engine")
        answer = httpx.get(f"http://127.0.0.1:{engine.port}/api/health", timeout=5)
        assert (answer.status_code, answer.json()["status"], answer.headers["Retry-After"]) == (503, "starting", "2")
        assert engine.ask("GET", "/api/health?alive") == (200, {"status": "alive"})
        assert house.send(engine, heart_rate=150)[0] in (403, 503)
    within(20, lambda: engine.health()["status"] == "healthy", "it is healthy once it works")
    assert engine.works()


def test_everything_works_through_a_pooler_of_transactions_without_another_way(
    house: House, postgres_server: PostgresServer
) -> None:
    with pgbouncer(postgres_server, 4) as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/{house.url.rpartition('/')[2]}?pgbouncer=true"
        served = house.start("--workers", "2", url=url)
        within(20, lambda: accepted(house, served, heart_rate=40), "a reading is acknowledged")
        within(10, lambda: "heart_rate:low" in standing(house, served), "its alarm is on the screen")
        at = now_ms()
        within(5, lambda: (house.wall(served) or {"at": 0})["at"] > at, "the picture moves on")
        served.end()


def test_a_second_engine_behind_the_pooler_takes_over_and_screens_listen_past_it(
    house: House, postgres_server: PostgresServer
) -> None:
    with pgbouncer(postgres_server, 4) as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/{house.url.rpartition('/')[2]}?pgbouncer=true"
        first = house.start("--role", "engine", url=url, DATABASE_DIRECT_URL=house.url)
        within(20, first.works, "the first engine works")
        second = house.start("--role", "engine", url=url, DATABASE_DIRECT_URL=house.url)
        web = house.start("--role", "web", url=url, DATABASE_DIRECT_URL=house.url)
        within(20, lambda: accepted(house, web, heart_rate=40), "a reading is acknowledged")
        within(10, lambda: "heart_rate:low" in standing(house, web), "its alarm is on the screen")
        listening = house.rows(
            f"SELECT client_port <> {port} FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE 'LISTEN%'"
        )
        assert listening == [(True,)]  # one session, of the worker, past the pooler
        lags = [web.health()["engine"]["lagMs"] for _ in range(5)]
        assert max(lags) < 1_500
        before = newest(house)
        first.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        within(TAKEN_OVER_S, second.works, "the second engine has taken over")
        assert time.monotonic() - began <= TAKEN_OVER_S
        assert newer(house, web, before) is not None
        within(10, lambda: accepted(house, web, heart_rate=41), "it acknowledges")
        first.send_signal(signal.SIGCONT)
        within(20, lambda: any("stands back" in told for told in first.told()), "the first stands back")
        assert second.works()


def test_a_dead_worker_is_replaced_and_all_end_together(house: House, record_property: Note) -> None:
    served = house.start("--workers", "2")
    within(20, lambda: served.health().get("status") == "healthy", "the engine works")
    children = within(5, served.children, "there are children")
    assert len(children) == 3
    for child in children[1:]:
        os.kill(child, signal.SIGKILL)
    within(20, lambda: len(set(served.children()) - set(children[1:])) == 3, "two others took their places")
    assert sum("started again" in told for told in served.told()) == 2
    within(20, lambda: accepted(house, served, heart_rate=150), "it goes on working")
    screens, children = [Screen(house, served) for _ in range(4)], served.children()
    served.send_signal(signal.SIGTERM)
    began = time.monotonic()
    for screen in screens:
        screen.watch_to_the_end()
    took = time.monotonic() - began
    served.process.join(20)
    assert served.process.exitcode == 0
    assert took < 1.5
    assert all(not Path(f"/proc/{child}").exists() for child in children)
    record_property("seconds until four streams ended", took)


class Screen:
    """A stream that has had its first snapshot."""

    def __init__(self, house: House, served: Served) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        headers = {"Cookie": f"{COOKIE}={house.cookie}", "Accept": "text/event-stream"}
        self._connection.request("GET", "/api/live", headers=headers)
        self._answer = self._connection.getresponse()
        while not (line := self._answer.readline()).startswith(b"data: "):
            assert line
        json.loads(line.removeprefix(b"data: "))

    def watch_to_the_end(self) -> None:
        """Return when the server has ended the stream."""
        while self._answer.read1(65_536):
            pass
        self._answer.close()
        self._connection.close()
