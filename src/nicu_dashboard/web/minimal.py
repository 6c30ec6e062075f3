"""The wall with minimal identifiers: what a screen in a corridor, or a device, gets to see of who lies where."""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from nicu_dashboard.ports.broadcast import Snapshot

Shown = Callable[[Snapshot], Snapshot]
MINIMAL = frozenset({"kiosk", "device"})


def whole(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot as it is."""
    return snapshot


@lru_cache(maxsize=2)
def minimal(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot with initials in place of names and numbers; made once for every such screen."""
    view = msgspec.json.decode(snapshot.body)
    for cot in view["cots"]:
        if (baby := cot["baby"]) is not None:
            cot["baby"] = baby | dict.fromkeys(("name", "short"), baby["initials"]) | dict.fromkeys(("sex", "ga"))
    return Snapshot(snapshot.seq, msgspec.json.encode(view))
