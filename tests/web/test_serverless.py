"""The API on a serverless platform, asked by events as AWS sends them: reads, log-ins, and nothing else."""

import asyncio
import base64
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.settings import Settings
from nicu_dashboard.version import VERSION
from tests.cli.conftest import program
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, set_up
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]
ENTRIES = Path(__file__).resolve().parents[2] / "deploy" / "serverless"
PASSWORD = "correct horse battery"
NURSE = Actor("osei", "nurse")


@pytest.fixture
def store(postgres_server: PostgresServer) -> Iterator[str]:
    """A store with a baby, Ada, in the first cot, some readings, and a nurse."""
    with postgres_server.database(set_up(postgres_server)) as url:
        database = open_store(url)
        ward = Ward(database)
        ward.store(*(ward.reading(second, heart_rate=140 + second % 7, spo2=95) for second in range(60)))
        database.close()
        settings = Settings.model_validate({"DATABASE_URL": url})
        opened = bootstrap.open_store(settings)
        accounts = bootstrap.accounts(opened, bootstrap.system_clock())
        accounts.add_user("osei", "Osei", "nurse", PASSWORD, Actor("command line", "operator"))
        opened.close()
        yield url


def entry(path: str, monkeypatch: pytest.MonkeyPatch, url: str) -> ModuleType:
    """An entry file loaded as the platform would."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "nicu-api")
    spec = importlib.util.spec_from_file_location("entry", ENTRIES / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def http_api(method: str, path: str, body: str = "", cookie: str = "", query: str = "") -> dict[str, Any]:
    """An event of an HTTP API or a function's URL (payload format 2.0)."""
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {"host": "abc.execute-api.eu-central-1.amazonaws.com", "content-type": "application/json"},
        "cookies": [cookie] if cookie else [],
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.7", "protocol": "HTTP/1.1"},
            "stage": "$default",
        },
        "body": body, "isBase64Encoded": False,
    }  # fmt: skip


def rest_api(method: str, path: str, cookie: str) -> dict[str, Any]:
    """An event of a REST API (payload format 1.0)."""
    headers = {"Host": "abc.execute-api.eu-central-1.amazonaws.com", "Cookie": cookie}
    return {
        "resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None, "multiValueQueryStringParameters": None,
        "requestContext": {"httpMethod": method, "path": path, "identity": {"sourceIp": "192.0.2.7"}},
        "body": None, "isBase64Encoded": False,
    }  # fmt: skip


def content(answer: dict[str, Any]) -> Any:
    """The JSON of an answer."""
    body = answer["body"]
    return json.loads(base64.b64decode(body) if answer["isBase64Encoded"] else body)


@pytest.fixture
def handler(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The handler of AWS Lambda, in a loop that lives as long as it does."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    module = entry("lambda/handler.py", monkeypatch, store)
    yield module.handler
    module.app.close()
    asyncio.set_event_loop(None)
    loop.close()


def logged_in(handler: Any) -> str:
    """The cookie of a nurse who logged in."""
    answer = handler(http_api("POST", "/api/session", json.dumps({"name": "osei", "password": PASSWORD})), None)
    assert answer["statusCode"] in (200, 201, 204), answer
    cookies: list[str] = answer["cookies"]
    return cookies[0].split(";")[0]


def test_the_record_is_read_through_both_kinds_of_events(handler: Any) -> None:
    cookie = logged_in(handler)
    cots = content(handler(http_api("GET", "/api/cots", cookie=cookie), None))
    assert [cot["baby"] is not None for cot in cots["items"]] == [True, False]
    babies = content(handler(rest_api("GET", "/api/patients", cookie), None))["items"]
    assert len(babies) == 1
    window = "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&points=100&parameters=heart_rate"
    path = f"/api/patients/{babies[0]['id']}/trends"
    trend = handler(http_api("GET", path, cookie=cookie, query=window), None)
    assert trend["statusCode"] == 200, trend["body"]
    assert handler(http_api("GET", "/api/alarms", cookie=cookie), None)["statusCode"] == 200


def test_nobody_reads_without_logging_in(handler: Any) -> None:
    assert handler(http_api("GET", "/api/patients"), None)["statusCode"] == 401


def test_health_is_told_to_whoever_asks(handler: Any) -> None:
    report = content(handler(http_api("GET", "/api/health"), None))
    assert (report["mode"], report["database"]["status"], report["database"]["poolSize"]) == (
        "read-only",
        "connected",
        3,
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/readings", 405),
        ("POST", "/api/session/emergency", 405),
        ("POST", "/api/alarms/1/acknowledge", 405),
        ("PATCH", "/api/patients/1", 405),
        ("PUT", "/api/patients/1/limits", 405),
        ("GET", "/api/live", 501),
        ("GET", "/api/cots/1", 501),
        ("GET", "/api/patients/1/limits", 501),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
    ],
)
def test_what_changes_or_needs_the_engine_is_refused(handler: Any, method: str, path: str, status: int) -> None:
    answer = handler(http_api(method, path, "{}", logged_in(handler)), None)
    assert answer["statusCode"] == status
    assert "dashboard" in content(answer)["detail"]


