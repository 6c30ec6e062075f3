"""What a snapshot says beyond the cots: the state of the store, the displays that can be heard."""

from collections.abc import Mapping
from typing import Any

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.displays import Displays
from nicu_dashboard.services.engine import Engine


def surroundings(engine: Engine, displays: Displays, clock: Clock) -> Mapping[str, Any]:
    """Return the members `store` and `audible` of a snapshot."""
    since = engine.store_failing_since
    state = "ok" if since is None else "failing"
    return {
        "store": {
            "state": state,
            "since": since,
            "unwritten": engine.unwritten(),
            "spooled": engine.keeper.waiting.readings,
        },
        "audible": {"displays": displays.audible(clock.now())},
    }
