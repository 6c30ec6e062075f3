"""What the command line calls. Each returns a Report and raises nothing of its own.

A command is loaded when it is first asked for: copying any file needs nothing of the dashboard's own tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nicu_dashboard.migration.options import Options

if TYPE_CHECKING:
    from nicu_dashboard.migration.catching_up import catch_up
    from nicu_dashboard.migration.coming_back import roll_back
    from nicu_dashboard.migration.cutting_over import cut_over
    from nicu_dashboard.migration.letting_go import abort
    from nicu_dashboard.migration.planning import plan
    from nicu_dashboard.migration.running import run
    from nicu_dashboard.migration.verifying import verify

__all__ = ["Options", "abort", "catch_up", "cut_over", "plan", "roll_back", "run", "verify"]

_ROOMS = {
    "abort": "letting_go", "catch_up": "catching_up", "cut_over": "cutting_over", "plan": "planning",
    "roll_back": "coming_back", "run": "running", "verify": "verifying",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"nicu_dashboard.migration.{_ROOMS[name]}"), name)
