"""The page on moving a ward, followed word by word."""

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nicu_dashboard.cli.migrate import app
from tests.migration.wards import everything, filled
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "move-a-ward-in-service.md"


def test_the_page_leads_there_and_back(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = everything(f"sqlite:///{filled(tmp_path / 'nicu.db')}")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    done = []
    for line in lines:
        words = shlex.split(line.replace("postgresql://nicu@localhost/ward", postgres_url))
        assert words[:2] == ["nicu", "migrate"]
        result = CliRunner().invoke(app, words[2:])
        assert result.exit_code == 0, (line, result.stdout)
        done.append(words[2])
    assert done == ["plan", "run", "catch-up", "verify", "cut-over", "roll-back", "roll-back", "abort", "abort"]
    for name in ("nicu.db", "rehearsal.db", "nicu-again.db"):
        assert everything(f"sqlite:///{name}") == before
    with closing(sqlite3.connect("nicu.db")) as file:
        assert file.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'nicu!_%' ESCAPE '!'").fetchall() == []
