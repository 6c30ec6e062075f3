"""Anchors reach their places, and a place that is gone is said, tried again, and holds nothing up."""

import socket
from pathlib import Path

import pytest

from nicu_dashboard.adapters.anchor_sinks import FileSink, SyslogSink
from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.ports.anchors import AnchorRefused
from nicu_dashboard.services.anchoring import AGAIN_MS, EVERY_MS, Anchoring
from tests.contracts.ward import NIGHT, by_nurse
from tests.web.serving import Serving, serving


class Hands:
    """A clock that stands where it is put."""

    at = NIGHT

    def now(self) -> int:
        return self.at

    def wall_step_ms(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("anchoring never sleeps")


@pytest.mark.parametrize("kind", ["udp", "tcp", "unix"])
def test_a_syslog_gets_the_line(kind: str, tmp_path: Path) -> None:
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as log:
        log.settimeout(10)
        log.bind(str(tmp_path / "log") if kind == "unix" else ("127.0.0.1", 0))
        if kind == "tcp":
            log.listen()
        place = str(tmp_path / "log") if kind == "unix" else f"{kind}://127.0.0.1:{log.getsockname()[1]}"
        SyslogSink(place).keep('{"mark":"x"}')
        if kind == "tcp":
            connection, _ = log.accept()
            with connection:
                assert connection.makefile().read() == '<38>nicu: {"mark":"x"}\n'
        else:
            assert log.recv(1_000) == b'<38>nicu: {"mark":"x"}\n'


@pytest.mark.parametrize("place", ["tcp://", "http://x:1", "udp://host", "tcp://host:port"])
def test_an_address_that_means_nothing_is_refused(place: str) -> None:
    with pytest.raises(AnchorRefused, match=r"tcp://HOST:PORT"):
        SyslogSink(place)


def test_a_place_that_is_gone_is_said_and_tried_again(sqlite_store: Database, tmp_path: Path) -> None:
    SqlPeople(sqlite_store).record(by_nurse("did"))
    clock, file = Hands(), tmp_path / "away" / "anchors"
    anchoring = Anchoring(SqlAnchors(sqlite_store), [FileSink(file)], clock)
    state = anchoring.anchor()
    assert (state.failing_since, state.reason) == (
        NIGHT,
        "the file of anchors anchors cannot be written (no such file or directory)",
    )
    assert anchoring._next_at == NIGHT + AGAIN_MS
    clock.at += AGAIN_MS
    assert anchoring.anchor().failing_since == NIGHT
    file.parent.mkdir()
    state = anchoring.anchor()
    assert (state.failing_since, state.at, state.seq) == (None, clock.at, 1)
    assert anchoring._next_at == clock.at + EVERY_MS
    assert (len(file.read_text().splitlines()), file.stat().st_mode & 0o777) == (1, 0o600)


def test_the_health_report_says_that_the_trail_cannot_be_written_and_care_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path / "nicu.db", "demo") as demo:
        _admit(demo)
        with demo.store.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE audit_log RENAME TO audit_log_away")
        body = {"cot": "NICU-01", "recorded_at": demo.now(), "heart_rate": 40}
        assert demo.client.post("/api/readings", json=body).json()["accepted"] == 1
        (alarm,) = demo.client.get("/api/alarms", params={"status": "active"}).json()["items"]
        assert demo.client.post(f"/api/alarms/{alarm['id']}/acknowledge").status_code == 200
        report = demo.client.get("/api/health").json()
        assert (report["status"], report["audit"]["status"]) == ("degraded", "failing")
        assert report["audit"]["owed"] >= 1
        with demo.store.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE audit_log_away RENAME TO audit_log")
        assert demo.client.post("/api/cots/1/audio-pause", json={"seconds": 60}).is_success
        actions = [row["action"] for row in demo.store.people.audit(limit=20)]
        assert {"alarm.acknowledge", "audio.pause"} <= set(actions)
        assert demo.client.get("/api/health").json()["audit"]["status"] == "ok"


def _admit(demo: Serving) -> None:
    assert demo.client.post("/api/cots", json={"label": "NICU-01"}).status_code == 201
    assert demo.client.post("/api/admissions", json={"cot": "NICU-01", "mrn": "A-1"}).status_code == 201
