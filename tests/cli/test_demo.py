"""`nicu demo`: one command to a live wall."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nicu_dashboard.domain.instants import format_instant
from tests.cli.running import Running, started


def recording(path: Path, seconds: int = 600) -> Path:
    """A recording whose every heart rate is its second: what is seen tells what was played."""
    lines = [f"{format_instant(at * 1_000)},{100 + at % 100},95" for at in range(0, seconds, 2)]
    path.write_text("\n".join(["recorded_at,heart_rate,spo2", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A demo of three cots, a recording in the first."""
    folder = tmp_path_factory.mktemp("demo")
    options = ("--cots", "3", "--port", "0", "--no-browser", "--replay", recording(folder / "steps.csv"))
    with started("demo", *options, cwd=folder) as running:
        yield running


def cot(live: Any, label: str) -> Any:
    """One cot of a snapshot."""
    return next(cot for cot in live["cots"] if cot["label"] == label)


def test_the_wall_is_full_and_marked_as_a_demo(demo: Running) -> None:
    live = demo.eventually("/api/live", lambda live: all(cot["values"].get("spo2") for cot in live["cots"]))
    assert live["mode"] == "demo"
    assert [cot["label"] for cot in live["cots"]] == ["NICU-01", "NICU-02", "NICU-03"]
    assert [cot["origin"] for cot in live["cots"]] == ["replayed", "simulated", "simulated"]
    patients = demo.get("/api/patients")["items"]
    assert all(patient["synthetic"] for patient in patients)
    assert "Demo: synthetic data" in demo.words.read_text()


def test_charts_have_a_past_at_once(demo: Running) -> None:
    (patient,) = [one for one in demo.get("/api/patients")["items"] if one["mrn"] == "SIM-0002"]
    live = demo.get("/api/live")
    window = f"from={live['at'] - 600_000}&to={live['at']}&points=100&parameters=spo2"
    trend = demo.get(f"/api/patients/{patient['id']}/trends?{window}")
    assert len(trend["parameters"]["spo2"]["t"]) >= 50


def test_a_recording_is_played_in_its_own_rhythm(demo: Running) -> None:
    def shown(live: Any) -> Any:
        return cot(live, "NICU-01")["values"].get("heart_rate")

    first = demo.eventually("/api/live", lambda live: shown(live) is not None)
    later = demo.eventually("/api/live", lambda live: shown(live) != shown(first) and live["at"] - first["at"] > 3_000)
    played_s = (shown(later) - shown(first)) % 100
    assert abs(played_s - (later["at"] - first["at"]) / 1_000) <= 4


def test_readings_go_on_once_a_second(demo: Running) -> None:
    before = demo.get("/api/health")["engine"]["accepted"]
    report = demo.eventually("/api/health", lambda report: report["engine"]["accepted"] >= before + 6)
    assert report["status"] == "healthy"
    assert report["engine"]["rejected"] == 0


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_ends_cleanly_and_leaves_nothing_behind(tmp_path: Path, by: signal.Signals) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with started("demo", "--cots", "2", "--port", "0", "--no-browser", cwd=tmp_path, TMPDIR=str(temporary)) as running:
        assert list(temporary.iterdir())
        code, _ = running.stop(by)
    assert code == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in running.words.read_text()


def test_a_demo_on_a_database_of_ones_own_goes_on_where_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kept.db"
    for _ in range(2):
        with started("demo", "--cots", "1", "--port", "0", "--no-browser", cwd=tmp_path, DATABASE_URL=url) as running:
            assert [one["mrn"] for one in running.get("/api/patients")["items"]] == ["SIM-0001"]
            assert running.stop()[0] == 0
