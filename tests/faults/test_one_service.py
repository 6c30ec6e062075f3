"""Several processes answer as one service: whichever is asked tells of all of them, and of one that hangs."""

import os
import signal
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.hall import now_ms
from tests.faults.roles import House, Served
from tests.faults.test_two_engines import Screen
from tests.waiting import within

Figures = dict[tuple[str, str], float]


def figures(served: Served) -> Figures:
    """Every figure of a scrape, by name and process."""
    text = httpx.get(f"http://127.0.0.1:{served.port}/metrics", timeout=20).text
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    named = [((one.name, one.labels["process"]), one.value) for one in samples if one.labels.keys() <= {"process"}]
    assert len(named) == len(dict(named))
    outcomes = {one.labels["process"]: one.value for one in samples if one.labels.get("outcome") == "accepted"}
    return {**dict(named), **{("accepted", process): count for process, count in outcomes.items()}}


def total(found: Figures, name: str) -> float:
    """The sum over all processes."""
    return sum(value for (known, _), value in found.items() if known == name)


def test_every_scrape_and_every_look_tells_of_all_processes(house: House) -> None:
    served = house.start("--workers", "2")
    within(20, lambda: set(served.health().get("processes", {}).values()) == {"healthy"}, "all are healthy")
    names = ["engine", "web worker 1", "web worker 2"]
    assert list(served.health()["processes"]) == names
    for number in range(3):  # what calls itself healthy takes the first one
        assert house.send(served, now_ms() + number, heart_rate=150)[0] == 202
    screens = [Screen(house, served) for _ in range(5)]
    seen: set[str] = set()
    for _ in range(8):
        found = figures(served)
        assert [found["nicu_process_up", name] for name in names] == [1, 1, 1]
        assert (found["accepted", "engine"], total(found, "accepted")) == (3, 3)
        assert total(found, "nicu_sse_clients") == len(screens)
        assert total(found, "nicu_engine_working") == 1
        seen.add(served.health()["process"])
    assert seen <= set(names[1:])

    hung = served.children()[2]
    os.kill(hung, signal.SIGSTOP)
    answers = [_health(served) for _ in range(4)]  # one that hangs for longer is replaced
    told = [answer for answer in answers if answer]
    assert told
    assert {answer["status"] for answer in told} == {"degraded"}
    assert {answer["processes"]["web worker 2"] for answer in told} == {"silent"}
    os.kill(hung, signal.SIGCONT)
    within(10, lambda: set(served.health().get("processes", {}).values()) == {"healthy"}, "it is heard again")
    served.end()
    for screen in screens:
        screen.watch_to_the_end()


def _health(served: Served) -> dict[str, Any]:
    """What one look says, nothing when it was taken by the one that hangs."""
    try:
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{served.port}/api/health", timeout=4).json()
    except httpx.TransportError:
        return {}
    return found
