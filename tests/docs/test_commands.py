"""The pages of commands and settings cannot rot."""

import re
from pathlib import Path

from nicu_dashboard.settings import Settings
from tools.print_commands import page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
SOURCES = Path(__file__).resolve().parents[2] / "src"


def test_every_command_and_option_is_on_the_page_of_commands() -> None:
    written = (REFERENCE / "commands.md").read_text()
    assert written == page(), "write it again: .venv/bin/python tools/print_commands.py > docs/reference/commands.md"


def test_every_command_says_what_it_does_and_shows_an_example() -> None:
    commands = page().split("\n## ")[1:]
    assert len(commands) > 15
    ours = [command for command in commands if not command.startswith("nicu migrate")]
    assert [command.splitlines()[0] for command in ours if "```\nnicu " not in command] == []


def test_every_setting_is_on_the_page_of_settings() -> None:
    written = (REFERENCE / "settings.md").read_text()
    aliases = {str(field.alias) for field in Settings.model_fields.values()}
    assert sorted(alias for alias in aliases if f"`{alias}`" not in written) == []


def test_every_name_read_from_the_environment_is_on_the_page_of_settings() -> None:
    text = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    named = set(re.findall(r'"((?:NICU|DATABASE|DB)_[A-Z_]+)"', text))
    written = (REFERENCE / "settings.md").read_text()
    assert len(named) > 8
    assert sorted(name for name in named if f"`{name}`" not in written) == []
