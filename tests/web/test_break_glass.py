"""Emergency access: a reason, an hour, a banner, a review by somebody else; no identity provider is asked."""

from sqlalchemy import insert, update

from nicu_dashboard.adapters.sql.tables import units, users
from nicu_dashboard.ports.people import NO_PASSWORD
from tests.web.serving import ADMIN, PASSWORD, Serving
from tests.web.test_second_factor import set_up

WHY = {"reason": "arrest in cot 2, the physician is in theatre"}


def test_a_nurse_gets_the_rights_for_an_hour_and_no_longer(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    refused = nurse.post("/api/cots", json={"label": "NICU-01"})
    assert (refused.status_code, refused.json()["needs"]) == (403, "right")
    assert nurse.post("/api/emergencies", json={"reason": "because"}).status_code == 422
    begun = nurse.post("/api/emergencies", json=WHY)
    assert begun.status_code == 201
    user = nurse.get("/api/unit").json()["user"]
    assert user["emergency_until"] == begun.json()["ends_at"]
    assert "change limits" in user["may"]
    assert nurse.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    for _ in range(6):
        ward.clock.forward(10.1)
        nurse.get("/api/cots")
    assert nurse.get("/api/unit").json()["user"]["emergency_until"] is None
    assert nurse.post("/api/cots", json={"label": "NICU-02"}).status_code == 403
    rows = ward.log_in("administrator").get("/api/audit").json()["items"]
    assert [row["role"] for row in rows if row["action"] == "cot.add"] == ["nurse, emergency"]
    (reason,) = [row["detail"] for row in rows if row["action"] == "emergency.begin"]
    assert reason == WHY


def test_it_opens_other_units_and_ends_with_the_session_or_by_hand(ward: Serving) -> None:
    with ward.store.database.writing() as connection:
        other = connection.execute(insert(units).returning(units.c.id), {"name": "Special care"}).scalar_one()
    ward.accounts.add_user("eva", "Eva", "nurse", PASSWORD, ADMIN, frozenset({other}))
    eva = ward.browser()
    assert eva.post("/api/session", json={"name": "eva", "password": PASSWORD}).status_code == 201
    assert eva.get("/api/live").status_code == 403
    assert eva.post("/api/emergencies", json=WHY).status_code == 201
    assert eva.get("/api/live").status_code == 200
    assert eva.delete("/api/emergencies").status_code == 204
    assert eva.get("/api/live").status_code == 403
    assert eva.post("/api/emergencies", json=WHY).status_code == 201
    again = ward.browser()
    assert again.post("/api/session", json={"name": "eva", "password": PASSWORD}).status_code == 201
    assert again.get("/api/live").status_code == 403


def test_somebody_else_reviews_it_once(ward: Serving) -> None:
    charge, admin = ward.log_in("charge nurse"), ward.log_in("administrator")
    assert charge.post("/api/emergencies", json=WHY).status_code == 201
    (waiting,) = admin.get("/api/emergencies").json()["items"]
    assert (waiting["reason"], waiting["name"], waiting["verdict"]) == (WHY["reason"], "charge.nurse", None)
    verdict = {"verdict": "justified", "note": "seen on the alarm log"}
    path = f"/api/emergencies/{waiting['id']}/review"
    assert charge.post(path, json=verdict).status_code == 409
    assert admin.post(path, json=verdict).json()["reviewed_by"] == "administrator"
    assert admin.post(path, json=verdict).status_code == 409
    assert admin.get("/api/emergencies").json()["items"] == []
    assert len(admin.get("/api/emergencies", params={"all": True}).json()["items"]) == 1


def test_a_recovery_code_opens_it_when_nothing_else_works(ward: Serving) -> None:
    _, codes = set_up(ward, ward.log_in("nurse"))
    client = ward.browser()
    body = {"name": "nurse", "code": codes[3], **WHY}
    assert client.post("/api/session/emergency", json=body | {"code": "wrong"}).status_code == 401
    assert client.post("/api/session/emergency", json=body | {"reason": ""}).status_code == 422
    entered = client.post("/api/session/emergency", json=body)
    assert entered.status_code == 201, entered.text
    assert "change limits" in entered.json()["may"]
    assert ward.browser().post("/api/session/emergency", json=body).status_code == 401
    for _ in range(5):
        ward.clock.forward(11)
        assert client.get("/api/cots").status_code == 200
    ward.clock.forward(6)
    assert client.get("/api/cots").status_code == 401


def test_a_recovery_code_alone_changes_no_account_for_good(ward: Serving) -> None:
    _, codes = set_up(ward, ward.log_in("nurse"))
    with ward.store.database.writing() as connection:
        # Who comes by the identity provider has no password to be asked for.
        connection.execute(update(users).values(password_hash=NO_PASSWORD).where(users.c.name == "nurse"))
    client = ward.browser()
    assert client.post("/api/session/emergency", json={"name": "nurse", "code": codes[3], **WHY}).status_code == 201
    for change in ("passkeys", "totp", "recovery-codes"):
        assert client.post(f"/api/account/{change}", json={}).status_code == 422


def test_those_without_patients_have_no_emergency(ward: Serving) -> None:
    for role in ("clerk", "engineer", "researcher", "administrator"):
        assert ward.log_in(role).post("/api/emergencies", json=WHY).status_code == 403
