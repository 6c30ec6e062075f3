"""Who gets in: sessions, roles, other sites' pages."""

import pytest

from tests.web.serving import ADMIN, PASSWORD, Serving


def test_in_the_demo_this_machine_acts_as_the_demo_charge_nurse(demo: Serving) -> None:
    assert demo.client.get("/api/session").json()["display_name"] == "Demo charge nurse"
    assert demo.client.post("/api/cots/1/audio-pause", json={"seconds": 60}).status_code == 200
    actors = {row["actor"] for row in demo.client.get("/api/audit").json()["items"]}
    assert "Demo charge nurse" in actors


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Origin": "null"},
    ],
)
def test_no_other_sites_page_can_use_the_demo(demo: Serving, headers: dict[str, str]) -> None:
    response = demo.client.post("/api/cots/1/audio-pause", json={"seconds": 60}, headers=headers)
    assert response.status_code == 403


def test_a_page_under_another_name_cannot_even_read_the_demo(demo: Serving) -> None:
    assert demo.client.get("/api/patients", headers={"Host": "rebound.example:8000"}).status_code == 403


def test_a_session_opens_with_name_and_password_and_ends_on_the_server(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    token = nurse.cookies["nicu_session"]
    assert nurse.get("/api/cots").status_code == 200
    assert nurse.delete("/api/session").status_code == 204
    assert ward.browser(token).get("/api/cots").status_code == 401


def test_a_wrong_password_and_an_unknown_name_look_the_same(ward: Serving) -> None:
    ward.accounts.add_user("osei", "M. Osei", "nurse", PASSWORD, ADMIN)
    wrong = ward.client.post("/api/session", json={"name": "osei", "password": "not the password"})
    unknown = ward.client.post("/api/session", json={"name": "nobody", "password": "not the password"})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())


def test_guessing_is_slowed_down(ward: Serving) -> None:
    ward.accounts.add_user("osei", "M. Osei", "nurse", PASSWORD, ADMIN)
    for _ in range(5):
        ward.client.post("/api/session", json={"name": "osei", "password": "not the password"})
    locked = ward.client.post("/api/session", json={"name": "osei", "password": PASSWORD})
    assert locked.status_code == 401
    assert "wait a minute" in locked.json()["detail"]


def test_each_role_does_its_own_work_only(ward: Serving) -> None:
    nurse, administrator = ward.log_in("nurse"), ward.log_in("administrator")
    assert nurse.post("/api/users", json={}).status_code in (403, 422)
    assert nurse.get("/api/audit").status_code == 403
    assert administrator.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    assert administrator.post("/api/admissions", json={"cot": "NICU-01", "mrn": "1"}).status_code == 403
    assert nurse.post("/api/admissions", json={"cot": "NICU-01", "mrn": "1"}).status_code == 201
    assert nurse.put("/api/patients/1/limits", json={"expected_version": 0, "reset": True}).status_code == 403


def test_a_disabled_user_is_out_at_once(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    ward.store.people.disable_user("nurse", ward.clock.now(), ADMIN.entry(ward.clock.now(), "user.disable", "nurse"))
    assert nurse.get("/api/cots").status_code == 401


def test_every_answer_carries_the_protective_headers(ward: Serving) -> None:
    for path in ("/", "/api/health", "/api/cots"):
        headers = ward.client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
