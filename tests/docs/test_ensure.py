"""Programs that tests need are found, or the person is told what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import ensure

SCRIPT = Path(ensure.__file__)


def run(program: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these settings as its whole environment."""
    return subprocess.run([sys.executable, SCRIPT, program], env=settings, capture_output=True, text=True, check=False)


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A program named chromium-browser in a folder of its own."""
    program = tmp_path / "chromium-browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_a_browser_is_found_under_any_of_its_names(browser: Path) -> None:
    assert run("chromium", PATH=str(browser.parent)).stdout == f"{browser}\n"


def test_the_setting_wins_over_the_path(browser: Path) -> None:
    assert run("chromium", PATH="/usr/bin:/bin", NICU_CHROMIUM=str(browser)).stdout == f"{browser}\n"


def test_a_setting_that_names_nothing_is_told_not_passed_over(browser: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    result = run("chromium", PATH=str(browser.parent), NICU_CHROMIUM=missing)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"NICU_CHROMIUM names {missing}, which is not a program\n"


def test_without_debian_packages_one_line_says_what_to_do(tmp_path: Path) -> None:
    result = run("pgloader", PATH=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "pgloader is missing: install it, or name it in NICU_PGLOADER, then run this again\n"
