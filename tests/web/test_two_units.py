"""A person of one unit gets nothing of another on any route, on SQLite, on PostgreSQL with its policies, and pooled."""

import re
import uuid
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api
from nicu_dashboard.ports.asking import ask_for, asking, beyond_units
from nicu_dashboard.ports.people import Role
from nicu_dashboard.services.permissions import OF_NO_UNIT
from nicu_dashboard.web.doors import Door
from tests.adapters.addresses.pooler import pgbouncer
from tests.postgres import PostgresServer, postgres_server
from tests.templates import copy_of_empty_store
from tests.web.serving import ADMIN, PASSWORD, Serving, serving
from tests.web.test_every_door import GUARDED
from tests.web.two_units import MARK, OURS, THEIRS, VALUE, Two, furnish

__all__ = ["postgres_server"]

_DUTIES = ("owner", "app", "readonly", "audit")
# Emergency access has a test of its own; the HIPAA checks look at no baby and take a second.
ELSEWHERE = {("DELETE", "/api/emergencies"), ("POST", "/api/emergencies"), ("POST", "/api/compliance")}
WIDE = {"from": "0", "all": "true", "search": "", "after": "0"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql and pgbouncer"])
def hospital(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Two]]:
    """The URL of the program's own role, and what is in the store."""
    if request.param == "sqlite":
        url = f"sqlite:///{copy_of_empty_store(tmp_path_factory.mktemp('units') / 'nicu.db')}"
        yield url, furnish(url)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    prefix = f"u{uuid.uuid4().hex[:8]}"
    with server.database(server.template("nicu_head", lambda url: open_store(url).close())) as url:
        two = furnish(url)
        store = open_store(url)
        api.apply(store, prefix, Report())
        store.close()
        as_app = url.replace("postgres@", f"{prefix}_app@")
        with pgbouncer(server, size=4, user=f"{prefix}_app") as port:
            yield as_app.replace(f":{server.port}/", f":{port}/") + "?pgbouncer=true", two
        with psycopg.connect(url, autocommit=True) as connection:
            for duty in _DUTIES:
                connection.execute(f"DROP OWNED BY {prefix}_{duty}".encode())
                connection.execute(f"DROP ROLE {prefix}_{duty}".encode())


@pytest.fixture(scope="module")
def two(hospital: tuple[str, Two]) -> Two:
    return hospital[1]


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where both engines spool, as on one machine."""
    return str(tmp_path_factory.mktemp("spool"))


@pytest.fixture(scope="module")
def ours(hospital: tuple[str, Two], spool: str) -> Iterator[Serving]:
    """The server of our unit."""
    with serving(
        hospital[0], "live", None, NICU_UNIT=OURS, NICU_SPOOL_DIR=spool, NICU_SECOND_FACTOR="optional"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def theirs(hospital: tuple[str, Two], ours: Serving, spool: str) -> Iterator[Serving]:
    """The server of the other unit, on the same store."""
    with serving(
        hospital[0], "live", None, NICU_UNIT=THEIRS, NICU_SPOOL_DIR=spool, NICU_SECOND_FACTOR="optional"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def nurse_in_charge(ours: Serving, two: Two) -> httpx.Client:
    return person(ours, "grete", "charge nurse", {two.ours})


def person(server: Serving, name: str, role: Role, units: set[int] | None) -> httpx.Client:
    seen = None if units is None else frozenset(units)
    server.accounts.add_user(name, name, role, PASSWORD, ADMIN, seen)
    return entered(server, name)


def entered(server: Serving, name: str) -> httpx.Client:
    client = server.browser()
    assert client.post("/api/session", json={"name": name, "password": PASSWORD}).status_code == 201
    return client


def knock(client: httpx.Client, door: Door, two: Two) -> httpx.Response:
    """Ask a route about the other unit's baby, as far as a route can be asked about one."""
    numbers = {"patient_id": two.baby, "alarm_id": two.alarm, "event_id": two.event, "cot_id": two.cot}
    path = re.sub(r"\{(\w+)\}", lambda found: str(numbers.get(found[1], 999_999)), door.path)
    named = {"patient_id": two.baby, "mrn": f"MRN-{MARK}", "cot": f"SD-{MARK}", "seconds": 60, "scope": "all"}
    body = named | {"off": True, "reason": "x", "text": "x", "review": "confirmed", "limits": [], "version": 0}
    asked = WIDE | ({"after": "0"} if door.path == "/api/live" else {})
    if door.path in ("/api/audit", "/api/audit/export", "/api/alarms", "/api/patients"):
        asked.pop("after")
    return client.request(door.method, path, json=body if door.method != "GET" else None, params=asked)


