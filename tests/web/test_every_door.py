"""Every route of the application under every role: the table of permissions is what the routes do."""

import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.services.accounts import SESSION_MS, token_hash
from nicu_dashboard.services.permissions import MAY, ROLES, Act
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.doors import Door, doors
from tests.templates import copy_of_empty_store
from tests.web.serving import ADMIN, PASSWORD, Serving, serving

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"
# Open to everybody, each for a reason that stands on the page of the API.
OPEN = {
    ("GET", "/api/openapi.json"),
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/second-factor"),
    ("POST", "/api/session/passkey"),
    ("POST", "/api/session/emergency"),
    ("POST", "/api/kiosks/pair"),
    ("GET", "/api/sign-on"),
    ("GET", "/api/sign-on/offer"),
    ("GET", "/api/sign-on/callback"),
    ("GET", "/api/health"),
    ("GET", "/metrics"),
    ("GET", "/{path:path}"),
}
KEYS: dict[str, frozenset[Act]] = {
    "key that sends": frozenset({"send readings"}),
    "key that watches": frozenset({"watch"}),
    "key that is void": frozenset(),
}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A ward without a baby: what a role may do meets nothing to be done, and who may not is told so first."""
    with serving(copy_of_empty_store(tmp_path_factory.mktemp("doors") / "nicu.db"), "live") as running:
        yield running


@pytest.fixture(scope="module")
def callers(ward: Serving) -> dict[str, tuple[httpx.Client, frozenset[Act]]]:
    """Everybody who may come to a door, with what the table says it may do."""
    found: dict[str, tuple[httpx.Client, frozenset[Act]]] = {role: (ward.log_in(role), MAY[role]) for role in ROLES}
    screen = ward.browser()
    code = found["charge nurse"][0].post("/api/kiosks", json={"name": "corridor"}).json()["code"]
    assert screen.post("/api/kiosks/pair", json={"code": code}).status_code == 201
    found["paired screen"] = (screen, MAY["kiosk"])
    ward.accounts.add_user("disabled", "x", "administrator", PASSWORD, ADMIN)
    for name, minutes in (("expired session", 721), ("idle session", 16)):
        found[name] = (ward.browser(old_session(ward, minutes)), frozenset())
    gone = ward.browser()
    assert gone.post("/api/session", json={"name": "disabled", "password": PASSWORD}).status_code == 201
    ward.accounts.disable_user("disabled", ADMIN)
    found["session of somebody disabled"] = (gone, frozenset())
    ward.accounts.add_user("breaks-glass", "x", "nurse", PASSWORD, ADMIN)
    glass = ward.browser()
    assert glass.post("/api/session", json={"name": "breaks-glass", "password": PASSWORD}).status_code == 201
    assert glass.post("/api/emergencies", json={"reason": "the baby next door is blue"}).status_code == 201
    found["nurse who broke glass"] = (glass, MAY["nurse"] | MAY["emergency"])
    for name, scope in KEYS.items():
        client = ward.browser()
        client.headers["Authorization"] = f"Bearer {ward.accounts.add_key(name, ADMIN, cast(frozenset[str], scope))}"
        found[name] = (client, scope)
    return found


def old_session(ward: Serving, minutes: int) -> str:
    """The token of an administrator's session that began, and was used last, so many minutes ago."""
    token, at = secrets.token_urlsafe(32), ward.clock.now() - minutes * 60_000
    name = f"administrator-{minutes}"
    user = ward.accounts.add_user(name, "x", "administrator", PASSWORD, ADMIN)
    ward.store.people.open_session(
        token_hash(token), user.id, at, at + SESSION_MS, ADMIN.entry(at, "session.open", name)
    )
    return token


def all_doors() -> list[Door]:
    """The application's own routes, asked of one over a store that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="nicu-doors-") as folder:
        settings = Settings.model_validate({"DATABASE_URL": f"sqlite:///{folder}/doors.db"})
        store = bootstrap.open_store(settings)
        try:
            station = bootstrap.build_station(settings, store, bootstrap.system_clock(), "live")
            return list(doors(bootstrap.build_app(store, station)))
        finally:
            store.close()


DOORS = all_doors()
GUARDED = [door for door in DOORS if door.act is not None]


def knock(client: httpx.Client, door: Door) -> int:
    """Send the least a route can be asked, and return the status."""
    path = re.sub(r"\{\w+\}", "999999", door.path)
    body: dict[str, str] | None = {} if door.method in ("POST", "PUT", "PATCH") else None
    return client.request(
        door.method, path, json=body, params={"after": 0} if path == "/api/live" else None
    ).status_code


def test_every_route_has_a_door_or_is_known_to_be_open() -> None:
    assert {(door.method, door.path) for door in DOORS if door.act is None} == OPEN
    assert len(GUARDED) > 35


@pytest.mark.parametrize("door", GUARDED, ids=lambda door: f"{door.method} {door.path}")
def test_each_role_passes_the_doors_of_its_own_work_alone(
    ward: Serving, callers: dict[str, tuple[httpx.Client, frozenset[Act]]], door: Door
) -> None:
    assert door.act is not None
    assert knock(ward.client, door) == 401
    answered = {name: knock(client, door) for name, (client, _) in callers.items()}
    let_in = {name for name, status in answered.items() if status not in (401, 403)}
    assert let_in == {name for name, (_, may) in callers.items() if door.act in may}, answered
    assert max(answered.values()) < 500


def test_the_page_of_roles_is_the_table() -> None:
    page = (PAGES / "roles.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    heads, *lines = [row for row in rows if len(row) == len(MAY) + 1 and set(row[0]) != {"-"}]
    written = {part: {row[0] for row in lines if row[place] == "yes"} for place, part in enumerate(heads) if place > 0}
    assert written == {part: set(acts) for part, acts in MAY.items()}


def test_the_page_of_the_api_names_the_door_of_each_route() -> None:
    page = (PAGES / "http-api.md").read_text()
    missing = [f"`{door.method} {door.path}` | {door.act} |" for door in GUARDED]
    assert [line for line in missing if line not in page] == []


@pytest.mark.parametrize("path", ["/", "/cots/1", "/people", "/audit", "/checks", "/account", "/emergency"])
def test_a_page_is_an_empty_frame_whoever_asks(
    ward: Serving, callers: dict[str, tuple[httpx.Client, frozenset[Act]]], path: str
) -> None:
    """Pages hold nothing of patients: what they show comes through the doors above."""
    frames = {re.sub(r'nonce="[^"]*"|nonce-[^\'"]*', "", client.get(path).text) for client, _ in callers.values()}
    frames.add(re.sub(r'nonce="[^"]*"|nonce-[^\'"]*', "", ward.client.get(path).text))
    assert len(frames) == 1


def test_an_unknown_key_opens_nothing(ward: Serving) -> None:
    client = ward.browser()
    client.headers["Authorization"] = "Bearer nicu_unknown"
    assert knock(client, Door("GET", "/api/live", "watch")) == 401


def test_an_expired_key_opens_nothing(ward: Serving) -> None:
    scope = frozenset({"send readings", "watch"})
    expired = ward.accounts.add_key("expired", ADMIN, scope, ward.clock.now() - 1)
    client = ward.browser()
    client.headers["Authorization"] = f"Bearer {expired}"
    assert client.post("/api/readings", json=[]).status_code == 401
    assert client.get("/api/live").status_code == 401
