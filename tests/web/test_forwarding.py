"""What a web worker answers itself and what it leaves to the engine: every route is one or the other, by intent."""

import re

import pytest

from nicu_dashboard.web.forwarding import belongs_to_engine
from tests.web.serving import Serving

# Answered by a web worker from the store, the snapshot, or itself.
OWN_READS = {
    "/api/account", "/api/audit/export", "/api/compliance", "/api/emergencies", "/api/export", "/api/kiosks",
    "/api/sign-on", "/api/sign-on/callback", "/api/sign-on/offer",
    "/api/alarms", "/api/alarms/{alarm_id}", "/api/audit", "/api/cots", "/api/cots/spark", "/api/events",
    "/api/events/{event_id}", "/api/events/{event_id}/snippet", "/api/patients", "/api/patients/{patient_id}",
    "/api/patients/{patient_id}/annotations", "/api/patients/{patient_id}/events",
    "/api/patients/{patient_id}/histogram", "/api/patients/{patient_id}/stay", "/api/patients/{patient_id}/trends",
    "/api/quarantine", "/api/session", "/api/unit", "/api/units", "/api/users",
}  # fmt: skip
ENGINES_READS = {"/api/cots/{cot_id}", "/api/patients/{patient_id}/limits", "/api/sources"}
OWN_CHANGES = ("/api/session", "/api/users", "/api/account", "/api/kiosks", "/api/emergencies", "/api/sign-on")


def test_every_route_is_answered_by_a_web_worker_or_left_to_the_engine(demo: Serving) -> None:
    described = demo.client.get("/api/openapi.json").json()["paths"]
    reads = {path for path, methods in described.items() if "get" in methods}
    changes = {path for path, methods in described.items() if set(methods) - {"get"}}
    assert reads - ENGINES_READS == OWN_READS, "say in web/forwarding.py and here who answers a new route"
    wrong = [path for path in reads if belongs_to_engine("GET", _with_numbers(path)) != (path in ENGINES_READS)]
    wrong += [
        path for path in changes if belongs_to_engine("POST", _with_numbers(path)) == path.startswith(OWN_CHANGES)
    ]
    assert wrong == []


def _with_numbers(path: str) -> str:
    return re.sub(r"\{\w+\}", "7", path)


@pytest.mark.parametrize(
    ("method", "path", "engines"),
    [
        ("POST", "/api/readings", True),
        ("PATCH", "/api/anything/that/comes/later", True),
        ("GET", "/api/live", False),
        ("GET", "/api/health", False),
        ("GET", "/metrics", False),
        ("HEAD", "/assets/index.js", False),
        ("POST", "/", False),
        ("POST", "/api/sessions", True),
    ],
)
def test_changes_are_the_engines_and_the_live_view_is_not(method: str, path: str, engines: bool) -> None:
    assert belongs_to_engine(method, path) is engines
