"""Single sign-on against a real provider: who comes in, in which role, and every token that must not do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.bootstrap.doors import sign_on_units
from nicu_dashboard.settings import Settings, SettingsFault
from tests.templates import copy_of_empty_store
from tests.web.identity_provider import CLIENT, SECRET, Provider, identity_provider
from tests.web.serving import ADMIN, PASSWORD, Serving, serving
from tests.web.test_second_factor import set_up

ROLES = "nicu-doctors=physician, nicu-nurses=nurse, nicu-it=engineer"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as running:
        yield running


@pytest.fixture
def ward(tmp_path: Path, provider: Provider) -> Iterator[Serving]:
    """A server that trusts the provider."""
    said = {"NICU_OIDC_ISSUER": provider.issuer, "NICU_OIDC_CLIENT_ID": CLIENT, "NICU_OIDC_CLIENT_SECRET": SECRET}
    store = copy_of_empty_store(tmp_path / "sso.db")
    with serving(store, "live", None, **said, NICU_OIDC_ROLES=ROLES) as running:
        provider.now_s = running.clock.now() // 1_000
        yield running


def sign_on(ward: Serving) -> tuple[httpx.Client, str]:
    """Go to the provider and come back, as a browser does; return where it ended."""
    browser = ward.browser()
    out = browser.get("/api/sign-on")
    assert out.status_code == 302
    back = httpx.get(out.headers["location"])
    return browser, browser.get(back.headers["location"]).headers["location"]


def test_groups_become_a_role_and_follow_it(ward: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["everybody", "nicu-nurses"]
    browser, where = sign_on(ward)
    assert where == "/"
    assert browser.get("/api/session").json() | {"may": []} == {
        "name": "osei", "display_name": "M. Osei", "role": "nurse", "may": [], "emergency_until": None,
    }  # fmt: skip
    assert browser.get("/api/account").json()["method"] == "single sign-on"
    assert browser.get("/api/account").json()["has_password"] is False
    provider.person["groups"] = ["nicu-nurses", "nicu-doctors"]
    again, _ = sign_on(ward)
    assert again.get("/api/session").json()["role"] == "physician"
    assert browser.get("/api/session").json()["role"] == "physician"
    assert len(ward.store.people.users()) == 1


@pytest.fixture
def two_units(tmp_path: Path, provider: Provider) -> Iterator[Serving]:
    """A server of the first of two units, whose people's units the provider knows."""
    said = {"NICU_OIDC_ISSUER": provider.issuer, "NICU_OIDC_CLIENT_ID": CLIENT, "NICU_OIDC_CLIENT_SECRET": SECRET}
    path = copy_of_empty_store(tmp_path / "sso.db")
    database = open_store(f"sqlite:///{path}")
    SqlRoster(database).unit()
    SqlRoster(database).add_unit("Special care", ADMIN.entry(1, "unit.add", "unit Special care"))
    database.close()
    units = "ward-3=NICU, ward-4=special care, float-pool=*"
    more = {"NICU_UNIT": "NICU", "NICU_OIDC_UNITS": units, "NICU_OIDC_UNITS_CLAIM": "wards"}
    with serving(path, "live", None, **said, **more, NICU_OIDC_ROLES=ROLES) as running:
        provider.now_s = running.clock.now() // 1_000
        yield running


