"""What strangers, broken gateways and slips of the pen send: each gets its answer, and the station goes on."""

import socket
from contextlib import ExitStack

import pytest

from tests.web.serving import Serving

HALF = "\\ud800"  # half of a surrogate pair, as JSON writes it
TOO_BIG = 2**63


def _lives(demo: Serving) -> None:
    """The wall is served and readings are still committed."""
    reading = {"cot": "NICU-01", "recorded_at": demo.now(), "heart_rate": 150}
    assert demo.client.post("/api/readings", json=reading).json()["accepted"] == 1
    assert demo.client.get("/api/live").json()["store"]["state"] == "ok"


@pytest.mark.parametrize(
    "fields",
    [
        f'"cot": "NICU-01", "no_value": {{"spo2": "{HALF}"}}',
        f'"cot": "NICU-01", "heart_rate": 150, "source": "{HALF}"',
        f'"cot": "NICU-01", "heart_rate": 150, "{HALF}": 1',
        f'"cot": "{HALF}", "heart_rate": 150',
        '"cot": "NICU-01", "no_value": {"spo2": "a\\u0000b"}',
        f'"cot": "NICU-01", "heart_rate": 150, "spo2": {"9" * 5_000}',
    ],
)
def test_one_text_that_no_store_can_keep_does_not_end_the_station(demo: Serving, fields: str) -> None:
    body = f'{{"recorded_at": "{demo.now(-2_000)}", {fields}}}'
    answer = demo.client.post("/api/readings", content=body)
    assert answer.status_code == 202, answer.text
    _lives(demo)


def test_an_instant_that_cannot_be_written_again_is_refused(demo: Serving) -> None:
    for at in ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1899-12-31T23:59:59Z"]:
        reading = {"cot": "NICU-77", "recorded_at": at, "heart_rate": 150}
        (fault,) = demo.client.post("/api/readings", json=reading).json()["rejected"]
        assert "1900 to 2199" in fault["reason"]
        assert demo.client.post("/api/patients", json={"mrn": "B-1", "born": at}).status_code == 422
        _lives(demo)


@pytest.mark.parametrize("born", ["2099-01-01T00:00Z", "1926-11-01T00:00Z"])
def test_a_birth_that_a_slip_of_the_pen_has_made_chooses_no_limits(demo: Serving, born: str) -> None:
    answer = demo.client.post("/api/admissions", json={"cot": "NICU-02", "mrn": "B-1", "born": born, "ga": "28+3"})
    assert answer.status_code == 422
    assert "look at the year" in answer.json()["detail"]
    assert demo.client.get("/api/patients").json()["items"][0]["mrn"] == "A-1"
    assert len(demo.client.get("/api/patients").json()["items"]) == 1


def test_a_name_that_a_tile_cannot_show_is_refused(demo: Serving) -> None:
    for name in ["\u202eevil", "a\x00b", "line\nbreak", ",", "\u200b"]:
        assert demo.client.post("/api/patients", json={"mrn": "B-1", "name": name}).status_code == 422


def test_a_cot_has_a_label_that_can_be_seen(demo: Serving) -> None:
    assert demo.client.post("/api/cots", json={"label": "   "}).status_code == 422


def test_a_number_beyond_what_stores_hold_is_named(demo: Serving) -> None:
    paths = ("patients/{}", "patients/{}/trends", "patients/{}/limits", "events/{}", "alarms/{}", "cots/{}")
    lists = ("alarms?after={}", "alarms?patient_id={}", "audit?after={}", "patients?after={}")
    for number in (TOO_BIG, -TOO_BIG, 10**40):
        for path in paths + lists:
            assert demo.client.get(f"/api/{path.format(number)}").status_code == 422, path


def test_a_cursor_or_window_that_is_none_is_named(demo: Serving) -> None:
    for after in ("²", "--5", "-", "9" * 5_000, "1e3", "٣"):
        assert demo.client.get("/api/live", params={"after": after}).status_code == 422, after
    for at in ("²", "-²", "9" * 15, "9" * 20, "NaN"):
        assert demo.client.get("/api/patients/1/trends", params={"from": at}).status_code == 422, at


def test_a_review_cannot_be_nothing(demo: Serving) -> None:
    for body in ({"review": None}, {"kind": None}):
        assert demo.client.patch("/api/events/1", json=body).status_code == 422


def test_the_demo_refuses_every_name_but_its_own(demo: Serving) -> None:
    for host in ["[::1", "localhost.evil", "127.0.0.1.nip.io", "localhost@evil", ""]:
        assert demo.client.get("/api/unit", headers={"Host": host}).status_code in (400, 403)


def test_another_sites_page_acts_on_nothing(demo: Serving) -> None:
    for origin in ["http://[::1", "null", "http://localhost.evil", "file://"]:
        answer = demo.client.post("/api/cots/1/audio-pause", json={"seconds": 120}, headers={"Origin": origin})
        assert answer.status_code == 403


def test_a_name_that_no_file_can_have_is_an_address_of_the_app(demo: Serving) -> None:
    for path in ["/" + "a" * 300, "/" + "a" * 5_000, "/%00", "/..%2f..%2fapp.py", "//etc/passwd"]:
        answer = demo.client.get(path)
        assert answer.status_code in (200, 503)
        assert "create_app" not in answer.text
        assert "root:" not in answer.text


def test_a_stranger_cannot_fill_the_memory_with_a_log_in(ward: Serving) -> None:
    long = b'{"name": "' + b"a" * 300_000
    assert ward.client.post("/api/session", content=long).status_code == 413
    chunks = (b"a" * 50_000 for _ in range(10_000))
    try:
        assert ward.client.post("/api/session", content=chunks).status_code == 413
    except OSError:
        pass  # the door was shut while we were still speaking
    assert ward.client.get("/api/health").status_code == 200


def test_a_body_that_never_ends_is_answered(ward: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nicu_dashboard.web.bodies.PATIENCE_S", 0.2)
    with socket.create_connection(("127.0.0.1", int(ward.url.rsplit(":", 1)[1])), 10) as slow:
        slow.sendall(b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
        assert slow.recv(4_096).startswith(b"HTTP/1.1 408")


def test_a_connection_on_which_no_request_comes_loses_its_place(demo: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ("127.0.0.1", int(demo.url.rsplit(":", 1)[1]))
    whole = b"GET /api/health?alive HTTP/1.1\r\nHost: localhost\r\n\r\n"
    watch = demo.client.stream("GET", "/api/live", headers={"Accept": "text/event-stream"})
    with ExitStack() as open_places, watch as screen:
        silent, half, second = (open_places.enter_context(socket.create_connection(place, 20)) for _ in range(3))
        half.sendall(whole[:40])
        second.sendall(whole)
        answer = b""
        while not answer.endswith(b"}"):
            answer += second.recv(4_096)
        second.sendall(whole[:40])
        monkeypatch.setattr("nicu_dashboard.web.places.SILENT_S", 1.0)
        assert [one.recv(4_096) for one in (silent, half, second)] == [b"", b"", b""]
        pictures = (line for line in screen.iter_lines() if line.startswith("data: "))
        assert all(next(pictures) for _ in range(4))  # who watches asks nothing more, and stays


def test_a_fault_of_ours_tells_nothing_of_what_happened(demo: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Kaur, Baby of Simran")

    monkeypatch.setattr(type(demo.store.roster), "patient", broken)
    answer = demo.client.get("/api/patients/1")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Kaur" not in answer.text
