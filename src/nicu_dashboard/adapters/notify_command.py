"""Escalated alarms go to the log and, where one is set, to a command of the hospital's own (pager, telephone)."""

import os
import queue
import subprocess
import threading
from collections.abc import Mapping

import structlog

from nicu_dashboard.domain.alarms.alarm import Alarm

_TIMEOUT_S = 30
# So many commands run at once, and so many more may wait: a pager that hangs must not take the machine with it.
RUNNING, WAITING = 4, 200
_OURS = ("NICU_", "DATABASE_", "DB_")

_Call = tuple[list[str], Mapping[str, str]]


class CommandNotifier:
    """Runs `command COT PRIORITY TEXT` without a shell, beside the engine; no baby's name is handed over."""

    def __init__(self, command: str | None) -> None:
        self._command = command
        self._log = structlog.get_logger("nicu.notify")
        self._calls: queue.Queue[_Call] = queue.Queue(WAITING)
        self._threads: list[threading.Thread] = []

    def escalated(self, cot: str, alarm: Alarm) -> None:
        """Tell the log and the command that nobody came; never blocks, never raises."""
        self._log.warning("alarm escalated", alarm_id=alarm.id, priority=alarm.priority)
        if self._command is None:
            return
        values = {"NICU_COT": cot, "NICU_PRIORITY": alarm.priority, "NICU_TEXT": alarm.text}
        arguments = [self._command, *(_no_option(value) for value in values.values())]
        try:
            self._calls.put_nowait((arguments, _environment(values)))
        except queue.Full:
            self._log.error("the notify command was not run: too many wait", alarm_id=alarm.id)
            return
        if len(self._threads) < RUNNING:
            self._threads.append(threading.Thread(target=self._run_forever, name="notify", daemon=True))
            self._threads[-1].start()

    def _run_forever(self) -> None:
        while True:
            self._run(*self._calls.get())

    def _run(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        try:
            subprocess.run(arguments, check=True, timeout=_TIMEOUT_S, capture_output=True, env=environment)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._log.error("the notify command failed", reason=type(error).__name__)


def _no_option(value: str) -> str:
    """Return a value that no program takes for an option: a cot may be called -x."""
    return f" {value}" if value.startswith("-") else value


def _environment(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of the command: the values as they are, and none of our secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, **{name: value.replace("\x00", "") for name, value in values.items()}}
