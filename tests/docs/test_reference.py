"""The reference pages cannot rot: every route, metric and member of the stream is on its page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates import copy_of_empty_store
from tests.web.serving import Serving, serving

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A demo with a baby that alarms."""
    store = copy_of_empty_store(tmp_path_factory.mktemp("docs") / "nicu.db")
    with serving(store, "demo") as demo:
        demo.client.post("/api/cots", json={"label": "NICU-01"})
        demo.client.post("/api/admissions", json={"cot": "NICU-01", "mrn": "A-1", "name": "Kaur, Baby of Simran"})
        demo.client.post("/api/readings", json={"cot": "NICU-01", "recorded_at": demo.now(), "heart_rate": 40})
        yield demo


def test_every_route_is_on_the_page_of_the_api(running: Serving) -> None:
    described = running.client.get("/api/openapi.json").json()["paths"]
    routes = [f"`{method.upper()} {path}`" for path, methods in described.items() for method in methods]
    assert len(routes) > 30
    page = (REFERENCE / "http-api.md").read_text()
    assert [route for route in routes if route not in page] == []


def test_every_metric_is_on_the_page_of_metrics(running: Serving) -> None:
    page = (REFERENCE / "metrics.md").read_text()
    lines = running.client.get("/metrics").text.splitlines()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    ours = {name for name in names if name.startswith("nicu_") and not name.endswith("_created")}
    assert len(ours) > 10
    assert sorted(name for name in ours if f"`{name}" not in page) == []


def test_every_member_of_a_snapshot_is_on_the_page_of_the_stream(running: Serving) -> None:
    page = (REFERENCE / "stream.md").read_text()
    snapshot = running.client.get("/api/live").json()
    (cot,) = snapshot["cots"]
    members = [*snapshot, *cot, *cot["baby"], *cot["flags"], *cot["event_free"], *cot["alarms"][0]]
    assert [member for member in members if f"`{member}`" not in page and f'"{member}"' not in page] == []
