"""Sessions end by time, use and disabling, by the injected clock; a paired screen never does."""

import json

from tests.web.serving import ADMIN, Serving

STREAM = {"Accept": "text/event-stream"}


def test_a_session_ends_after_fifteen_minutes_without_use(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    for _ in range(4):
        ward.clock.forward(14)
        assert nurse.get("/api/cots").status_code == 200
    ward.clock.forward(15.1)
    assert nurse.get("/api/cots").status_code == 401


def test_what_a_page_does_by_itself_is_no_use(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    for _ in range(2):
        ward.clock.forward(7)
        for path in ("/api/live", "/api/unit", "/api/session", "/api/cots/spark"):
            assert nurse.get(path).status_code == 200
        assert nurse.post("/api/displays", json={"id": "d", "sound": "on"}).status_code == 204
        assert nurse.get("/api/cots", headers={"X-Nicu-Background": "1"}).status_code == 200
    ward.clock.forward(1.5)
    assert nurse.get("/api/live").status_code == 401


def test_a_session_ends_after_twelve_hours_of_use(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    for _ in range(12 * 6 - 1):
        ward.clock.forward(10)
        assert nurse.get("/api/cots").status_code == 200
    ward.clock.forward(10)
    assert nurse.get("/api/cots").status_code == 401


def _paired(ward: Serving) -> str:
    """Pair a screen; return its token."""
    charge = ward.log_in("charge nurse")
    code = charge.post("/api/kiosks", json={"name": "corridor"}).json()["code"]
    screen = ward.browser()
    assert screen.post("/api/kiosks/pair", json={"code": code.upper()}).status_code == 201
    assert ward.browser().post("/api/kiosks/pair", json={"code": code}).status_code == 401
    return screen.cookies["nicu_kiosk"]


def _admit(ward: Serving) -> None:
    charge = ward.log_in("physician")
    ward.accounts.add_user("ad", "Ad", "charge nurse", "three unrelated words", ADMIN)
    charge.post("/api/session", json={"name": "ad", "password": "three unrelated words"})
    assert charge.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    baby = {"cot": "NICU-01", "mrn": "777123", "name": "Kaur, Baby of Simran", "ga": "28+3", "sex": "female"}
    assert charge.post("/api/admissions", json=baby).status_code == 201
    assert charge.post("/api/cots", json={"label": "NICU-02"}).status_code == 201
    assert charge.post("/api/admissions", json={"cot": "NICU-02", "mrn": "888456"}).status_code == 201


def test_a_paired_screen_shows_the_wall_without_names_for_ever(ward: Serving) -> None:
    _admit(ward)
    screen = ward.browser()
    screen.cookies.set("nicu_kiosk", _paired(ward))
    ward.clock.forward(60 * 24 * 30)
    snapshot = screen.get("/api/live")
    assert snapshot.status_code == 200
    assert [mark for mark in ("777123", "888456", "Kaur", "Simran", "female") if mark in snapshot.text] == []
    assert [cot["baby"]["name"] for cot in snapshot.json()["cots"]] == ["SK", "–"]
    with screen.stream("GET", "/api/live", headers=STREAM) as stream:
        event = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert json.loads(event.removeprefix("data: "))["cots"][0]["label"] == "NICU-01"
    assert "777123" not in event
    assert screen.get("/api/unit").json()["user"]["role"] == "kiosk"
    assert screen.get("/api/cots/spark").status_code == 200
    assert screen.post("/api/displays", json={"id": "d", "sound": "on"}).status_code == 204
    for path in ("/api/cots", "/api/patients", "/api/patients/1", "/api/alarms", "/api/events", "/api/audit"):
        assert screen.get(path).status_code == 401
    assert screen.post("/api/cots/1/audio-pause", json={"seconds": 60}).status_code == 401


def test_logging_off_at_a_paired_screen_takes_the_rights_and_leaves_the_wall(ward: Serving) -> None:
    _admit(ward)
    nurse = ward.log_in("nurse")
    nurse.cookies.set("nicu_kiosk", _paired(ward))
    assert "Kaur" in nurse.get("/api/live").text
    assert nurse.delete("/api/session").status_code == 204
    after = nurse.get("/api/live")
    assert (after.status_code, "Kaur" in after.text) == (200, False)
    assert nurse.get("/api/patients/1").status_code == 401


def test_a_disabled_screen_shows_nothing_any_more(ward: Serving) -> None:
    token = _paired(ward)
    admin = ward.log_in("administrator")
    (kiosk,) = admin.get("/api/kiosks").json()["items"]
    assert kiosk["paired_at"] is not None
    assert admin.post(f"/api/kiosks/{kiosk['id']}/disable").status_code == 204
    screen = ward.browser()
    screen.cookies.set("nicu_kiosk", token)
    assert screen.get("/api/live").status_code == 401


def test_a_pairing_code_is_void_after_ten_minutes_and_guessing_is_held_off(ward: Serving) -> None:
    charge, screen = ward.log_in("charge nurse"), ward.browser()
    code = charge.post("/api/kiosks", json={"name": "corridor"}).json()["code"]
    ward.clock.forward(10.1)
    assert screen.post("/api/kiosks/pair", json={"code": code}).status_code == 401
    answers = [screen.post("/api/kiosks/pair", json={"code": f"guess-{one}"}).json()["detail"] for one in range(6)]
    assert "too many" in answers[-1]