def test_groups_become_units_and_follow_them(two_units: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["nicu-nurses"]
    for wards, seen, status in (
        ("ward-4", {2}, 403),
        (["ward-3", "ward-4", "kitchen"], {1, 2}, 200),
        (["float-pool", "ward-4"], None, 200),
        (["kitchen"], set(), 403),
        (["ward-3"], {1}, 200),
    ):
        provider.person["wards"] = wards
        browser, where = sign_on(two_units)
        (user,) = two_units.store.people.users()
        assert (where, user.units) == ("/", seen)
        assert browser.get("/api/live?after=0").status_code == status
    changes = [row["detail"]["units"] for row in two_units.store.people.audit(filters={"action": "user.change"})]
    assert changes[-1] == "2 → 1, 2"


def test_a_group_of_a_unit_that_is_not_there_is_told_at_the_start(ward: Serving) -> None:
    wrong = Settings.model_validate({"NICU_OIDC_UNITS": "ward-9=Surgery"})
    with pytest.raises(SettingsFault, match="NICU_OIDC_UNITS: there is no unit 'Surgery'; there are: NICU"):
        sign_on_units(ward.store, wrong)
    with pytest.raises(SettingsFault, match="GROUP=UNIT"):
        sign_on_units(ward.store, Settings.model_validate({"NICU_OIDC_UNITS": "ward-9"}))


def test_who_has_no_group_of_ours_or_is_disabled_stays_out(ward: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["accounting"]
    assert sign_on(ward)[1] == "/login?refused=role"
    assert ward.store.people.users() == []
    provider.person["groups"] = "nicu-it"
    browser, _ = sign_on(ward)
    ward.accounts.disable_user("osei", ADMIN)
    assert browser.get("/api/session").status_code == 401
    assert sign_on(ward)[1] == "/login?refused=denied"


def test_a_local_account_of_the_same_name_is_somebody_else(ward: Serving, provider: Provider) -> None:
    ward.accounts.add_user("osei", "Another Osei", "administrator", PASSWORD, ADMIN)
    provider.person["groups"] = ["nicu-nurses"]
    assert sign_on(ward)[1] == "/login?refused=name"


FORGERIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "issuer": lambda claims: claims.update(iss="https://evil.example"),
    "audience": lambda claims: claims.update(aud="another"),
    "audiences": lambda claims: claims.update(aud=[CLIENT, "another"], azp="another"),
    "nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 3_600),
    "no end": lambda claims: claims.pop("exp"),
    "nobody": lambda claims: claims.pop("sub"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_is_not_for_us_now_opens_nothing(ward: Serving, provider: Provider, forgery: str) -> None:
    provider.person["groups"] = ["nicu-nurses"]
    provider.forge = FORGERIES[forgery]
    browser, where = sign_on(ward)
    assert where == "/login?refused=denied"
    assert browser.get("/api/session").status_code == 401


def test_a_token_signed_by_somebody_else_opens_nothing(ward: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["nicu-nurses"]
    provider.signs = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_on(ward)[1] == "/login?refused=denied"


def test_the_way_back_is_for_the_browser_that_left_and_for_once(ward: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["nicu-nurses"]
    browser = ward.browser()
    back = httpx.get(browser.get("/api/sign-on").headers["location"]).headers["location"]
    victim = ward.browser()
    assert victim.get(back).headers["location"] == "/login?refused=late"
    assert victim.get("/api/session").status_code == 401
    state = browser.cookies["nicu_sign_on"]
    assert browser.get(back).headers["location"] == "/"
    replayed = ward.browser()
    replayed.cookies.set("nicu_sign_on", state)
    assert replayed.get(back).headers["location"] == "/login?refused=late"


def test_with_the_provider_down_the_wall_goes_on_and_glass_can_be_broken(ward: Serving, provider: Provider) -> None:
    provider.person["groups"] = ["nicu-nurses"]
    browser, _ = sign_on(ward)
    codes = browser.post("/api/account/recovery-codes", json={}).json()["recovery_codes"]
    _, local_codes = set_up(ward, ward.log_in("nurse"))
    provider.stop()
    assert browser.get("/api/live").status_code == 200
    again = ward.browser()
    out = again.get("/api/sign-on").headers["location"]
    back = again.get("/api/sign-on/callback", params={"state": again.cookies["nicu_sign_on"], "code": "x"})
    assert out.startswith(provider.issuer)
    assert back.headers["location"] == "/login?refused=unavailable"
    why = {"reason": "the identity provider is down, arrest in cot 2"}
    for name, code in (("osei", codes[0]), ("nurse", local_codes[0])):
        entered = ward.browser().post("/api/session/emergency", json={"name": name, "code": code, **why})
        assert entered.status_code == 201, entered.text
        assert "change limits" in entered.json()["may"]


def test_a_provider_that_was_never_reached_is_said_to_be_away(ward: Serving, provider: Provider) -> None:
    provider.stop()
    assert ward.browser().get("/api/sign-on").headers["location"] == "/login?refused=unavailable"
    assert ward.client.get("/api/sign-on/offer").json() == {"offered": True}


def test_a_name_that_no_screen_can_show_is_kept_on_one_line(ward: Serving, provider: Provider) -> None:
    provider.person |= {"groups": ["nicu-nurses"], "name": "M. Osei\x00\nadministrator"}
    browser, _ = sign_on(ward)
    assert browser.get("/api/session").json()["display_name"] == "M. Osei��administrator"
