"""Trends: buckets that keep every extreme, the choice of their width, and gaps that stay gaps."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nicu_dashboard.domain.errors import TrendError
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from nicu_dashboard.domain.vitals import Measured, NoValue

TierName = Literal["reading", "minute", "hour"]

LADDER_MS: tuple[int, ...] = (
    *(seconds * SECOND_MS for seconds in (1, 2, 5, 10, 15, 30)),
    *(minutes * MINUTE_MS for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12)),
    DAY_MS,
)
# Values count in the sum to a thousandth: sums of buckets then equal the sum over their rows to the last bit.
_DECIMALS = 3
# A missing sample or two is jitter; more than this many expected steps without one is drawn as a gap (assumed).
_GAP_STEPS = 2.5


@dataclass(frozen=True, slots=True)
class Bucket:
    """The values of one stretch of time: extremes (None without a valid value), their sum, and how many of how many."""

    min: float | None
    max: float | None
    sum: float
    n_valid: int
    n_expected: int

    @property
    def mean(self) -> float | None:
        """Return the mean, None without a valid value."""
        return self.sum / self.n_valid if self.n_valid else None


EMPTY = Bucket(None, None, 0.0, 0, 0)


@dataclass(frozen=True, slots=True)
class Tier:
    """Which stored rows to read, and the width in ms of the buckets to make of them."""

    name: TierName
    step_ms: int


def bucket_of(values: Iterable[Measured], n_expected: int) -> Bucket:
    """Return the bucket of measured values; those without a value count as expected only."""
    valid = [value for value in values if not isinstance(value, NoValue)]
    if not valid:
        return Bucket(None, None, 0.0, 0, n_expected)
    total = math.fsum(round(value, _DECIMALS) for value in valid)
    return Bucket(min(valid), max(valid), round(total, _DECIMALS), len(valid), n_expected)


def merged(buckets: Iterable[Bucket]) -> Bucket:
    """Return the bucket of all their rows, the same as if it were computed from the rows."""
    parts = list(buckets)
    return Bucket(
        min((part.min for part in parts if part.min is not None), default=None),
        max((part.max for part in parts if part.max is not None), default=None),
        round(math.fsum(part.sum for part in parts), _DECIMALS),
        sum(part.n_valid for part in parts),
        sum(part.n_expected for part in parts),
    )


def choose_tier(from_at: int, to_at: int, points: int) -> Tier:
    """Return the finest step that shows the window (epoch ms) in `points` buckets; raises TrendError if there is none.

    A window that does not begin on a step may touch one bucket more.
    """
    if to_at <= from_at:
        raise TrendError("a trend ends after it begins: `to` must be later than `from`")
    if points < 1:
        raise TrendError("a trend has at least one point")
    needed_ms = -(-(to_at - from_at) // points)
    step_ms = next((step for step in LADDER_MS if step >= needed_ms), -(-needed_ms // DAY_MS) * DAY_MS)
    return Tier(_tier_name(step_ms), step_ms)


def gaps(
    instants: Sequence[int], expected_ms: int, from_at: int | None = None, to_at: int | None = None
) -> list[tuple[int, int]]:
    """Return (from, to) where samples are missing among ascending instants, and at the edges of a given window."""
    starts = [] if from_at is None else [from_at - expected_ms]
    ends = [] if to_at is None else [to_at]
    longest_ms = _GAP_STEPS * expected_ms
    steps = pairwise([*starts, *instants, *ends])
    return [(earlier + expected_ms, later) for earlier, later in steps if later - earlier > longest_ms]


def _tier_name(step_ms: int) -> TierName:
    if step_ms < MINUTE_MS:
        return "reading"
    return "minute" if step_ms < HOUR_MS else "hour"
