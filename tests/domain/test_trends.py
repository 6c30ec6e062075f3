"""Buckets keep every extreme; a bucket of buckets is the bucket of their rows; gaps stay gaps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nicu_dashboard.domain.errors import TrendError
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from nicu_dashboard.domain.trends import EMPTY, LADDER_MS, Tier, bucket_of, choose_tier, gaps, merged
from nicu_dashboard.domain.vitals import Measured, NoValue

VALUES = st.one_of(
    st.integers(0, 350).map(float),
    st.decimals(20, 45, places=2).map(float),
    st.just(NoValue("probe off")),
)


def test_a_bucket_keeps_nadir_and_peak_and_counts_what_is_missing() -> None:
    bucket = bucket_of([94.0, NoValue("artefact"), 71.0, 99.0], n_expected=6)
    assert (bucket.min, bucket.max, bucket.sum, bucket.n_valid, bucket.n_expected) == (71, 99, 264, 3, 6)
    assert bucket.mean == 88


def test_a_bucket_without_a_valid_value_has_no_number_at_all() -> None:
    bucket = bucket_of([NoValue("probe off")], n_expected=60)
    assert (bucket.min, bucket.max, bucket.mean, bucket.n_valid) == (None, None, None, 0)


@settings(max_examples=40)
@given(st.lists(st.lists(VALUES, max_size=30), max_size=12))
def test_merged_buckets_equal_the_bucket_of_all_their_rows_to_the_last_bit(parts: list[list[Measured]]) -> None:
    rows = [value for part in parts for value in part]
    assert merged(bucket_of(part, len(part)) for part in parts) == bucket_of(rows, len(rows))


@settings(max_examples=40)
@given(st.lists(st.lists(VALUES, max_size=10), min_size=1, max_size=9), st.integers(0, 8))
def test_it_does_not_matter_in_which_steps_buckets_are_merged(parts: list[list[Measured]], cut: int) -> None:
    buckets = [bucket_of(part, len(part)) for part in parts]
    assert merged([merged(buckets[:cut]), merged(buckets[cut:])]) == merged(reversed(buckets))


def test_no_bucket_is_the_empty_bucket() -> None:
    assert merged([]) == EMPTY


@pytest.mark.parametrize(
    ("window_ms", "points", "tier"),
    [
        (6 * MINUTE_MS, 1_000, Tier("reading", SECOND_MS)),
        (HOUR_MS, 1_000, Tier("reading", 5 * SECOND_MS)),
        (4 * HOUR_MS, 240, Tier("minute", MINUTE_MS)),
        (7 * DAY_MS, 1_000, Tier("minute", 15 * MINUTE_MS)),
        (30 * DAY_MS, 720, Tier("hour", HOUR_MS)),
        (365 * DAY_MS, 1_000, Tier("hour", 12 * HOUR_MS)),
        (365 * DAY_MS, 100, Tier("hour", 4 * DAY_MS)),
        (1, 1, Tier("reading", SECOND_MS)),
    ],
)
def test_the_step_is_the_finest_nice_one_that_fits_the_points(window_ms: int, points: int, tier: Tier) -> None:
    assert choose_tier(0, window_ms, points) == tier


@settings(max_examples=40)
@given(st.integers(1, 400 * DAY_MS), st.integers(1, 5_000))
def test_no_window_asks_for_more_buckets_than_points(window_ms: int, points: int) -> None:
    tier = choose_tier(0, window_ms, points)
    assert -(-window_ms // tier.step_ms) <= points
    assert tier.step_ms in LADDER_MS or tier.step_ms % DAY_MS == 0


@pytest.mark.parametrize(("to_at", "points"), [(0, 10), (-5, 10), (10, 0)])
def test_a_trend_without_time_or_points_is_refused(to_at: int, points: int) -> None:
    with pytest.raises(TrendError):
        choose_tier(0, to_at, points)


def test_a_missing_sample_is_jitter_and_a_longer_silence_is_a_gap_from_when_the_next_one_was_due() -> None:
    assert gaps([0, 2_000, 6_000, 20_000, 22_000], expected_ms=2_000) == [(8_000, 20_000)]


def test_silence_at_the_edges_of_the_window_is_a_gap_too() -> None:
    assert gaps([30_000], 1_000, from_at=0, to_at=60_000) == [(0, 30_000), (31_000, 60_000)]
    assert gaps([], 1_000, from_at=0, to_at=60_000) == [(0, 60_000)]
    assert gaps([], 1_000) == []
