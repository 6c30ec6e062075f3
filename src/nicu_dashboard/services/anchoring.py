"""Every hour an anchor: how far the audit trail goes is signed and kept outside the database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.ports.anchors import AnchorRefused, Anchors, AnchorSink
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.tick import StoreUnavailable

EVERY_MS = HOUR_MS
# After a failure it is tried again this soon.
AGAIN_MS = 60_000
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class AnchorState:
    """When the last anchor was kept and up to which row; since when none can be kept, and why."""

    places: int
    at: int | None
    seq: int | None
    failing_since: int | None
    reason: str | None


class Anchoring:
    """Fails softly: care goes on, the health report says since when no anchor was kept."""

    def __init__(self, anchors: Anchors, sinks: Sequence[AnchorSink], clock: Clock) -> None:
        self._anchors = anchors
        self._sinks = sinks
        self._clock = clock
        self._next_at = 0
        self.state = AnchorState(len(sinks), None, None, None, None)

    async def run_forever(self) -> None:
        """Anchor at the start and then every hour."""
        while True:
            if self._sinks and self._clock.now() >= self._next_at:
                await asyncio.to_thread(self.anchor)
            await asyncio.sleep(LOOK_S)

    def anchor(self) -> AnchorState:
        """Take an anchor now, keep it in every place, and return how it went."""
        at = self._clock.now()
        try:
            taken = self._anchors.take(at)
            for sink in self._sinks:
                if taken is not None:
                    sink.keep(taken.line)
        except (AnchorRefused, StoreUnavailable) as error:
            since = self.state.failing_since
            since = at if since is None else since
            self.state = AnchorState(len(self._sinks), self.state.at, self.state.seq, since, str(error))
            self._next_at = at + AGAIN_MS
        else:
            self.state = AnchorState(len(self._sinks), at, None if taken is None else taken.seq, None, None)
            self._next_at = at + EVERY_MS
        return self.state
