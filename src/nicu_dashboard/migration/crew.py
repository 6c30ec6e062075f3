"""The worker processes of a move, as their parent sees them: hand out tasks, take in answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

from nicu_dashboard.migration.errors import MigrationError
from nicu_dashboard.migration.worker import Answer, Failed, Job, ReplanTask, Task, Worker, answer

QUIT_WAIT_S = 20
PROGRAM = "import sys; from nicu_dashboard.migration.worker import main; main(int(sys.argv[1]), sys.argv[2])"


class WorkerLost(MigrationError):
    """A worker process died."""


@dataclass
class _Member:
    process: subprocess.Popen[bytes]
    link: Connection[Any, Any]
    task: Task | None = None


@dataclass
class Crew:
    """A few worker processes, or with `size` 0 this process itself; a context that ends them.

    They can be hired before their job is known, so that their start fills what else is idle.
    """

    size: int
    lane: str = "auto"
    members: list[_Member] = field(default_factory=list)
    own: Worker | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Crew:
        return self

    def hire(self) -> None:
        """Start the processes, unless they are there."""
        while len(self.members) < self.size:
            self.members.append(self._hire())

    def brief(self, job: Job) -> None:
        """Tell everybody the job."""
        if self.size == 0:
            self.own = Worker(job, self.stack)
        self.hire()
        for member in self.members:
            _send(member, job)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()
        for member in self.members:
            member.link.close()
        for member in self.members:
            try:
                member.process.wait(0 if error else QUIT_WAIT_S)
            except subprocess.TimeoutExpired:
                member.process.terminate()
                member.process.wait()

    def _hire(self) -> _Member:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(theirs.fileno()), self.lane],
                pass_fds=(theirs.fileno(),),
                process_group=0,  # Ctrl-C is the parent's alone
            )
        link: Connection[Any, Any] = Connection(ours.detach())
        return _Member(process, link)

    def replan(self, task: ReplanTask) -> None:
        """Tell every worker the new plan of a table."""
        if self.own is not None:
            answer(self.own, task)
        for member in self.members:
            _send(member, task)

    def work(self, next_task: Callable[[], Task | None], take: Callable[[Task, Answer], None]) -> None:
        """Hand out tasks and take in their answers until none is left; raises what a worker says it failed on.

        `next_task` gives None when nothing can be done now, and is asked again after every answer.
        """
        if self.own is not None:
            while (task := next_task()) is not None:
                take(task, _sound(answer(self.own, task)))
        self._give(next_task)
        while busy := {member.link: member for member in self.members if member.task is not None}:
            for link in wait(list(busy)):
                member = busy[link]  # type: ignore[index]
                try:
                    said: Answer = member.link.recv()
                except (EOFError, ConnectionResetError):
                    raise _lost(member) from None
                done, member.task = member.task, None
                if done is not None:
                    take(done, _sound(said))
                self._give(next_task)

    def _give(self, next_task: Callable[[], Task | None]) -> None:
        for member in self.members:
            if member.task is not None:
                continue
            if (task := next_task()) is None:
                return
            _send(member, task)
            member.task = task


def _send(member: _Member, what: Job | Task) -> None:
    try:
        member.link.send(what)
    except (BrokenPipeError, ConnectionResetError):
        raise _lost(member) from None


def _lost(member: _Member) -> WorkerLost:
    return WorkerLost(f"a worker process ended with code {member.process.wait()}.", "Run the same command again.")


def _sound(said: Answer | None) -> Answer:
    if said is None or isinstance(said, Failed):
        raise MigrationError(said.message if said else "a task gave no answer.", said.next_step if said else "")
    return said
