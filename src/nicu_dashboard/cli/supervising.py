"""Several processes as one service: started together, started again when they die, ended together."""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import NoReturn

import structlog

from nicu_dashboard.cli.pulse import ALIVE, PULSE
from nicu_dashboard.cli.running import endings

# A process that lived for so long is started again at once; one that dies young a little later each time.
SETTLED_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
# Everybody ends within a second; who does not is stuck.
STUCK_S = 10.0
# An event loop that stood still for so long is blocked for good; screens have said so since the fifth second.
HUNG_S = 20.0
LOOK_S = 2.0
DIED = 70

Work = Callable[[], int]


@dataclass(slots=True)
class _Child:
    name: str
    work: Work
    pid: int | None = None
    began: float = 0.0
    due: float = 0.0
    died_young: int = 0
    pulse: int = -1
    heard: float | None = None


def supervise(works: Mapping[str, Work]) -> None:
    """Run each work in a process of its own until SIGTERM or Ctrl-C; whoever dies before is started again."""
    Supervisor(works).run()


class Supervisor:
    """The parent: it listens to nothing, opens no database, and so has nothing that could fail."""

    def __init__(self, works: Mapping[str, Work]) -> None:
        self._children = [_Child(name, work) for name, work in works.items()]
        self._log = structlog.get_logger("nicu.serve")
        self._ending = False
        self._looked_at = perf_counter()

    def run(self) -> None:
        """Return when all have ended."""
        self._lifeline, self._held = os.pipe()
        with self._woken() as waker:
            while not self._ending:
                self._start_due()
                select.select([waker], [], [], self._pause_s())
                _drain(waker)
                self._reap()
                self._kill_the_hung()
            self._end()

    def _start_due(self) -> None:
        for child in self._children:
            if child.pid is None and perf_counter() >= child.due and not self._ending:
                self._start(child)

    def _start(self, child: _Child) -> None:
        sys.stdout.flush()
        child.began, child.heard = perf_counter(), None
        child.pulse, given = os.pipe()
        os.set_blocking(child.pulse, False)
        child.pid = os.fork()
        if child.pid == 0:
            PULSE.tie(given)
            self._live(child)
        os.close(given)

    def _live(self, child: _Child) -> NoReturn:
        """Be the child: end when told to, or when the parent is gone; never return into what the parent was doing."""
        code = DIED
        try:
            self._let_go()
            code = child.work()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def _let_go(self) -> None:
        """Leave behind what is the parent's."""
        signal.set_wakeup_fd(-1)
        for number in (*endings(), signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._held)
        threading.Thread(target=_end_with_parent, args=(self._lifeline,), daemon=True).start()

    def _reap(self) -> None:
        for child in self._children:
            if child.pid is None:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._mourn(child, status)

    def _mourn(self, child: _Child, status: int) -> None:
        now, code = perf_counter(), os.waitstatus_to_exitcode(status)
        child.pid, lived_s = None, now - child.began
        os.close(child.pulse)
        child.died_young = child.died_young + 1 if lived_s < SETTLED_S else 0
        pause_s = min(FIRST_PAUSE_S * 2 ** (child.died_young - 1), LONGEST_PAUSE_S) if child.died_young else 0.0
        child.due = now + pause_s
        if not self._ending:
            self._log.error("a process ended and is started again", process=child.name, code=code, in_s=pause_s)

    def _kill_the_hung(self) -> None:
        """A process whose event loop is blocked, or that was stopped, is started again as one that died."""
        now = perf_counter()
        # While the supervisor or the whole machine stood still, the silence of others proves nothing.
        was_away, self._looked_at = now - self._looked_at > 3 * LOOK_S, now
        for child in self._children:
            if child.pid is None:
                continue
            if told := _drain(child.pulse):
                child.heard = now if told.endswith(ALIVE) else None
            elif child.heard is not None and was_away:
                child.heard = now
            elif child.heard is not None and now - child.heard > HUNG_S:
                child.heard = None
                self._log.error("a process hangs and is killed", process=child.name, silent_s=round(HUNG_S))
                os.kill(child.pid, signal.SIGKILL)

    def _pause_s(self) -> float:
        due = [child.due for child in self._children if child.pid is None]
        return min(max(0.0, min(due) - perf_counter()), LOOK_S) if due else LOOK_S

    def _end(self) -> None:
        self._tell(signal.SIGTERM)
        until = perf_counter() + STUCK_S
        while any(child.pid for child in self._children) and perf_counter() < until:
            select.select([], [], [], 0.02)
            self._reap()
        self._tell(signal.SIGKILL)
        for child in self._children:
            if child.pid is not None:
                os.waitpid(child.pid, 0)

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.pid is not None:
                os.kill(child.pid, number)

    @contextmanager
    def _woken(self) -> Iterator[int]:
        """Yield a descriptor that becomes readable with every signal; the first wish to end is remembered."""

        def end(_number: int, _frame: object) -> None:
            self._ending = True

        waker, written = os.pipe()
        for descriptor in (waker, written):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in endings():
            signal.signal(number, end)
        try:
            yield waker
        finally:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _drain(descriptor: int) -> bytes:
    """Return what came there, nothing where nothing did."""
    try:
        return os.read(descriptor, 4_096)
    except BlockingIOError:
        return b""


def _end_with_parent(lifeline: int) -> None:
    """Nobody ever writes here: a read that returns means that the parent has ended, in whatever way."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
