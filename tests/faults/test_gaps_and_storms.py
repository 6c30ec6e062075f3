"""What a network does to alarms: a gap must not swallow one, a storm must not drown one."""

import sqlite3
import threading
import time

from tests.faults.conftest import Halls
from tests.faults.hall import Hall
from tests.waiting import within


def test_an_alarm_that_outlives_a_gap_is_announced_again(hall_of: Halls) -> None:
    hall = hall_of(1)
    label = hall.labels[0]
    hall.start()
    hall.send(heart_rate=40, spo2=93)
    within(3, lambda: "heart_rate:low" in hall.standing(label), "the alarm stands")
    first = hall.standing(label)["heart_rate:low"]
    within(15, lambda: "signal_lost" in hall.standing(label), "the gap is told as a technical alarm")
    assert hall.standing(label)["heart_rate:low"]["held"]

    hall.send(heart_rate=41, spo2=93)
    within(3, lambda: not hall.standing(label)["heart_rate:low"]["held"], "the alarm is confirmed")
    again = hall.standing(label)["heart_rate:low"]
    assert (again["id"], again["presence"]) == (first["id"], "on")
    assert again["announced_at"] > first["announced_at"]
    _, alarm = hall.ask("GET", f"/api/alarms/{first['id']}")
    assert [change["trigger"] for change in alarm["transitions"]] == ["raised", "resumed"]


def _gateway(hall: Hall, cots: list[str], rounds: int, acknowledged: list[int]) -> None:
    for _ in range(rounds):
        status, said = hall.send(cots=cots, heart_rate=40, spo2=93, resp_rate=40)
        acknowledged.append(said["accepted"] if status == 202 else 0)
        time.sleep(0.25)


def test_a_storm_over_every_cot_at_once_loses_no_high_alarm(hall_of: Halls) -> None:
    """Ten-fold: one cot in ten would be a bad hour; here all hundred fall at the same moment."""
    hall = hall_of(100)
    hall.start()
    hall.send(cots=hall.labels, heart_rate=150, spo2=93, resp_rate=40)
    acknowledged: list[int] = []
    groups = [hall.labels[start : start + 10] for start in range(0, 100, 10)]
    gateways = [threading.Thread(target=_gateway, args=(hall, group, 6, acknowledged)) for group in groups]
    for gateway in gateways:
        gateway.start()
    within(10, lambda: _red(hall) == set(hall.labels), "every cot has its high alarm on the wall")
    for gateway in gateways:
        gateway.join(15)
    assert sum(acknowledged) == 600
    assert _red(hall) == set(hall.labels)
    hall.stop()
    assert _recorded(hall) == [("heart_rate:low", "high", 100)]


def _red(hall: Hall) -> set[str]:
    return {
        cot["label"]
        for cot in hall.wall()["cots"]
        for alarm in cot["alarms"]
        if (alarm["key"], alarm["priority"], alarm["sounding"]) == ("heart_rate:low", "high", True)
    }


def _recorded(hall: Hall) -> list[tuple[object, ...]]:
    with sqlite3.connect(hall.path) as file:
        query = """SELECT a.key, t.priority, count(*) FROM alarms a JOIN alarm_transitions t ON t.alarm_id = a.id
                   WHERE t.cause = 'raised' AND a.cot_id IS NOT NULL GROUP BY a.key, t.priority"""
        found = [tuple(row) for row in file.execute(query)]
    file.close()
    return found
