"""Ask the advisory services about every pinned release: Python's by pip-audit, the screens' by npm.

Exit code 0 nothing known, 1 a release is affected, 2 not checked. What could not be asked is said to be not checked: it
is no pass. With `--lenient` (in CI, where the services may be out of reach) not checked ends with 0.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 240


@dataclass
class Found:
    """What one service said: releases that are affected, and what was not checked, with the reason."""

    affected: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    checked: int = 0


def run(command: Sequence[str], cwd: Path = ROOT) -> str | None:
    """Return what a command printed, None when it did not end in time."""
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S, check=False).stdout
    except (subprocess.TimeoutExpired, OSError):
        return None


def python_report(text: str | None) -> Found:
    """Read pip-audit's JSON; a dependency it skipped is not checked."""
    found = Found()
    try:
        listed = json.loads(text or "")["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Found(unchecked=["Python: pip-audit gave no report; its advisory service cannot be reached"])
    for one in listed:
        if "skip_reason" in one:
            found.unchecked.append(f"{one['name']}: {one['skip_reason']}")
        else:
            found.checked += 1
            found.affected += [f"{one['name']} {one['version']}: {fault['id']}" for fault in one["vulns"]]
    return found


def screens_report(text: str | None) -> Found:
    """Read npm audit's JSON; a refusal of the registry is not checked."""
    try:
        said = json.loads(text or "")
        counted = said["metadata"]["dependencies"]["total"]
        affected = [f"{name}: {one['severity']}" for name, one in said["vulnerabilities"].items()]
    except (ValueError, KeyError, TypeError):
        return Found(unchecked=["screens: npm audit gave no report; the registry offers no advisories"])
    return Found(affected, checked=counted)


def main(arguments: Sequence[str]) -> int:
    """Print one line for each finding, and what was not checked."""
    pip_audit = (str(ROOT / ".venv/bin/pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner", "off")
    locks = [part for name in ("runtime", "dev") for part in ("-r", f"requirements/{name}.txt")]
    reports = {
        "Python": python_report(run((*pip_audit, "--format", "json", *locks))),
        "screens": screens_report(run((str(ROOT / "tools/npm"), "audit", "--json"), ROOT / "frontend")),
    }
    for name, found in reports.items():
        print(f"{name}: {found.checked} releases checked, {len(found.affected)} affected")
        for line in found.affected:
            print(f"  AFFECTED {line}")
        if found.unchecked:
            more = f" and {len(found.unchecked) - 1} more" if len(found.unchecked) > 1 else ""
            print(f"  NOT CHECKED {found.unchecked[0]}{more}")
    if any(found.affected for found in reports.values()):
        return 1
    if any(found.unchecked for found in reports.values()):
        print("Not everything was checked: this is no pass. Run make audit where the advisory services can be reached.")
        return 0 if "--lenient" in arguments else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
