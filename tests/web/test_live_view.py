"""The live stream: full state, rising sequence, heartbeat, clean end."""

import asyncio
import itertools
import json
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx
import pytest

from nicu_dashboard.web.places import is_new
from tests.waiting import within
from tests.web.serving import Serving

STREAM = {"Accept": "text/event-stream"}


def _snapshots(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_each_message_is_the_full_state_with_a_rising_sequence(demo: Serving) -> None:
    with demo.client.stream("GET", "/api/live", headers=STREAM) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found = [snapshot for snapshot, _ in zip(_snapshots(response), range(3), strict=False)]
    assert [len(snapshot["cots"]) for snapshot in found] == [2, 2, 2]
    assert found[0]["seq"] < found[1]["seq"] < found[2]["seq"]


def test_there_is_a_heartbeat_each_second_when_nothing_happens(demo: Serving) -> None:
    with demo.client.stream("GET", "/api/live", headers=STREAM) as response:
        at = [snapshot["at"] for snapshot, _ in zip(_snapshots(response), range(5), strict=False)]
    # The admission just before may still have changed the wall once.
    assert all(800 <= later - earlier <= 2_500 for earlier, later in itertools.pairwise(at[2:]))


def test_a_screen_that_joins_late_unpacks_what_was_packed_for_all(demo: Serving) -> None:
    def opened(encoding: str) -> AbstractContextManager[httpx.Response]:
        return demo.client.stream("GET", "/api/live", headers={**STREAM, "Accept-Encoding": encoding})

    with opened("gzip") as early, opened("identity") as plain:
        assert early.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        ahead, beside = _snapshots(early), _snapshots(plain)
        next(ahead)
        with opened("gzip") as late:
            behind = _snapshots(late)
            told = [
                {one["seq"]: one for one, _ in zip(feed, range(4), strict=False)} for feed in (ahead, beside, behind)
            ]
    shared = set.intersection(*(set(one) for one in told))
    assert shared
    assert all(told[0][seq] == told[1][seq] == told[2][seq] for seq in shared)


def test_who_cannot_stream_polls_for_the_next_snapshot(demo: Serving) -> None:
    first = demo.client.get("/api/live").json()
    second = demo.client.get("/api/live", params={"after": first["seq"]}).json()
    assert second["seq"] > first["seq"]
    assert demo.client.get("/api/live?after=x").status_code == 422


def test_streams_end_within_a_second_when_the_server_stops(demo: Serving) -> None:
    ended: list[float] = []

    def watch() -> None:
        with httpx.stream("GET", f"{demo.url}/api/live", headers=STREAM, timeout=20) as response:
            for _ in response.iter_lines():
                pass
        ended.append(monotonic())

    watchers = [Thread(target=watch) for _ in range(5)]
    for watcher in watchers:
        watcher.start()
    while demo.station.broadcast.readers() < 5:
        pass
    began = monotonic()
    assert demo.stop() < 5  # with the last words to the store; the streams have ended before
    for watcher in watchers:
        watcher.join(5)
    assert len(ended) == 5
    assert max(ended) - began < 1


def test_who_was_let_in_just_before_the_door_is_shut_is_answered(
    demo: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_connection(("127.0.0.1", int(demo.url.rpartition(":")[2])), 20) as late:
        within(20, lambda: any(map(is_new, list(demo.server.server_state.connections))), "it is let in")
        words, shut = [b"GET /api/health?alive HTTP/1.1\r\nHost: localhost\r\n\r\n"], demo.station.broadcast.close

        def close() -> None:
            while words:
                late.sendall(words.pop())
            shut()

        monkeypatch.setattr(demo.station.broadcast, "close", close)
        demo.stop()
        assert late.recv(4_096).startswith(b"HTTP/1.1 200")


def test_a_request_that_is_not_answered_when_the_server_ends_is_asked_to_come_again(
    demo: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, answers = Event(), []

    async def never(*_: object) -> None:
        reached.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(type(demo.station.intake), "receive", never)
    sender = Thread(target=lambda: answers.append(demo.client.post("/api/readings", json=[])))
    sender.start()
    assert reached.wait(20)
    demo.stop()
    sender.join(20)
    ((status, later),) = [(answer.status_code, answer.headers["Retry-After"]) for answer in answers]
    assert (status, later) == (503, "2")


def test_nobody_sees_babies_without_a_session(ward: Serving) -> None:
    refused = ward.client.get("/api/live", headers=STREAM)
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