def test_a_baby_that_moves_is_seen_at_the_next_request(handler: Any, store: str) -> None:
    cookie = logged_in(handler)
    handler(http_api("GET", "/api/cots", cookie=cookie), None)
    database = bootstrap.open_store(Settings.model_validate({"DATABASE_URL": store}))
    stay = database.roster.stays()[0]
    database.roster.discharge(stay.patient.id, stay.began_at + 3_600_000, NURSE.entry(stay.began_at, "discharged", "x"))
    database.close()
    cots = content(handler(http_api("GET", "/api/cots", cookie=cookie), None))
    assert [cot["baby"] for cot in cots["items"]] == [None, None]


def test_reading_changes_nothing_but_the_session_and_the_trail(handler: Any, store: str) -> None:
    cookie = logged_in(handler)
    counted = "SELECT (SELECT count(*) FROM vitals), (SELECT count(*) FROM alarms)"
    before = ask(store, counted)
    for path in ("/api/cots", "/api/patients", "/api/alarms", "/api/events", "/api/health"):
        handler(http_api("GET", path, cookie=cookie), None)
    assert ask(store, counted) == before
    looks = "SELECT action FROM audit_log WHERE action LIKE 'read.%' ORDER BY seq DESC LIMIT 4"
    assert {action for (action,) in ask(store, looks)} == {"read.census", "read.list", "read.alarms", "read.events"}


def test_what_is_done_there_is_sealed_by_the_dashboards_own_key(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "audit.key"
    key.write_text(f"{'k' * 40}\n{'earlier' * 8}\n")
    monkeypatch.setenv("NICU_AUDIT_KEY", key.read_text())
    monkeypatch.setenv("NICU_SECRET_KEY", "s" * 40)
    monkeypatch.chdir(tmp_path)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    module = entry("lambda/handler.py", monkeypatch, store)
    cookie = logged_in(module.handler)
    assert module.handler(http_api("GET", "/api/patients", cookie=cookie), None)["statusCode"] == 200
    module.app.close()
    asyncio.set_event_loop(None)
    loop.close()
    told = program(
        "audit", "verify", "--bare-until", "5", cwd=tmp_path, DATABASE_URL=store, NICU_AUDIT_KEY_FILE=str(key)
    )
    assert (told.code, "0 faults" in told.out + told.err) == (0, True), told.out + told.err


@pytest.mark.parametrize("platform", ["lambda", "vercel"])
def test_the_wheel_that_is_named_is_this_program(platform: str) -> None:
    named = (ENTRIES / platform / "requirements.txt").read_text().strip().partition("[")[0]
    assert named == f"./nicu_dashboard-{VERSION}-py3-none-any.whl"


def test_an_empty_database_is_not_set_up_from_here(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_server.database() as empty:
        with pytest.raises(Exception, match="set it up first: nicu db upgrade"):
            entry("lambda/handler.py", monkeypatch, empty)
        assert ask(empty, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]


@pytest.mark.anyio
async def test_the_entry_of_vercel_is_the_same_application(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = entry("vercel/api/index.py", monkeypatch, store).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://nicu.example.org") as client:
        assert (await client.get("/api/health")).json()["mode"] == "read-only"
        assert (await client.post("/api/readings", json={})).status_code == 405
    app.close()


def test_the_engine_is_refused_where_it_would_be_stopped(tmp_path: Path) -> None:
    said = program("serve", "--port", "0", cwd=tmp_path, VERCEL="1")
    assert (said.code, said.out) == (2, "")
    assert "a serverless platform stops the engine between requests" in said.err
    assert not (tmp_path / "nicu.db").exists()
