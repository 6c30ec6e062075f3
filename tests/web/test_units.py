"""A person sees the babies of the units granted to it and no others."""

import httpx
from sqlalchemy import insert, update

from nicu_dashboard.adapters.sql.tables import admissions, cots, patients, units
from tests.web.serving import ADMIN, PASSWORD, Serving

AT = 1_767_225_600_000


def _elsewhere(ward: Serving) -> tuple[int, int]:
    """Another unit of the same database with a baby in it: its unit and the baby."""
    with ward.store.database.writing() as connection:
        unit = connection.execute(insert(units).returning(units.c.id), {"name": "Special care"}).scalar_one()
        cot = {"unit_id": unit, "label": "SC-01", "position": 1}
        cot_id = connection.execute(insert(cots).returning(cots.c.id), cot).scalar_one()
        baby = connection.execute(insert(patients).returning(patients.c.id), {"mrn": "B-1"}).scalar_one()
        connection.execute(insert(admissions), {"patient_id": baby, "cot_id": cot_id, "admitted_at": AT})
    return unit, baby


def _of_units(ward: Serving, name: str, granted: set[int] | None) -> httpx.Client:
    seen = None if granted is None else frozenset(granted)
    ward.accounts.add_user(name, name, "charge nurse", PASSWORD, ADMIN, seen)
    client = ward.browser()
    assert client.post("/api/session", json={"name": name, "password": PASSWORD}).status_code == 201
    return client


def test_what_belongs_to_another_unit_is_as_if_it_were_not_there(ward: Serving) -> None:
    unit, baby = _elsewhere(ward)
    here = ward.station.ward.unit.id
    ours, theirs, everybody = (_of_units(ward, *one) for one in (("a", {here}), ("b", {unit}), ("c", None)))
    assert [ours.get(f"/api/patients/{baby}{rest}").status_code for rest in ("", "/trends", "/limits")] == [404] * 3
    assert everybody.get(f"/api/patients/{baby}").json()["mrn"] == "B-1"
    assert ours.get("/api/patients").json()["items"] == []
    assert len(everybody.get("/api/patients").json()["items"]) == 1
    assert ours.post("/api/admissions/transfer", json={"mrn": "B-1", "cot": "NICU-01"}).status_code == 404
    assert ours.post("/api/admissions/discharge", json={"patient_id": baby}).status_code == 404
    assert ours.post(f"/api/patients/{baby}/annotations", json={"text": "fed"}).status_code == 404
    assert theirs.get("/api/live").status_code == 403
    assert ours.get("/api/live").status_code == 200


def test_nobody_takes_a_baby_of_another_unit_by_its_number(ward: Serving) -> None:
    _, baby = _elsewhere(ward)
    with ward.store.database.writing() as connection:
        connection.execute(update(admissions).values(ended_at=AT + 1, ended_by="discharge"))
    ours, everybody = _of_units(ward, "a", {ward.station.ward.unit.id}), _of_units(ward, "c", None)
    assert everybody.post("/api/cots", json={"label": "NICU-31"}).status_code == 201
    refused = ours.post("/api/admissions", json={"patient_id": baby, "cot": "NICU-31"})
    assert (refused.status_code, "B-1" in refused.text) == (404, False)


def test_the_engineer_sees_that_readings_were_for_nobody_and_not_what_they_said(ward: Serving) -> None:
    key = ward.accounts.add_key("gateway", ADMIN)
    reading = {"cot": "NICU-77", "recorded_at": ward.now(), "heart_rate": 151}
    sent = ward.client.post("/api/readings", json=reading, headers={"Authorization": f"Bearer {key}"})
    assert sent.status_code == 202
    seen = {role: ward.log_in(role).get("/api/quarantine").json()["items"] for role in ("engineer", "nurse")}
    assert (seen["engineer"][0]["count"], seen["engineer"][0]["raw"]) == (1, None)
    assert "151" in seen["nurse"][0]["raw"]


def test_a_grant_counts_at_once_in_open_sessions(ward: Serving) -> None:
    nurse = _of_units(ward, "eva", None)
    admin = ward.log_in("administrator")
    (eva,) = [user for user in admin.get("/api/users").json()["items"] if user["name"] == "eva"]
    assert nurse.get("/api/live").status_code == 200
    assert admin.patch(f"/api/users/{eva['id']}", json={"units": [999]}).json()["units"] == [999]
    assert nurse.get("/api/live").status_code == 403
    assert admin.patch(f"/api/users/{eva['id']}", json={"role": "clerk", "units": None}).json()["role"] == "clerk"
    assert nurse.get("/api/cots").status_code == 200
    assert nurse.get("/api/live").status_code == 403
    assert admin.patch(f"/api/users/{eva['id']}", json={"disabled": True}).json()["disabled_at"] is not None
    assert nurse.get("/api/cots").status_code == 401
    assert admin.patch(f"/api/users/{eva['id']}", json={"disabled": False}).json()["disabled_at"] is None


def test_nobody_gives_themselves_rights(ward: Serving) -> None:
    admin = ward.log_in("administrator")
    (own,) = admin.get("/api/users").json()["items"]
    assert admin.patch(f"/api/users/{own['id']}", json={"role": "charge nurse"}).status_code == 409