@pytest.mark.parametrize("role", ["charge nurse", "administrator", "clerk", "researcher", "engineer"])
def test_no_route_tells_anything_of_the_other_unit(ours: Serving, two: Two, role: Role) -> None:
    client = person(ours, f"{role.split()[0]}.of.ours", role, {two.ours})
    for door in GUARDED:
        if (door.method, door.path) in ELSEWHERE:
            continue
        answer = knock(client, door, two)
        assert MARK not in answer.text.replace(f"SD-{MARK}", "", answer.text.count("there is no cot")), door
        assert str(VALUE) not in answer.text, door
        if "{patient_id}" in door.path or "{alarm_id}" in door.path or "{event_id}" in door.path:
            assert answer.status_code in (403, 404), door


def test_the_other_units_server_lets_nobody_in_who_does_not_belong(theirs: Serving, two: Two) -> None:
    client = person(theirs, "stranger", "charge nurse", {two.ours})
    for door in GUARDED:
        if (door.method, door.path) in ELSEWHERE:
            continue
        answer = knock(client, door, two)
        if door.act not in OF_NO_UNIT:
            assert answer.status_code in (401, 403), door
        assert MARK not in answer.text, door


def test_what_is_hidden_is_told_in_the_words_of_what_is_not_there(nurse_in_charge: httpx.Client, two: Two) -> None:
    for path in ("/api/patients/{}", "/api/patients/{}/trends", "/api/events/{}", "/api/alarms/{}"):
        kind = {"patients": two.baby, "events": two.event, "alarms": two.alarm}[path.split("/")[2]]
        hidden, nothing = (nurse_in_charge.get(path.format(number)) for number in (kind, 999_999))
        assert (hidden.status_code, nothing.status_code) == (404, 404)
        assert hidden.text.replace(str(kind), "N") == nothing.text.replace("999999", "N")
    hidden, nothing = (nurse_in_charge.get("/api/alarms", params={"mrn": f"MRN-{x}"}) for x in (MARK, "NOBODY"))
    assert (hidden.status_code, hidden.text) == (nothing.status_code, nothing.text)
    move = {"cot": "NICU-02"}
    hidden, nothing = (
        nurse_in_charge.post("/api/admissions/transfer", json=move | {"mrn": f"MRN-{x}"}) for x in (MARK, "NOBODY")
    )
    assert (hidden.status_code, hidden.text) == (nothing.status_code, nothing.text)
    taken = nurse_in_charge.post("/api/admissions", json={"mrn": f"MRN-{MARK}", "cot": "NICU-02"})
    assert (taken.status_code, MARK in taken.text) == (409, False)
    assert "another unit" in taken.json()["detail"]


def test_lists_and_search_hold_ones_own_unit_alone(nurse_in_charge: httpx.Client, two: Two) -> None:
    listed = nurse_in_charge.get("/api/patients").json()["items"]
    assert [one["id"] for one in listed] == [two.our_baby]
    assert nurse_in_charge.get("/api/patients", params={"search": MARK}).json()["items"] == []
    subjects = {row["subject"] for row in nurse_in_charge.get("/api/audit?limit=1000").json()["items"]}
    assert "cot NICU-02" in subjects
    assert [one for one in subjects if MARK in one or one == "list"] == []
    assert [cot["label"] for cot in nurse_in_charge.get("/api/cots").json()["items"]] == ["NICU-01", "NICU-02"]


def test_who_sees_both_units_sees_each_on_its_own_wall(ours: Serving, theirs: Serving, two: Two) -> None:
    person(ours, "both", "charge nurse", {two.ours, two.theirs})
    walls = {server: entered(server, "both").get("/api/live?after=0").json() for server in (ours, theirs)}
    assert [cot["label"] for cot in walls[ours]["cots"]] == ["NICU-01", "NICU-02"]
    assert [cot["label"] for cot in walls[theirs]["cots"]] == [f"SC-{MARK}", f"SD-{MARK}"]
    assert (walls[ours]["unit"]["name"], walls[theirs]["unit"]["name"]) == (OURS, THEIRS)
    client = entered(ours, "both")
    assert client.get(f"/api/patients/{two.baby}").json()["admission"]["cot"] == f"SC-{MARK}"
    assert {one["cot"] for one in client.get("/api/alarms").json()["items"]} <= {"NICU-01"}
    named = client.get("/api/alarms", params={"mrn": f"MRN-{MARK}"}).json()["items"]
    assert two.alarm in [one["id"] for one in named]


