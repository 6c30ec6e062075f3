"""A full disk: nothing is acknowledged that was not saved, and the wall goes on alarming."""

import sqlite3

from tests.faults.conftest import Halls
from tests.faults.hall import Hall, now_ms
from tests.waiting import within


def _sent(hall: Hall, at: int, heart_rate: int) -> int:
    status, _ = hall.send(at, heart_rate=heart_rate)
    return status


def _unit_alarms(hall: Hall) -> list[str]:
    return [alarm["text"] for alarm in hall.wall()["alarms"]]


def _stored(hall: Hall) -> list[int]:
    with sqlite3.connect(hall.path) as file:
        found = [at for (at,) in file.execute("SELECT recorded_at FROM vitals ORDER BY recorded_at")]
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
    return found


def test_a_full_disk_acknowledges_nothing_shows_it_and_recovers_by_itself(hall_of: Halls) -> None:
    hall = hall_of(2)
    label = hall.labels[0]
    hall.start()
    first = now_ms()
    assert _sent(hall, first, 150) == 202

    hall.limit_files(4_096)
    refused = max(first + 1, now_ms())
    assert _sent(hall, refused, 40) == 503
    within(3, lambda: hall.cot(label)["values"] == {"heart_rate": 40}, "the value that could not be saved is shown")
    assert hall.standing(label)["heart_rate:low"]["presence"] == "on"
    within(3, lambda: "Store unavailable: readings are not saved" in _unit_alarms(hall), "the fault is told")
    assert hall.wall()["store"]["state"] == "failing"
    assert _sent(hall, refused, 40) == 503

    hall.limit_files(None)
    within(10, lambda: _sent(hall, refused, 40) == 202, "the reading is taken when it is sent again")
    within(5, lambda: hall.wall()["store"]["state"] == "ok" and not _unit_alarms(hall), "the technical alarm ends")
    hall.stop()
    assert _stored(hall) == [first, refused]
    with sqlite3.connect(hall.path) as file:
        kept = file.execute("SELECT key FROM alarms WHERE cot_id IS NOT NULL").fetchall()
    file.close()
    assert kept == [("heart_rate:low",)]
