"""Runs of one criterion: what joins, what ends, and what a gap may never do."""

import copy
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nicu_dashboard.domain.errors import CriterionError, LateReading
from nicu_dashboard.domain.instants import SECOND_MS, parse_instant
from nicu_dashboard.domain.spells import Criterion, Run, RunDetector, find_runs, parse_criterion, sampling_interval
from nicu_dashboard.domain.spells.runs import GAP_MS, INTERVAL_MS
from nicu_dashboard.domain.vitals import Measured, NoValue
from tests.samples import bed33_samples

BRADYCARDIA = parse_criterion("heart_rate<100:4")
PROBE_OFF = NoValue("probe off")

Samples = list[tuple[int, Measured]]


def beats(*seconds_and_rates: tuple[float, Measured]) -> Samples:
    return [(round(second * SECOND_MS), rate) for second, rate in seconds_and_rates]


def lengths(samples: Samples, criterion: Criterion = BRADYCARDIA) -> list[tuple[float, float]]:
    return [(run.started_at / SECOND_MS, run.duration_s) for run in find_runs(criterion, samples)]


# What the samples' README counts in the recording of bed 33.
REFERENCE = [
    ("heart_rate<100:4", 1),
    ("heart_rate<80:4", 0),
    ("heart_rate>200:4", 2),
    ("spo2<90:10", 20),
    ("spo2<85:10", 0),
]


@pytest.mark.parametrize(("text", "count"), REFERENCE)
def test_the_reference_counts_of_a_real_infant_are_found(text: str, count: int) -> None:
    criterion = parse_criterion(text)
    assert len(find_runs(criterion, bed33_samples(criterion.parameter))) == count


def test_the_one_bradycardia_of_the_recording_is_the_known_one() -> None:
    [run] = find_runs(BRADYCARDIA, bed33_samples("heart_rate"))
    assert (run.started_at, run.duration_s, run.extreme) == (parse_instant("2024-01-01T00:05:54Z"), 8, 87)


def test_the_sampling_interval_of_the_recording_is_two_seconds() -> None:
    assert sampling_interval(at for at, _ in bed33_samples("spo2")) == 2_000
    assert sampling_interval([]) == INTERVAL_MS
    assert sampling_interval([0, 1_000, 2_000, 7_000, 12_000]) == 1_000


def test_a_run_lasts_from_its_first_violating_sample_to_the_first_calm_one() -> None:
    assert lengths(beats((0, 140), (2, 90), (4, 92), (6, 140), (20, 140))) == [(2, 4)]


def test_a_run_shorter_than_asked_is_none() -> None:
    assert lengths(beats((0, 140), (2, 90), (5.9, 140), (20, 140))) == []


def test_runs_ten_seconds_apart_are_one_and_eleven_seconds_apart_are_two() -> None:
    between = [(second, 140.0) for second in (4, 6, 8, 10)]
    assert lengths(beats((0, 90), (2, 90), *between, (12, 90), (14, 90), (16, 140))) == [(0, 16)]
    assert lengths(beats((0, 90), (2, 90), *between, (13, 90), (15, 90), (17, 140))) == [(0, 4), (13, 4)]


def test_a_gap_ends_a_run_one_sampling_interval_after_its_last_sample() -> None:
    assert lengths(beats((0, 90), (2, 90), (12.001, 90), (14, 90), (17, 140))) == [(0, 4), (12.001, 4.999)]
    assert [run.duration_s for run in find_runs(BRADYCARDIA, beats((0, 90), (3, 90), (60, 140)), 1_000)] == [4]


def test_a_zero_without_signal_is_not_bradycardia_and_ends_a_run_like_a_gap() -> None:
    zeros = [(second, 0.0) for second in range(4, 40, 2)]
    assert lengths(beats((0, 90), (2, 90), *zeros, (40, 90), (42, 140), (60, 140))) == [(0, 4)]


def test_probe_off_is_not_a_measurement() -> None:
    assert lengths(beats((0, 90), (2, 90), (4, PROBE_OFF), (6, 90), (8, 140), (30, 140))) == [(0, 8)]
    assert lengths(beats((0, PROBE_OFF), (2, PROBE_OFF))) == []


def test_a_respiratory_rate_of_zero_is_a_measurement() -> None:
    assert lengths(beats((0, 0), (10, 0), (20, 40)), parse_criterion("resp_rate<=0:20")) == [(0, 20)]


def test_of_several_values_for_one_instant_the_last_counts() -> None:
    assert lengths(beats((0, 140), (2, 90), (2, 140), (4, 90), (6, 90), (8, 140))) == [(4, 4)]
    assert lengths(beats((0, 140), (2, 140), (2, 90), (6, 140))) == [(2, 4)]


def test_the_extreme_is_a_nadir_going_down_and_a_peak_going_up() -> None:
    up = find_runs(parse_criterion("heart_rate>200:4"), beats((0, 201), (2, 230), (4, 210), (6, 150)))
    down = find_runs(BRADYCARDIA, beats((0, 99), (2, 61), (4, 80), (6, 150)))
    assert [run.extreme for run in up + down] == [230, 61]


def test_an_older_reading_is_refused_so_that_its_window_is_derived_again() -> None:
    detector = RunDetector(BRADYCARDIA)
    detector.take(4_000, 90.0)
    with pytest.raises(LateReading, match="1970-01-01T00:00:02"):
        detector.take(2_000, 90.0)


def test_passing_time_closes_a_run_at_a_gap_without_a_further_sample() -> None:
    detector = RunDetector(BRADYCARDIA)
    found = [detector.take(0, 90.0), detector.take(3_000, 90.0), detector.pass_time(13_000), detector.pass_time(13_001)]
    assert [len(runs) for runs in found] == [0, 0, 0, 1]
    with pytest.raises(LateReading):
        detector.take(3_000, 90.0)


