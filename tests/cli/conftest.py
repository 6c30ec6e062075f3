"""The command line as a person meets it: in this process where that is enough, else as a program of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from nicu_dashboard.cli.main import run
from tests.templates import copy_of_empty_store

NICU = Path(sys.executable).parent / "nicu"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Nicu = Callable[..., Said]


def clean_environment(**extra: str) -> Mapping[str, str]:
    """The environment without any of our settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NICU_", "DATABASE_", "DB_"))}
    return {**kept, **extra}


def program(*arguments: str | Path, cwd: Path, **environment: str) -> Said:
    """Run the installed program to its end."""
    done = subprocess.run(
        [NICU, *map(str, arguments)],
        cwd=cwd,
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """A store of its own, set up."""
    return f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}"


@pytest.fixture
def nicu(store_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Nicu:
    """Run a command on that store in this process."""
    monkeypatch.setenv("DATABASE_URL", store_url)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command
