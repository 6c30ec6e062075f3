"""Counted attempts, kept where every worker sees them."""

from typing import Protocol


class Attempts(Protocol):
    """Survives restarts; a key names whose attempts are counted."""

    def count(self, key: str, at: int, window_ms: int, most: int, lock_ms: int) -> int | None:
        """Count one attempt at `at` and return until when none is allowed, None when this one is.

        More than `most` within a window lock the key; attempts while it is locked count for nothing.
        """
        ...

    def forget(self, key: str) -> None:
        """Begin anew: somebody proved to be who they are."""
        ...
