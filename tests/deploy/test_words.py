"""Deployment files say what the program understands: every command with its options, every setting by its name."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from nicu_dashboard.cli.catalogue import load
from tests.deploy.test_linters import DEPLOY

SETTINGS = (DEPLOY.parent / "docs" / "reference" / "settings.md").read_text()
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.suffix != ".py"]
OWN = {"NICU_SITE"}  # Caddy's, in compose.yaml


def commands() -> list[str]:
    """Every command line of the files, without `nicu`."""
    found = []
    for unit in (DEPLOY / "systemd").glob("*.service"):
        found += re.findall(r"^ExecStart=\S+/nicu (.+)$", unit.read_text(), re.MULTILINE)
    services = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())["services"]
    for service in services.values():
        command = service.get("command", [])
        found += [line for part in command for line in re.findall(r"nicu ([^&]+)", part)]
        if command and "nicu " not in command[0]:
            found.append(shlex.join(command))
    for manifest in (DEPLOY / "kubernetes").glob("*.yaml"):
        found += [shlex.join(re.findall(r'[^",\[\]\s]+', line)) for line in
                  re.findall(r"^ +args: (\[.*\])$", manifest.read_text(), re.MULTILINE)]  # fmt: skip
    return sorted({line.strip() for line in found})


@pytest.mark.parametrize("line", commands())
def test_a_command_is_understood(line: str) -> None:
    words = shlex.split(line)
    command: Any = load(words.pop(0))
    context: Any = None
    while hasattr(command, "commands"):
        context = command.context_class(command, parent=context)
        command = command.commands[words.pop(0)]
    command.parse_args(command.context_class(command, parent=context), words)


def test_the_commands_were_found() -> None:
    found = " ".join(commands())
    assert len(commands()) >= 7
    assert all(word in found for word in ("serve --role engine", "serve --role web", "db maintain", "db backup"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_setting_is_one_of_the_reference(path: Path) -> None:
    used = set(re.findall(r"\b(?:NICU|DATABASE|DB)_[A-Z_]+\b", path.read_text())) - OWN
    assert {name for name in used if f"`{name}`" not in SETTINGS} == set()
