"""The command that is run when nobody came: no value is an option, it gets no secret, and a flood is bounded."""

import json
import stat
import threading
from pathlib import Path

import pytest

from nicu_dashboard.adapters import notify_command
from nicu_dashboard.adapters.notify_command import CommandNotifier
from nicu_dashboard.domain.alarms.alarm import Alarm
from tests.waiting import within

NIGHT = 1_704_067_200_000


def alarm(text: str = "SpO2 78 < 80") -> Alarm:
    return Alarm(7, "spo2:low", "limit", "high", "on", text, NIGHT, NIGHT, NIGHT)


def command(folder: Path, script: str) -> str:
    """A command of the hospital."""
    path = folder / "page-someone"
    path.write_text(f"#!/usr/bin/env python3\nimport json, os, sys, time\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_command_gets_cot_priority_and_text_and_none_can_be_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NICU_SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nicu:secret@server/nicu")
    out = tmp_path / "said"
    script = f"open({str(out)!r} + '.new', 'w').write(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
    notifier = CommandNotifier(command(tmp_path, script + f"os.rename({str(out)!r} + '.new', {str(out)!r})"))
    notifier.escalated("--exec=/bin/sh", alarm("-1 h $(reboot)"))
    within(10, out.exists, "the command ran")
    arguments, environment = json.loads(out.read_text())
    assert arguments == [" --exec=/bin/sh", "high", " -1 h $(reboot)"]
    assert {name: value for name, value in environment.items() if name.startswith(("NICU", "DATABASE"))} == {
        "NICU_COT": "--exec=/bin/sh",
        "NICU_PRIORITY": "high",
        "NICU_TEXT": "-1 h $(reboot)",
    }


def test_a_storm_of_escalations_runs_few_commands_at_once_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify_command, "WAITING", 10)
    gate, ran = tmp_path / "gate", tmp_path / "ran"
    script = f"open({str(ran)!r}, 'a').write('.')\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    notifier, before = CommandNotifier(command(tmp_path, script)), threading.active_count()
    for number in range(100):
        notifier.escalated(f"NICU-{number}", alarm())
    assert threading.active_count() - before <= notify_command.RUNNING
    gate.touch()
    within(20, lambda: ran.exists() and len(ran.read_text()) >= 10, "those that waited were run")
    assert len(ran.read_text()) <= 10 + notify_command.RUNNING


def test_a_command_that_is_not_there_harms_nobody(tmp_path: Path) -> None:
    notifier = CommandNotifier(str(tmp_path / "nothing"))
    notifier.escalated("NICU-01", alarm())
    within(5, lambda: notifier._calls.empty(), "it was tried")
