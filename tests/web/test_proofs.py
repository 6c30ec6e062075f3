"""Exports leave no name behind and a row in the trail; the page of the checks shows the last run."""

import csv
import io
import json
from typing import Any

import httpx

from nicu_dashboard.domain.instants import parse_instant
from tests.web.serving import ADMIN, Serving

BORN = "2026-11-01T04:30:00.000Z"


def _ward(ward: Serving) -> httpx.Client:
    charge = ward.log_in("charge nurse")
    assert charge.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    baby = {"cot": "NICU-01", "mrn": "MRN-777", "name": "Kaur, Baby of Simran", "born": BORN, "ga": "28+3"}
    assert charge.post("/api/admissions", json=baby).status_code == 201
    assert charge.post("/api/patients/1/annotations", json={"text": "Simran held her"}).status_code == 201
    key = {"Authorization": f"Bearer {ward.accounts.add_key('monitor', ADMIN)}"}
    reading = {"cot": "NICU-01", "recorded_at": ward.now(), "heart_rate": 150, "no_value": {"spo2": "Simran's probe"}}
    assert ward.client.post("/api/readings", json=reading, headers=key).json()["accepted"] == 1
    return charge


def _lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_export_for_research_names_nobody_and_keeps_ages(ward: Serving) -> None:
    _ward(ward)
    researcher = ward.log_in("researcher")
    answer = researcher.get("/api/export", params={"resolution": "reading"})
    baby, reading = _lines(answer)
    assert [mark for mark in ("MRN", "777", "Kaur", "Simran", "NICU-01", BORN[:10]) if mark in answer.text] == []
    assert (baby["ga"], reading["baby"], reading["heart_rate"], reading["spo2"]) == ("28+3", baby["baby"], 150, None)
    shifted = parse_instant(reading["at"]) - parse_instant(baby["born_at"])
    assert shifted // 1_000 == reading["age_s"]
    assert (parse_instant(BORN) - parse_instant(baby["born_at"])) % 86_400_000 == 0
    again, _ = _lines(researcher.get("/api/export", params={"resolution": "reading"}))
    assert again["baby"] != baby["baby"]
    row = ward.store.people.audit(filters={"action": "export.deidentified"})[0]
    assert (row["actor"], row["detail"]) == ("researcher", {"resolution": "reading", "patients": [1]})


def test_minutes_and_hours_are_exported_too(ward: Serving) -> None:
    _ward(ward)
    researcher = ward.log_in("researcher")
    for resolution in ("minute", "hour"):
        _, row = _lines(researcher.get("/api/export", params={"resolution": resolution}))
        assert (row["type"], row["heart_rate"]) == (resolution, {"min": 150, "max": 150, "mean": 150})
    assert researcher.get("/api/patients").status_code == 403


def test_the_trail_is_exported_as_a_file_and_that_is_in_the_trail(ward: Serving) -> None:
    charge = _ward(ward)
    answer = charge.get("/api/audit/export", params={"form": "csv", "action": "patient.admit"})
    assert 'filename="audit.csv"' in answer.headers["content-disposition"]
    every = list(csv.DictReader(io.StringIO(charge.get("/api/audit/export").text)))
    assert every[0]["action"] == "audit.export"
    assert [int(row["seq"]) for row in every] == list(range(len(every), 0, -1))
    lines = _lines(charge.get("/api/audit/export", params={"form": "json", "actor": "charge.nurse"}))
    assert {line["actor"] for line in lines} == {"charge.nurse"}
    assert all(line["hash"] for line in lines)


def test_a_cell_is_never_a_formula(ward: Serving) -> None:
    ward.store.people.record(ADMIN.entry(ward.clock.now(), "did", "=HYPERLINK(1)"))
    text = ward.log_in("charge nurse").get("/api/audit/export", params={"action": "did"}).text
    assert ",'=HYPERLINK(1)," in text


def test_the_engineer_runs_the_checks_and_sees_the_last_run(ward: Serving) -> None:
    engineer = ward.log_in("engineer")
    assert engineer.get("/api/compliance").status_code == 404
    made = engineer.post("/api/compliance").json()
    assert made["summary"].startswith("verifies ")
    last = engineer.get("/api/compliance").json()
    assert (last["ran_by"], last["counts"]) == ("engineer", made["counts"])
    assert ward.log_in("nurse").get("/api/compliance").status_code == 403