def oracle(criterion: Criterion, samples: Samples) -> list[Run]:
    """The counting rule said once more, over the whole list at once."""
    data = [
        (at, value)
        for at, value in sorted(dict(samples).items(), key=lambda sample: sample[0])
        if not isinstance(value, NoValue) and value != 0
    ]
    violating = [index for index, (_, value) in enumerate(data) if criterion.holds(value)]
    stretches: list[list[int]] = []
    for index in violating:
        if stretches and data[index][0] - data[stretches[-1][-1]][0] <= GAP_MS:
            stretches[-1].append(index)
        else:
            stretches.append([index])
    runs = []
    for stretch in stretches:
        ended_at = data[stretch[-1]][0] + INTERVAL_MS
        if stretch[-1] + 1 < len(data) and data[stretch[-1] + 1][0] - data[stretch[-1]][0] <= GAP_MS:
            ended_at = data[stretch[-1] + 1][0]
        runs.append(Run(criterion, data[stretch[0]][0], ended_at, min(data[index][1] for index in stretch)))
    return [run for run in runs if run.duration_s >= criterion.seconds]


RATES = st.one_of(st.sampled_from([60.0, 95.0, 99.0, 100.0, 150.0]), st.just(0.0), st.just(PROBE_OFF))
STEPS = st.sampled_from([0, 500, 1_000, 2_000, 3_000, 9_000, 10_000, 10_001, 30_000])


@st.composite
def recordings(draw: st.DrawFn) -> Samples:
    at = 1_000_000
    samples: Samples = []
    for step, rate in draw(st.lists(st.tuples(STEPS, RATES), max_size=40)):
        at += step
        samples.append((at, rate))
    return samples


@settings(max_examples=40)
@given(recordings())
def test_the_stream_finds_what_the_rule_counts_over_the_whole_recording(samples: Samples) -> None:
    assert find_runs(BRADYCARDIA, samples) == oracle(BRADYCARDIA, samples)


@settings(max_examples=40)
@given(recordings(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_events_once_sorted(samples: Samples, chance: random.Random) -> None:
    distinct = list(dict(samples).items())
    shuffled = chance.sample(distinct, len(distinct))
    assert find_runs(BRADYCARDIA, sorted(shuffled, key=lambda sample: sample[0])) == find_runs(BRADYCARDIA, samples)


@settings(max_examples=40)
@given(recordings(), st.lists(st.integers(0, 40)), st.integers(0, 3_000))
def test_being_told_the_time_never_changes_what_is_found(samples: Samples, asked: list[int], late_ms: int) -> None:
    detector = RunDetector(BRADYCARDIA)
    found: list[Run] = []
    for index, (at, rate) in enumerate(samples):
        found += detector.take(at, rate)
        following = samples[index + 1][0] if index + 1 < len(samples) else at + 60_000
        if index in asked:
            found += detector.pass_time(min(at + late_ms, following))
    assert found + detector.finish() == find_runs(BRADYCARDIA, samples)


@settings(max_examples=40)
@given(recordings(), st.integers(0, 40))
def test_a_detector_may_be_put_aside_anywhere_and_taken_up_again(samples: Samples, cut: int) -> None:
    detector = RunDetector(BRADYCARDIA)
    found = [run for sample in samples[:cut] for run in detector.take(*sample)]
    resumed = copy.deepcopy(detector)
    found += [run for sample in samples[cut:] for run in resumed.take(*sample)]
    assert found + resumed.finish() == find_runs(BRADYCARDIA, samples)


@settings(max_examples=40)
@given(recordings(), st.integers(0, 40), st.integers(10_001, 10**9))
def test_a_gap_never_lengthens_an_event(samples: Samples, cut: int, gap_ms: int) -> None:
    torn = samples[:cut] + [(at + gap_ms, rate) for at, rate in samples[cut:]]
    whole = sum(run.duration_s for run in find_runs(Criterion("heart_rate", "<", 100), samples))
    apart = sum(run.duration_s for run in find_runs(Criterion("heart_rate", "<", 100), torn))
    assert apart <= whole + INTERVAL_MS / SECOND_MS


@settings(max_examples=40)
@given(recordings())
def test_no_violating_sample_is_lost_when_no_duration_is_asked(samples: Samples) -> None:
    criterion = Criterion("heart_rate", "<", 100)
    runs = find_runs(criterion, samples)
    for at, rate in dict(samples).items():
        if not isinstance(rate, NoValue) and 0 < rate < 100:
            assert sum(run.started_at <= at < run.ended_at for run in runs) == 1


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("heart_rate<100:4", "heart_rate<100:4"),
        (" spo2 ≤ 80 : 10 ", "spo2<=80:10"),
        ("temp_skin>=38.5:0", "temp_skin>=38.5:0"),
        ("cvp_mean<-2:5", "cvp_mean<-2:5"),
    ],
)
def test_a_criterion_is_read_and_written(text: str, canonical: str) -> None:
    assert parse_criterion(text).text == canonical
    assert parse_criterion(canonical) == parse_criterion(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("heart_rate<100", "seconds"),
        ("heart_rate=100:4", "heart_rate<100:4"),
        ("heart_rate<100:-4", "heart_rate<100:4"),
        ("mood<3:4", "not a vital sign"),
        ("spo2<180:4", "outside the possible 0–100 %"),
        ("spo2<80:99999", "86400 s at most"),
        ("", "heart_rate<100:4"),
    ],
)
def test_a_criterion_that_cannot_be_read_names_the_form(text: str, words: str) -> None:
    with pytest.raises(CriterionError, match=words):
        parse_criterion(text)
