"""`make help` is the list of what make can do, and it is complete."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
PHONY = re.findall(r"[\w-]+", re.search(r"^\.PHONY:(.*)$", MAKEFILE, re.MULTILINE).group(1))  # type: ignore[union-attr]
DESCRIBED = dict(re.findall(r"^([a-z-]+):[^=\n]*## (.+)$", MAKEFILE, re.MULTILINE))
NAMED = re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE)


def test_every_target_a_person_calls_is_declared_and_described() -> None:
    assert sorted(NAMED) == sorted(PHONY) == sorted(DESCRIBED)


@pytest.mark.parametrize("target", PHONY)
def test_make_help_lists_the_target_with_its_description(target: str) -> None:
    listed = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^make {target} +{re.escape(DESCRIBED[target])}$", listed, re.MULTILINE)


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "bench"])
def test_the_promised_targets_exist(target: str) -> None:
    assert target in PHONY
