"""Sessions and keys: over when they are over, and alive while only the store is away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from nicu_dashboard.ports.tick import StoreUnavailable
from tests.waiting import within
from tests.web.serving import ADMIN, PASSWORD, Serving


def _pulled(*_: Any, **__: Any) -> Any:
    raise StoreUnavailable("the store cannot be reached; check: nicu db check")


def _cot(ward: Serving) -> None:
    charge = ward.log_in("charge nurse")
    assert charge.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    assert charge.post("/api/admissions", json={"cot": "NICU-01", "mrn": "A-1"}).status_code == 201


def test_a_device_goes_on_reaching_the_wall_while_the_store_cannot_be_read(
    ward: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cot(ward)
    key = {"Authorization": f"Bearer {ward.accounts.add_key('gateway', ADMIN)}"}
    reading = {"cot": "NICU-01", "recorded_at": ward.now(), "heart_rate": 150}
    assert ward.client.post("/api/readings", json=reading, headers=key).status_code == 202
    nurse = ward.log_in("nurse")
    assert nurse.get("/api/live").status_code == 200
    monkeypatch.setattr("nicu_dashboard.services.accounts.KEYS_KEPT_MS", 0)
    for name in ("device_keys", "session", "touch_session"):
        monkeypatch.setattr(type(ward.store.people), name, _pulled)
    monkeypatch.setattr(type(ward.store.journal), "commit", _pulled)
    low = [
        {"cot": "NICU-01", "recorded_at": ward.now(1), "heart_rate": 45},
        {"cot": "NICU-77", "recorded_at": ward.now(1), "heart_rate": 45},
    ]
    assert ward.client.post("/api/readings", json=low, headers=key).status_code == 503

    def shown() -> tuple[object, list[str]]:
        (cot,) = nurse.get("/api/live").json()["cots"]
        return cot["values"], [alarm["text"] for alarm in cot["alarms"]]

    within(3, lambda: shown() == ({"heart_rate": 45}, ["HR 45 < 80"]), "the wall shows the reading and its alarm")
    stranger = {"Authorization": "Bearer nicu_wrong"}
    assert ward.client.post("/api/readings", json=low, headers=stranger).status_code == 503


def _lines_until_end(stream: httpx.Response, act: Callable[[], object]) -> int:
    lines = 0
    for line in stream.iter_lines():
        lines += line.startswith("data:")
        if lines == 1:
            act()
    return lines


def test_a_stream_ends_with_the_session_it_was_opened_with(ward: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nicu_dashboard.web.live.LOOK_S", 0.2)
    nurse = ward.log_in("nurse")
    other_tab = ward.browser(nurse.cookies["nicu_session"])
    with other_tab.stream("GET", "/api/live", headers={"Accept": "text/event-stream"}) as stream:
        assert _lines_until_end(stream, lambda: nurse.delete("/api/session")) < 10


def test_a_disabled_user_sees_no_more_of_the_wall(ward: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nicu_dashboard.web.live.LOOK_S", 0.2)
    nurse, at = ward.log_in("nurse"), ward.clock.now()

    def disable() -> None:
        ward.store.people.disable_user("nurse", at, ADMIN.entry(at, "user.disable", "user nurse"))

    with nurse.stream("GET", "/api/live", headers={"Accept": "text/event-stream"}) as stream:
        assert _lines_until_end(stream, disable) < 10
    assert nurse.get("/api/unit").status_code == 401


def test_guesses_made_at_the_same_time_are_counted_too(ward: Serving) -> None:
    ward.log_in("nurse")

    def guess(number: int) -> str:
        body = {"name": "nurse", "password": f"wrong {number}"}
        return str(httpx.post(f"{ward.url}/api/session", json=body, timeout=60).json()["detail"])

    with ThreadPoolExecutor(12) as guessers:
        answers = list(guessers.map(guess, range(12)))
    assert answers.count("name or password is wrong") == 5
    right = ward.client.post("/api/session", json={"name": "nurse", "password": PASSWORD})
    assert right.status_code == 401
