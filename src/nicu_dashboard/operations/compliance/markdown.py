"""A run as a page of Markdown, for the file of evidence."""

from collections.abc import Iterator, Mapping
from typing import Any

_MARKS = {"pass": "✓ pass", "fail": "✗ **fail**", "warn": "! warn", "unknown": "? unknown", "manual": "– manual"}


def page(report: Mapping[str, Any], title: str = "HIPAA technical checks") -> str:
    """Return the page of a report's shape."""
    return "\n".join(_lines(report, title)) + "\n"


def _lines(report: Mapping[str, Any], title: str) -> Iterator[str]:
    yield f"# {title}\n"
    yield f"{report['at']}, {report['engine']}, version {report['version']}: {report['summary']}.\n"
    counts = ", ".join(f"{count} {state}" for state, count in report["counts"].items())
    suppressed = report["suppressed"]
    yield f"{counts}{f'; {suppressed} suppressed' if suppressed else ''}. This is no statement of compliance.\n"
    group = None
    for check in report["checks"]:
        if check["group"] != group:
            group = check["group"]
            yield f"\n## {group}\n"
            yield "| check | state | seen | 45 CFR | remedy |\n|---|---|---|---|---|"
        yield _row(check)


def _row(check: Mapping[str, Any]) -> str:
    state, accepted = _MARKS[check["state"]], check["suppression"]
    if accepted is not None:
        until = f"expired {accepted['expires']}" if accepted["expired"] else f"until {accepted['expires']}"
        state += f" (accepted {until}: {accepted['reason']})"
    remedy = "" if check["state"] == "pass" else check["remedy"]
    cells = (f"`{check['id']}` {check['title']}", state, check["evidence"], check["clause"], remedy)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
