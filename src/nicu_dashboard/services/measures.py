"""What the engine measures of itself, for /api/health and /metrics; figures are measured, never constants."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

KEPT = 512


class Measures:
    """Counters since the start and the last few hundred durations in milliseconds."""

    def __init__(self) -> None:
        self.accepted = 0
        self.duplicates = 0
        self.rejected = 0
        self.snapshots = 0
        self.commits: deque[float] = deque(maxlen=KEPT)
        self.lags: deque[float] = deque(maxlen=KEPT)

    def took(self, accepted: int, duplicates: int, rejected: int) -> None:
        """Count what became of readings."""
        self.accepted += accepted
        self.duplicates += duplicates
        self.rejected += rejected

    @contextmanager
    def commit_time(self) -> Iterator[None]:
        """Time one commit."""
        began = perf_counter()
        try:
            yield
        finally:
            self.commits.append((perf_counter() - began) * 1_000)

    def ticked(self, took_ms: float) -> None:
        """Note how long one pass over the ward took, in ms."""
        self.lags.append(took_ms)


def quantiles(values: "deque[float]") -> dict[str, float] | None:
    """Return p50, p95 and p99 of the durations in ms, None when there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return {
        f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 2) for share in (50, 95, 99)
    }
