"""Escalated alarms go to the log and, where one is set, to a command of the hospital's own (pager, telephone)."""

import subprocess
import threading

import structlog

from nicu_dashboard.domain.alarms.alarm import Alarm

_TIMEOUT_S = 30


class CommandNotifier:
    """Runs `command COT PRIORITY TEXT` without a shell, beside the engine; no baby's name is handed over."""

    def __init__(self, command: str | None) -> None:
        self._command = command
        self._log = structlog.get_logger("nicu.notify")

    def escalated(self, cot: str, alarm: Alarm) -> None:
        """Tell the log and the command that nobody came; never blocks, never raises."""
        self._log.warning("alarm escalated", alarm_id=alarm.id, priority=alarm.priority)
        if self._command is not None:
            arguments = [self._command, cot, alarm.priority, alarm.text]
            threading.Thread(target=self._run, args=(arguments,), daemon=True).start()

    def _run(self, arguments: list[str]) -> None:
        try:
            subprocess.run(arguments, check=True, timeout=_TIMEOUT_S, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            self._log.error("the notify command failed", reason=type(error).__name__)