def test_screens_and_keys_are_of_one_unit(ours: Serving, theirs: Serving, two: Two, hospital: tuple[str, Two]) -> None:
    maker = person(ours, "pairs", "charge nurse", {two.ours})
    screen = ours.browser()
    code = maker.post("/api/kiosks", json={"name": "corridor"}).json()["code"]
    assert screen.post("/api/kiosks/pair", json={"code": code}).status_code == 201
    assert screen.get("/api/live?after=0").status_code == 200
    there = theirs.browser()
    there.cookies = screen.cookies
    refused = there.get("/api/live?after=0")
    assert (refused.status_code, "another unit" in refused.text) == (403, True)
    assert (screen.get("/api/unit").json()["granted"], there.get("/api/unit").json()["granted"]) == (True, False)
    assert entered(theirs, "pairs").post("/api/kiosks", json={"name": "theirs"}).status_code == 403
    scope = frozenset({"send readings", "watch"})
    key = ours.accounts.add_key("gateway of ours", ADMIN, scope, None, frozenset({two.ours}))
    bearer = {"Authorization": f"Bearer {key}"}
    assert ours.client.post("/api/readings", json=[], headers=bearer).status_code == 202
    wrong = theirs.client.post("/api/readings", json=[], headers=bearer)
    assert (wrong.status_code, "another unit" in wrong.text) == (403, True)
    assert theirs.client.get("/api/live?after=0", headers=bearer).status_code == 403
    reading = {"cot": f"SC-{MARK}", "recorded_at": ours.now(), "heart_rate": 151}
    sent = ours.client.post("/api/readings", json=reading, headers=bearer).json()
    assert (sent["accepted"], "belongs to another unit" in sent["rejected"][0]["reason"]) == (0, True)


def test_breaking_glass_opens_every_unit_and_is_on_record(ours: Serving, two: Two) -> None:
    helper = person(ours, "helper", "nurse", {two.ours})
    assert helper.get(f"/api/patients/{two.baby}/annotations").status_code == 404
    assert helper.post("/api/emergencies", json={"reason": "resuscitation in the other unit"}).status_code == 201
    notes = helper.get(f"/api/patients/{two.baby}/annotations").json()["items"]
    assert [one["text"] for one in notes] == [f"fed {MARK}"]
    assert helper.delete("/api/emergencies").status_code == 204
    assert helper.get(f"/api/patients/{two.baby}/annotations").status_code == 404
    ours.app.state.rooms.disclosures.write()
    said = person(ours, "auditor", "administrator", None).get("/api/audit?actor=helper&limit=1000")
    assert said.status_code == 200, said.text
    rows = said.json()["items"]
    looked = [row for row in rows if row["action"] == "read.notes" and row["patient_id"] == two.baby]
    assert looked[0]["detail"]["reason"] == "resuscitation in the other unit"


def test_an_administrator_of_one_unit_grants_no_other(ours: Serving, two: Two) -> None:
    admin = person(ours, "adm", "administrator", {two.ours})
    new = {"name": "n1", "role": "nurse", "password": PASSWORD}
    for units in (None, [two.theirs], [two.ours, two.theirs]):
        assert admin.post("/api/users", json=new | {"units": units}).status_code == 403
    assert admin.post("/api/users", json=new | {"units": [two.ours]}).status_code == 201


def test_the_database_itself_is_asked_for_the_person(hospital: tuple[str, Two]) -> None:
    """Where there are policies, a query that forgets its filter shows nothing more."""
    store = open_store(hospital[0])
    everything = "SELECT mrn FROM patients ORDER BY id"

    def seen(units: set[int] | None) -> list[str]:
        with asking():
            ask_for(None if units is None else frozenset(units))
            with store.reading() as connection:
                found = list(connection.exec_driver_sql(everything).scalars())
            with beyond_units(), store.reading() as connection:
                assert len(list(connection.exec_driver_sql(everything).scalars())) == len(every)
        return found

    with store.reading() as connection:
        every = list(connection.exec_driver_sql(everything).scalars())
    guarded = store.engine_name == "postgresql"
    assert "MRN-ADA" in every
    assert seen(None) == every
    for _ in range(3):
        assert (seen({1}) == ["MRN-ADA"]) is guarded
        assert (f"MRN-{MARK}" in seen({1})) is not guarded
        assert (seen({2}) == [f"MRN-{MARK}"]) is guarded
        assert (seen(set()) == []) is guarded
    store.close()
