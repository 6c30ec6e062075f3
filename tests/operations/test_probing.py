"""The health report waits for no database, and keeps one thread for it, however many ask."""

import asyncio
import threading

import pytest

from nicu_dashboard.operations import probing
from nicu_dashboard.operations.probing import Probe

WELL = {"status": "connected"}


async def test_while_the_database_lets_one_question_wait_all_are_told_so_by_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_S", 0.05)
    answers, asked = threading.Event(), []

    def measure() -> dict[str, str]:
        asked.append(threading.current_thread())
        answers.wait(10)
        return WELL

    probe = Probe(measure)
    assert await asyncio.gather(*(probe.found() for _ in range(50))) == [None] * 50
    assert await probe.found() is None
    assert len(asked) == 1
    answers.set()
    monkeypatch.setattr(probing, "PATIENCE_S", 10)
    assert await probe.found() == WELL
    assert await probe.found() == WELL
    assert len(set(asked)) == 1


def test_a_platform_that_asks_from_another_loop_each_time_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PATIENCE_S", 0.05)
    answers = threading.Event()

    def measure() -> dict[str, str]:
        answers.wait(10)
        return WELL

    probe = Probe(measure)
    assert asyncio.run(probe.found()) is None
    answers.set()
    monkeypatch.setattr(probing, "PATIENCE_S", 10)
    assert asyncio.run(probe.found()) == WELL
