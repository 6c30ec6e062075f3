"""Something the person has, beside what it knows: codes used once, recovery codes, and what removes them."""

from typing import Any

import httpx
import pyotp
import pytest

from nicu_dashboard.settings import Settings
from tests.templates import copy_of_empty_store
from tests.web.serving import PASSWORD, Serving, serving


def set_up(ward: Serving, client: httpx.Client) -> tuple[pyotp.TOTP, list[str]]:
    """Set an authenticator app up as the page does; return it and the recovery codes."""
    ward.clock.to_the_next(30)
    begun = client.post("/api/account/totp", json={"password": PASSWORD}).json()
    app = pyotp.TOTP(begun["secret"])
    assert (
        app.provisioning_uri(name=client.get("/api/account").json()["name"], issuer_name="NICU Dashboard")
        == begun["uri"]
    )
    body = {"step": begun["step"], "code": app.at(ward.clock.now() // 1_000), "name": "telephone"}
    confirmed = client.post("/api/account/totp/confirm", json=body)
    assert confirmed.status_code == 201, confirmed.text
    return app, confirmed.json()["recovery_codes"]


def begin(ward: Serving, name: str = "nurse") -> tuple[httpx.Client, dict[str, Any]]:
    """Log in with name and password."""
    client = ward.browser()
    answer = client.post("/api/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 202, answer.text
    assert client.get("/api/cots").status_code == 401
    return client, answer.json()


def finish(client: httpx.Client, step: str, code: str, kind: str = "totp") -> int:
    """Answer with the second factor."""
    body = {"step": step, "kind": kind, "code": code}
    return client.post("/api/session/second-factor", json=body).status_code


def test_a_code_lets_in_once_and_never_again(ward: Serving) -> None:
    app, _ = set_up(ward, ward.log_in("nurse"))
    client, waiting = begin(ward)
    assert waiting["factors"] == ["totp", "recovery code"]
    # The code that confirmed the app is used up.
    assert finish(client, waiting["step"], app.at(ward.clock.now() // 1_000)) == 401
    ward.clock.forward(0.5)
    code = app.at(ward.clock.now() // 1_000)
    assert finish(client, waiting["step"], code) == 201
    assert client.get("/api/cots").status_code == 200
    again, waiting = begin(ward)
    assert finish(again, waiting["step"], code) == 401
    assert again.get("/api/cots").status_code == 401


def test_the_password_alone_opens_nothing_and_a_step_is_answered_once(ward: Serving) -> None:
    app, _ = set_up(ward, ward.log_in("nurse"))
    client, waiting = begin(ward)
    ward.clock.forward(0.5)
    assert finish(client, waiting["step"], app.at(ward.clock.now() // 1_000)) == 201
    ward.clock.forward(0.5)
    assert finish(ward.browser(), waiting["step"], app.at(ward.clock.now() // 1_000)) == 401
    late, waiting = begin(ward)
    ward.clock.forward(6)
    assert finish(late, waiting["step"], app.at(ward.clock.now() // 1_000)) == 401


def test_guessing_codes_is_held_off(ward: Serving) -> None:
    app, _ = set_up(ward, ward.log_in("nurse"))
    client, waiting = begin(ward)
    assert {finish(client, waiting["step"], f"{number:06}") for number in range(6)} == {401}
    ward.clock.forward(0.5)
    assert finish(client, waiting["step"], app.at(ward.clock.now() // 1_000)) == 401


def test_each_recovery_code_works_once_and_new_ones_replace_the_old(ward: Serving) -> None:
    _, codes = set_up(ward, ward.log_in("nurse"))
    assert len(set(codes)) == 10
    client, waiting = begin(ward)
    assert finish(client, waiting["step"], codes[0].upper().replace("-", " "), "recovery code") == 201
    assert client.get("/api/account").json()["recovery_codes"] == 9
    again, waiting = begin(ward)
    assert finish(again, waiting["step"], codes[0], "recovery code") == 401
    fresh = client.post("/api/account/recovery-codes", json={"password": PASSWORD}).json()["recovery_codes"]
    assert finish(again, waiting["step"], codes[1], "recovery code") == 401
    assert finish(again, waiting["step"], fresh[1], "recovery code") == 201


def test_no_secret_lies_readable_in_the_database(ward: Serving) -> None:
    app, codes = set_up(ward, ward.log_in("nurse"))
    with ward.store.database.reading() as connection:
        kept = [
            str(connection.exec_driver_sql(f"SELECT * FROM {name}").all())
            for name in ("second_factors", "recovery_codes", "login_steps", "sessions", "users")
        ]
    assert app.secret not in "".join(kept)
    assert not any(code.replace("-", "") in text for code in codes for text in kept)


def test_changing_the_account_asks_for_the_password_once_more(ward: Serving) -> None:
    nurse = ward.log_in("nurse")
    for path in ("totp", "passkeys", "recovery-codes"):
        assert nurse.post(f"/api/account/{path}", json={"password": "not the password"}).status_code == 422
    assert nurse.post("/api/account/password", json={"current": "x", "new": "three unrelated words"}).status_code == 422


def test_a_new_password_ends_every_other_session(ward: Serving) -> None:
    nurse, other = ward.log_in("nurse"), ward.browser()
    assert other.post("/api/session", json={"name": "nurse", "password": PASSWORD}).status_code == 201
    for bad in ("password1234", "nurse nurse nurse", "short", "x" * 129):
        answer = nurse.post("/api/account/password", json={"current": PASSWORD, "new": bad})
        assert answer.status_code == 422, answer.text
    new = {"current": PASSWORD, "new": "three unrelated words"}
    assert nurse.post("/api/account/password", json=new).status_code == 204
    assert (nurse.get("/api/cots").status_code, other.get("/api/cots").status_code) == (200, 401)
    assert other.post("/api/session", json={"name": "nurse", "password": PASSWORD}).status_code == 401
    assert other.post("/api/session", json={"name": "nurse", "password": new["new"]}).status_code == 201


def test_a_session_from_before_the_factor_changes_nothing_and_adds_none_of_its_own(ward: Serving) -> None:
    nurse, thief = ward.log_in("nurse"), ward.browser()
    assert thief.post("/api/session", json={"name": "nurse", "password": PASSWORD}).status_code == 201
    begun = thief.post("/api/account/totp", json={"password": PASSWORD}).json()
    set_up(ward, nurse)
    code = pyotp.TOTP(begun["secret"]).at(ward.clock.now() // 1_000)
    late = thief.post("/api/account/totp/confirm", json={"step": begun["step"], "code": code})
    factor = nurse.get("/api/account").json()["factors"][0]["id"]
    tried = [
        thief.post(f"/api/account/{path}", json={"password": PASSWORD})
        for path in ("totp", "passkeys", "recovery-codes", f"factors/{factor}/remove")
    ]
    new = {"current": PASSWORD, "new": "three unrelated words"}
    refused = [late, *tried, thief.post("/api/account/password", json=new)]
    assert [answer.status_code for answer in refused] == [422] * 6
    assert all("second factor by now" in answer.text for answer in refused)
    assert nurse.post("/api/account/recovery-codes", json={"password": PASSWORD}).status_code == 201


def test_an_administrator_takes_a_lost_factor_off(ward: Serving) -> None:
    set_up(ward, ward.log_in("nurse"))
    admin = ward.log_in("administrator")
    (nurse,) = [one for one in admin.get("/api/users").json()["items"] if one["name"] == "nurse"]
    assert admin.patch(f"/api/users/{nurse['id']}", json={"reset_factors": True}).status_code == 200
    assert ward.browser().post("/api/session", json={"name": "nurse", "password": PASSWORD}).status_code == 201


def test_where_a_factor_is_required_nothing_is_seen_before_it_is_set_up(tmp_path: Any) -> None:
    store = copy_of_empty_store(tmp_path / "required.db")
    with serving(store, "live", NICU_SECOND_FACTOR="required") as strict:
        nurse = strict.log_in("nurse")
        assert nurse.get("/api/unit").json()["user"]["may"] == ["enter", "keep own account"]
        again = strict.browser().post("/api/session", json={"name": "nurse", "password": PASSWORD}).json()
        assert again["may"] == ["enter", "keep own account"]
        refused = nurse.get("/api/cots")
        assert (refused.status_code, refused.json()["needs"]) == (403, "second factor")
        assert "second factor" in refused.json()["detail"]
        set_up(strict, nurse)
        assert nurse.get("/api/cots").status_code == 200


def test_who_must_have_one_is_a_matter_of_role(tmp_path: Any) -> None:
    store = copy_of_empty_store(tmp_path / "roles.db")
    with serving(store, "live", NICU_SECOND_FACTOR="administrator, physician") as strict:
        assert strict.log_in("nurse").get("/api/cots").status_code == 200
        admin = strict.log_in("administrator")
        assert admin.get("/api/users").status_code == 403
        assert admin.get("/api/account").json()["second_factor_required"] is True
        set_up(strict, admin)
        assert admin.get("/api/users").status_code == 200


def test_in_production_administrators_must_where_an_app_can_be_set_up() -> None:
    key = {"NICU_SECRET_KEY": "x" * 40}
    assert Settings.model_validate(key).must_prove(True) == {"administrator"}
    assert Settings.model_validate(key).must_prove(False) == frozenset()
    assert Settings.model_validate({}).must_prove(True) == frozenset()
    assert Settings.model_validate({**key, "NICU_SECOND_FACTOR": "required"}).closed_door is None
    assert "NICU_SECRET_KEY" in (Settings.model_validate({"NICU_SECOND_FACTOR": "required"}).closed_door or "")
    assert Settings.model_validate({**key, "NICU_SECOND_FACTOR": "optional"}).must_prove(True) == frozenset()
    with pytest.raises(ValueError, match="optional, required, or roles"):
        Settings.model_validate({"NICU_SECOND_FACTOR": "everybody"})


@pytest.mark.parametrize("password", ["correct horse battery", "Ω is a letter too", "x9k2-mmqp-77wz"])
def test_passwords_are_taken_as_they_come(ward: Serving, password: str) -> None:
    admin = ward.log_in("administrator")
    new = {"name": "eva", "role": "nurse", "password": password}
    assert admin.post("/api/users", json=new).status_code == 201
    assert ward.browser().post("/api/session", json={"name": "eva", "password": password}).status_code == 201
    assert ward.browser().post("/api/session", json={"name": "eva", "password": password.upper()}).status_code == 401
