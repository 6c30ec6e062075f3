"""The locks pin what pyproject.toml asks for, with hashes, and name no index and no machine."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def name(requirement: str) -> str:
    """The normalised name of a requirement line: `psycopg[binary]>=3.3` is psycopg."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[=<>!~;]", requirement, maxsplit=1)[0]).lower()


def pinned(lock: str) -> dict[str, str]:
    """What a lock pins: name to version."""
    text = (ROOT / "requirements" / lock).read_text()
    return {name(line): line.split("==")[1].split()[0] for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)}


def test_the_runtime_lock_pins_every_dependency() -> None:
    assert {name(each) for each in PROJECT["project"]["dependencies"]} <= pinned("runtime.txt").keys()


def test_the_dev_lock_is_the_runtime_lock_and_more() -> None:
    asked = [*PROJECT["dependency-groups"]["dev"], *PROJECT["project"]["optional-dependencies"]["fast-migration"]]
    assert pinned("runtime.txt").items() <= pinned("dev.txt").items()
    assert {name(each) for each in asked} <= pinned("dev.txt").keys()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_pinned_release_has_hashes_and_no_place(lock: Path) -> None:
    releases = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text())
    assert all("--hash=sha256:" in release for release in releases)
    assert not re.search(r"https?://|file:|index-url|find-links| /", lock.read_text())


def test_the_screens_lock_names_no_place() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert [path for path, package in packages.items() if "resolved" in package] == []
    assert [path for path, package in packages.items() if path and "integrity" not in package] == []
