"""Whoever looks at a baby's data leaves a row of the audit trail: who, what, whose, when, from where, why."""

from time import monotonic, sleep
from typing import Any

import pytest

from nicu_dashboard.web.disclosing import READS, SHOWING, SILENT
from tests.web.serving import ADMIN, PASSWORD, Serving
from tests.web.test_every_door import all_doors


def _rows(ward: Serving, *actions: str, at_least: int = 1) -> list[dict[str, Any]]:
    """The newest rows of these actions, waited for: they are written within a second or two."""
    until = monotonic() + 10
    while True:
        found = [row for row in ward.store.people.audit(limit=200) if row["action"] in actions]
        if len(found) >= at_least or monotonic() > until:
            return [dict(row) for row in found]
        sleep(0.05)


@pytest.fixture
def baby(ward: Serving) -> int:
    charge = ward.log_in("charge nurse")
    assert charge.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    found: int = charge.post("/api/admissions", json={"cot": "NICU-01", "mrn": "A-1"}).json()["id"]
    return found


def test_every_look_through_a_door_to_patients_data_is_noted() -> None:
    looks = [door for door in all_doors() if door.method == "GET"]
    assert {door.path for door in looks if door.act in SHOWING} - set(READS) == SILENT
    assert set(READS) - {door.path for door in looks} == set()


def test_a_look_names_who_what_whose_and_from_where(ward: Serving, baby: int) -> None:
    nurse = ward.log_in("nurse")
    for part in ("", "/trends", "/limits", "/annotations"):
        assert nurse.get(f"/api/patients/{baby}{part}").status_code == 200
    rows = _rows(ward, "read.baby", "read.trends", "read.limits", "read.notes", at_least=4)
    assert {row["action"] for row in rows} == {"read.baby", "read.trends", "read.limits", "read.notes"}
    assert {(row["actor"], row["role"], row["patient_id"], row["address"]) for row in rows} == {
        ("nurse", "nurse", baby, "127.0.0.1")
    }


def test_the_wall_and_lists_name_every_baby_they_show(ward: Serving, baby: int) -> None:
    nurse = ward.log_in("nurse")
    assert nurse.get("/api/live").status_code == 200
    assert nurse.get("/api/patients", params={"search": "A-1"}).status_code == 200
    wall, listed = _rows(ward, "read.wall"), _rows(ward, "read.list")
    assert [row["detail"] for row in (*wall, *listed)] == [{"patients": [baby]}] * 2
    assert "A-1" not in str(listed)


def test_an_event_and_an_alarm_are_traced_to_their_baby(ward: Serving, baby: int) -> None:
    key = ward.accounts.add_key("monitor", ADMIN)
    body = {"cot": "NICU-01", "recorded_at": ward.now(), "heart_rate": 40}
    assert ward.client.post("/api/readings", json=body, headers={"Authorization": f"Bearer {key}"}).is_success
    nurse = ward.log_in("nurse")
    (alarm,) = nurse.get("/api/alarms", params={"status": "active"}).json()["items"]
    assert nurse.get(f"/api/alarms/{alarm['id']}").status_code == 200
    one, many = sorted(_rows(ward, "read.alarms", at_least=2), key=lambda row: row["subject"])
    assert (one["subject"], one["patient_id"]) == (f"alarm {alarm['id']}", baby)
    assert many["detail"] == {"patients": [baby]}


def test_looking_again_and_again_is_counted_in_one_more_row(
    ward: Serving, baby: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nicu_dashboard.services.disclosures.AGAIN_MS", 1_500)
    nurse = ward.log_in("nurse")
    for _ in range(5):
        nurse.get(f"/api/patients/{baby}/trends")
    last, first = _rows(ward, "read.trends", at_least=2)
    assert (first["detail"], last["detail"]) == ({}, {"times_again": 4})


def test_who_is_refused_saw_nothing(ward: Serving, baby: int) -> None:
    assert ward.client.get(f"/api/patients/{baby}").status_code == 401
    assert ward.log_in("engineer").get(f"/api/patients/{baby}").status_code == 403
    nurse = ward.log_in("nurse")
    assert nurse.get("/api/patients/4711").status_code == 404
    nurse.get(f"/api/patients/{baby}")
    assert [row["actor"] for row in _rows(ward, "read.baby")] == ["nurse"]


def test_an_emergency_says_why(ward: Serving, baby: int) -> None:
    ward.accounts.add_user("float", "Float", "nurse", PASSWORD, ADMIN, units=frozenset({99}))
    nurse = ward.browser()
    assert nurse.post("/api/session", json={"name": "float", "password": PASSWORD}).is_success
    assert nurse.get(f"/api/patients/{baby}").status_code in (403, 404)
    assert nurse.post("/api/emergencies", json={"reason": "arrest in NICU-01"}).is_success
    assert nurse.get(f"/api/patients/{baby}").status_code == 200
    (row,) = _rows(ward, "read.baby")
    assert (row["actor"], row["role"], row["detail"]) == ("float", "nurse, emergency", {"reason": "arrest in NICU-01"})


def test_reading_the_trail_is_in_the_trail(ward: Serving) -> None:
    assert ward.log_in("charge nurse").get("/api/audit").status_code == 200
    assert _rows(ward, "audit.read")[0]["actor"] == "charge.nurse"


def test_what_was_noted_is_written_before_the_server_ends(ward: Serving, baby: int) -> None:
    nurse = ward.log_in("nurse")
    for _ in range(3):
        nurse.get(f"/api/patients/{baby}")
    ward.server.should_exit = True
    ward._thread.join(20)
    rows = [row for row in ward.store.people.audit(limit=20) if row["action"] == "read.baby"]
    ward.stop()
    assert [row["detail"].get("times_again", 0) for row in rows] == [2, 0]
