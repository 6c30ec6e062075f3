"""POST /api/readings: the contract with devices."""

from typing import Any

import pytest

from tests.web.serving import ADMIN, Serving


def _post(demo: Serving, **fields: Any) -> dict[str, Any]:
    reading = {"cot": "NICU-01", "recorded_at": demo.now(), **fields}
    response = demo.client.post("/api/readings", json=reading)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_reading_is_accepted_after_the_commit(demo: Serving) -> None:
    assert _post(demo, heart_rate=151, spo2=94) == {"accepted": 1, "duplicates": 0, "rejected": []}
    patient_id = demo.client.get("/api/patients").json()["items"][0]["id"]
    assert demo.store.chart.latest([patient_id])[patient_id][1] == {"heart_rate": 151, "spo2": 94}


def test_the_same_message_again_is_a_duplicate(demo: Serving) -> None:
    at = demo.now()
    _post(demo, recorded_at=at, heart_rate=151)
    assert _post(demo, recorded_at=at, heart_rate=151) == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_ten_thousand_readings_come_in_one_message(demo: Serving) -> None:
    base = demo.clock.now() - 10_000_000
    batch = [
        {"cot": "NICU-01", "recorded_at": demo.now(base + index * 1_000 - demo.clock.now()), "heart_rate": 150}
        for index in range(10_000)
    ]
    response = demo.client.post("/api/readings", json=batch)
    assert response.json() == {"accepted": 10_000, "duplicates": 0, "rejected": []}
    assert demo.client.post("/api/readings", json=[*batch, batch[0]]).status_code == 400


def _first_values_shown(demo: Serving) -> Any:
    """The first values in NICU-01 on the wall; the acknowledgement may be a moment ahead of the snapshot."""
    seq = -1
    for _ in range(10):
        snapshot = demo.client.get("/api/live", params={"after": seq}).json()
        seq, values = snapshot["seq"], snapshot["cots"][0]["values"]
        if values:
            return values
    return {}


@pytest.mark.parametrize(("name", "value"), [("heart_rate", 40), ("spo2", 45), ("resp_rate", 0)])
def test_an_extreme_value_is_an_emergency_and_never_refused(demo: Serving, name: str, value: int) -> None:
    assert _post(demo, **{name: value})["rejected"] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"spo2": 130', "spo2: 130 is outside 0–100 %"),
        ('"spo2": -5', "spo2: -5 is outside 0–100 %"),
        ('"spo2": NaN', "spo2: nan is not a finite number"),
        ('"spo2": 1e400', "spo2: inf is not a finite number"),
        ('"spo2": "94"', "spo2: '94' is not a number"),
        ('"spo2": true', "spo2: True is not a number"),
        ('"sp02": 94', "unknown field 'sp02'; did you mean spo2?"),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason_and_the_rest_kept(demo: Serving, text: str, reason: str) -> None:
    body = f'{{"cot": "NICU-01", "recorded_at": "{demo.now()}", "heart_rate": 150, {text}}}'
    answer = demo.client.post("/api/readings", content=body).json()
    assert answer["accepted"] == 1
    assert answer["rejected"][0]["reason"].startswith(reason)
    assert _first_values_shown(demo) == {"heart_rate": 150}


def test_a_reading_without_time_zone_is_refused_since_a_zone_is_never_guessed(demo: Serving) -> None:
    answer = _post(demo, recorded_at="2026-01-01T00:00:00", heart_rate=150)
    assert answer["accepted"] == 0
    assert "no time zone" in answer["rejected"][0]["reason"]


def test_an_unknown_cot_names_the_remedy(demo: Serving) -> None:
    answer = _post(demo, cot="NICU-77", heart_rate=150)
    assert answer["rejected"] == [{"index": 0, "reason": "unknown cot 'NICU-77'; nicu cot add LABEL", "field": None}]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"", b'"text"', b"[" * 100_000])
def test_what_is_no_reading_leaves_nothing_half_written(demo: Serving, body: bytes) -> None:
    response = demo.client.post("/api/readings", content=body)
    assert response.status_code in (202, 400)
    if response.status_code == 202:
        assert response.json()["accepted"] == 0
    else:
        assert response.headers["content-type"] == "application/problem+json"


def test_an_oversized_body_is_refused(demo: Serving) -> None:
    response = demo.client.post("/api/readings", content=b" " * (8 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.json()["title"] == "Too large"


def test_a_device_needs_its_key(ward: Serving) -> None:
    assert ward.client.post("/api/readings", json={}).status_code == 401
    wrong = ward.client.post("/api/readings", json={}, headers={"Authorization": "Bearer nicu_wrong"})
    assert wrong.status_code == 401
    assert "nicu key add" in wrong.json()["detail"]
    key = ward.accounts.add_key("gateway", ADMIN)
    right = ward.client.post("/api/readings", json=[], headers={"Authorization": f"Bearer {key}"})
    assert right.status_code == 202
