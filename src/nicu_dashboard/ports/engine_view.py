"""The engine's own newest snapshot, asked of the engine itself while the row that should hold it is silent."""

from typing import Protocol

from nicu_dashboard.ports.live_row import StoredSnapshot

# What both sides of the engine's door agree on.
TOKEN, SEQ, AGE_MS = "x-nicu-door", "x-nicu-seq", "x-nicu-age-ms"
PATH = "/api/engine/live"
# The engine sends a heartbeat each second: whoever waits longer than this waits for nothing.
WAIT_S = 1.5


class EngineView(Protocol):
    """The engine at the last address known from the lease; nothing here needs the store."""

    async def newer(self, after: int) -> StoredSnapshot | None:
        """Return the next snapshot beyond `after`, None when none came; raises StoreUnavailable without an engine."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
