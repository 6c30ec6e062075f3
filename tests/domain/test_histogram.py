"""Time in target is counted in seconds that were measured, and artefact is shown, not hidden."""

import pytest

from nicu_dashboard.domain.histogram import by_fio2, spans, spo2_histogram
from nicu_dashboard.domain.instants import HOUR_MS, SECOND_MS
from nicu_dashboard.domain.vitals import Measured, NoValue
from tests.samples import bed33_samples


def every_second(*values: Measured) -> list[tuple[int, Measured]]:
    return [(second * SECOND_MS, value) for second, value in enumerate(values)]


def test_a_sample_stands_until_the_next_one_but_never_across_a_gap() -> None:
    found = spans([(0, 95.0), (3_000, 94.0), (60_000, 93.0)], to_at=61_000, interval_ms=2_000)
    assert [span.held_ms for span in found] == [3_000, 2_000, 1_000]


def test_what_stood_outside_the_window_is_cut_off() -> None:
    found = spans([(0, 80.0), (4_000, 92.0), (8_000, 99.0)], to_at=12_000, interval_ms=4_000)
    histogram = spo2_histogram(found, 2_000, 9_000)
    filled = [(part.low, part.seconds) for part in histogram.bins if part.seconds]
    assert (filled, histogram.valid_percent) == ([(80, 2), (90, 4), (95, 1)], 100)


def test_of_one_instant_the_last_sample_counts() -> None:
    found = list(spans([(0, 70.0), (0, 95.0), (1_000, 94.0)], to_at=2_000))
    assert [(span.measured, span.held_ms) for span in found] == [(95, 1_000), (94, 1_000)]


def test_both_ends_of_the_target_belong_to_it() -> None:
    found = spans(every_second(89.0, 90.0, 95.0, 96.0), 4_000, 1_000)
    histogram = spo2_histogram(found, 0, 4_000, target=(90, 95))
    assert (histogram.below_percent, histogram.in_target_percent, histogram.above_percent) == (25, 50, 25)


def test_bins_are_five_wide_and_a_full_saturation_is_in_the_last() -> None:
    histogram = spo2_histogram(spans(every_second(84.9, 85.0, 100.0, 0.5), 4_000, 1_000), 0, 4_000)
    filled = [(part.low, part.high, part.seconds) for part in histogram.bins if part.seconds]
    assert filled == [(0, 5, 1), (80, 85, 1), (85, 90, 1), (95, 100, 1)]
    assert len(histogram.bins) == 20


def test_artefact_and_a_zero_without_signal_are_left_out_and_their_share_is_told() -> None:
    samples = every_second(92.0, NoValue("probe off"), 0.0, 92.0)
    histogram = spo2_histogram(spans(samples, 4_000, 1_000), 0, 8_000)
    assert (histogram.in_target_percent, histogram.valid_percent, histogram.artefact_percent) == (100, 25, 25)


def test_without_a_valid_second_there_is_no_share_in_target() -> None:
    histogram = spo2_histogram([], 0, 4_000)
    assert (histogram.in_target_percent, histogram.valid_s, histogram.valid_percent) == (None, 0, 0)


def test_time_in_target_is_told_apart_by_the_oxygen_that_was_given() -> None:
    found = spans(every_second(99.0, 98.0, 91.0, 92.0), 4_000, 1_000)
    parted = by_fio2(found, [(1_000, 21.0), (2_000, 28.0)])
    assert {step: [span.measured for span in part] for step, part in parted.items()} == {
        None: [99],
        21: [98],
        30: [91, 92],
    }


def test_the_shares_of_a_real_night_add_up() -> None:
    samples = bed33_samples("spo2")
    from_at = samples[0][0]
    histogram = spo2_histogram(spans(samples, from_at + 12 * HOUR_MS), from_at, from_at + 12 * HOUR_MS)
    assert sum(part.percent for part in histogram.bins) == pytest.approx(100)
    assert histogram.valid_percent < 100
