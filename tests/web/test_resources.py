"""The REST resources as a charge nurse's browser uses them."""

from typing import Any

from tests.waiting import within
from tests.web.serving import Serving


def _alarm(demo: Serving) -> dict[str, Any]:
    demo.client.post("/api/readings", json={"cot": "NICU-01", "recorded_at": demo.now(), "heart_rate": 40})
    (alarm,) = demo.client.get("/api/alarms", params={"status": "active"}).json()["items"]
    found: dict[str, Any] = alarm
    return found


def test_an_alarm_can_be_acknowledged_and_explains_itself(demo: Serving) -> None:
    alarm = _alarm(demo)
    assert alarm["text"] == "HR 40 < 80"
    left = demo.client.post(f"/api/alarms/{alarm['id']}/acknowledge").json()
    assert (left["presence"], left["acknowledged_by"]) == ("ack", "Demo charge nurse")
    told = demo.client.get(f"/api/alarms/{alarm['id']}").json()
    assert told["why"] == "below 80 at once (profile 26–36 wk, version 1); lowest 40"
    assert [(one["trigger"], one["by"]) for one in told["transitions"]] == [
        ("raised", None),
        ("acknowledged", "Demo charge nurse"),
    ]


def test_an_alarm_that_ended_cannot_be_acknowledged(demo: Serving) -> None:
    response = demo.client.post("/api/alarms/424242/acknowledge")
    assert (response.status_code, response.json()["title"]) == (404, "Not found")


def test_a_baby_is_admitted_moved_and_discharged(demo: Serving) -> None:
    moved = demo.client.post("/api/admissions/transfer", json={"mrn": "A-1", "cot": "NICU-02"})
    assert moved.json()["admission"]["cot"] == "NICU-02"
    gone = demo.client.post("/api/admissions/discharge", json={"patient_id": moved.json()["id"]})
    assert gone.json()["admission"] is None
    again = demo.client.post("/api/admissions/discharge", json={"mrn": "A-1"})
    assert again.status_code == 404


def test_a_taken_cot_and_an_unknown_cot_are_refused_before_anything_is_written(demo: Serving) -> None:
    taken = demo.client.post("/api/admissions", json={"cot": "NICU-01", "mrn": "B-2"})
    assert (taken.status_code, "transfer or discharge" in taken.json()["detail"]) == (409, True)
    unknown = demo.client.post("/api/admissions", json={"cot": "NICU-99", "mrn": "B-2"})
    assert unknown.status_code == 404
    assert len(demo.client.get("/api/patients").json()["items"]) == 1


def test_faults_in_a_form_name_their_fields(demo: Serving) -> None:
    response = demo.client.post("/api/admissions", json={"cot": "", "mrn": "x", "weight_g": 20})
    assert response.status_code == 422
    assert {fault["field"] for fault in response.json()["faults"]} == {"cot", "weight_g"}
    gestation = demo.client.post("/api/admissions", json={"cot": "NICU-02", "mrn": "x", "ga": "28.3"})
    assert (gestation.status_code, "28+3" in gestation.json()["detail"]) == (422, True)


def test_limits_are_changed_with_the_version_they_were_read_at(demo: Serving) -> None:
    before = demo.client.get("/api/patients/1/limits").json()
    rows = [{"parameter": "heart_rate", "side": "low", "red": 70, "yellow": 90}]
    body = {"expected_version": before["version"], "limits": rows, "reason": "sleeps deeply"}
    after = demo.client.put("/api/patients/1/limits", json=body).json()
    low = next(one for one in after["limits"] if (one["parameter"], one["side"]) == ("heart_rate", "low"))
    assert (low["red"], low["yellow"], after["version"], after["changed_by"]) == (70, 90, 1, "Demo charge nurse")
    assert demo.client.put("/api/patients/1/limits", json=body).status_code == 409
    unsafe = {"expected_version": 1, "limits": [rows[0] | {"red": 95, "yellow": 90}]}
    refused = demo.client.put("/api/patients/1/limits", json=unsafe)
    assert refused.status_code == 422
    assert refused.json()["faults"]


def test_trends_keep_extremes_and_gaps(demo: Serving) -> None:
    start = demo.clock.now() - 600_000
    seconds = [second for second in range(590) if not 200 <= second < 300]
    batch = [
        {"cot": "NICU-01", "recorded_at": demo.now(start + s * 1_000 - demo.clock.now()), "spo2": 60 if s == 50 else 95}
        for s in seconds
    ]
    assert demo.client.post("/api/readings", json=batch).json()["accepted"] == 490
    window: dict[str, str | int] = {"from": str(start), "to": str(demo.clock.now()), "points": 60, "parameters": "spo2"}
    trend = demo.client.get("/api/patients/1/trends", params=window).json()
    line = trend["parameters"]["spo2"]
    assert min(value for value in line["min"] if value is not None) == 60
    assert None in line["mean"]
    (gap, *_) = trend["gaps"]["spo2"]
    assert 190_000 <= gap[0] - start <= 215_000
    assert gap[2] == "no readings"


def test_a_display_reports_whether_it_can_be_heard(demo: Serving) -> None:
    assert demo.client.post("/api/displays", json={"id": "tv-1", "sound": "on"}).status_code == 204
    audible = {"displays": 1}
    within(5, lambda: demo.client.get("/api/live").json()["audible"] == audible, "the wall counts it")


def test_health_is_measured_and_says_nothing_of_babies(demo: Serving) -> None:
    _alarm(demo)
    report = demo.client.get("/api/health").json()
    assert report["status"] == "healthy"
    assert report["database"]["engine"] == "sqlite"
    assert report["database"]["latencyMs"]["p50"] > 0
    assert report["engine"]["accepted"] == 1
    assert "Kaur" not in demo.client.get("/metrics").text + str(report)


def test_an_unknown_address_of_the_api_is_a_problem_and_any_other_is_the_page(demo: Serving) -> None:
    missing = demo.client.get("/api/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert demo.client.get("/cots/1").headers["content-type"].startswith("text/html")
    assert demo.client.get("/../../etc/passwd").headers["content-type"].startswith("text/html")


def test_a_baby_admitted_in_a_demo_is_marked_as_no_real_baby(demo: Serving, ward: Serving) -> None:
    assert demo.client.get("/api/patients/1").json()["synthetic"] is True
    nurse = ward.log_in("nurse")
    assert nurse.post("/api/patients", json={"mrn": "A-1"}).json()["synthetic"] is False
