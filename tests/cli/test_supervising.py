"""What becomes of a process whose event loop stands still: it is killed, and another begins in its place."""

import multiprocessing
import os
import time
from pathlib import Path

from nicu_dashboard.cli import supervising
from nicu_dashboard.cli.pulse import PULSE
from tests.waiting import within

_PROCESSES = multiprocessing.get_context("forkserver")


def _beats(folder: Path, name: str) -> None:
    (folder / f"{name} {os.getpid()}").touch()
    for _ in range(3):
        PULSE.beat()
        time.sleep(0.05)


def _hangs_once(folder: Path) -> int:
    _beats(folder, "hangs")
    while len(list(folder.glob("hangs*"))) > 1:
        PULSE._due = 0.0
        PULSE.beat()
        time.sleep(0.05)
    time.sleep(60)
    return 0


def _rests(folder: Path) -> int:
    _beats(folder, "rests")
    PULSE.rest()
    time.sleep(60)
    return 0


def _service(folder: Path) -> None:
    supervising.HUNG_S, supervising.LOOK_S, supervising.STUCK_S = 2.0, 0.5, 1.0
    supervising.supervise({"hangs": lambda: _hangs_once(folder), "rests": lambda: _rests(folder)})


def test_a_process_that_hangs_is_replaced_and_one_that_is_between_two_servers_is_let_be(tmp_path: Path) -> None:
    service = _PROCESSES.Process(target=_service, args=(tmp_path,))
    service.start()
    try:
        within(30, lambda: len(list(tmp_path.glob("hangs*"))) == 2, "another began in its place")
        assert len(list(tmp_path.glob("rests*"))) == 1
    finally:
        service.terminate()
        service.join(20)
    assert service.exitcode == 0
    assert len(list(tmp_path.glob("hangs*"))) == 2
    assert len(list(tmp_path.glob("rests*"))) == 1
