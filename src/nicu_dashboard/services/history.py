"""What was: trends with extremes and gaps, histograms, events with snippets, the alarm record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicu_dashboard.domain.histogram import Histogram, spans, spo2_histogram
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from nicu_dashboard.domain.spells.runs import sampling_interval
from nicu_dashboard.domain.trends import Bucket, Tier, choose_tier, gaps
from nicu_dashboard.domain.vitals import VITALS, Measured, NoValue
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock

SNIPPET_BEFORE_MS, SNIPPET_AFTER_MS = 3 * MINUTE_MS, MINUTE_MS
SNIPPET_VITALS = ("spo2", "heart_rate", "pulse_rate", "resp_rate", "apnea_duration")
DEFAULT_VITALS = ("spo2", "heart_rate", "resp_rate")
MAX_POINTS = 5_000
# Reasons of gaps are looked up in the readings for this many gaps of a chart, the longest first.
EXPLAINED_GAPS = 40
TARGET = (90.0, 95.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One vital over a window: the buckets that hold a valid value, and the gaps with their reasons (epoch ms)."""

    buckets: Sequence[tuple[int, Bucket]]
    gaps: Sequence[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Trend:
    """What a chart draws: the tier it was read from, the width of a bucket, one series per vital."""

    from_at: int
    to_at: int
    tier: Tier
    series: Mapping[str, Series]


class History:
    """Reads only; every method may be called from any thread. Raises TrendError for a window turned round."""

    def __init__(self, chart: Chart, clock: Clock) -> None:
        self._chart = chart
        self._clock = clock

    def trends(self, patient_id: int, from_at: int, to_at: int, points: int, names: Sequence[str]) -> Trend:
        """Return min, max, mean per bucket of the named vitals in at most `points` steps; nothing is filled in."""
        tier = choose_tier(from_at, to_at, min(points, MAX_POINTS))
        found = self._chart.buckets(patient_id, from_at, to_at, tier.step_ms, tier.name, names)
        bounds = self._chart.bounds(patient_id)
        series = {}
        for name in names:
            valid = [(at, bucket) for at, bucket in found.get(name, ()) if bucket.n_valid]
            missing = self._gaps(valid, tier.step_ms, from_at, to_at, bounds) if valid else []
            series[name] = Series(valid, self._explained(patient_id, name, missing))
        return Trend(from_at, to_at, tier, series)

    def _gaps(
        self,
        valid: Sequence[tuple[int, Bucket]],
        step_ms: int,
        from_at: int,
        to_at: int,
        bounds: tuple[int, int] | None,
    ) -> list[tuple[int, int]]:
        """Return the gaps of a window; before the first reading ever and after now nothing is missing."""
        instants = [at for at, _ in valid]
        expected_ms = max(step_ms, sampling_interval(instants, step_ms))
        begin = from_at if bounds is None else max(from_at, bounds[0])
        return gaps(instants, expected_ms, begin, min(to_at, self._clock.now()))

    def _explained(self, patient_id: int, name: str, missing: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
        longest = set(sorted(missing, key=lambda gap: gap[0] - gap[1])[:EXPLAINED_GAPS])
        return [(*gap, self._reason(patient_id, name, *gap) if gap in longest else "") for gap in missing]

    def _reason(self, patient_id: int, name: str, from_at: int, to_at: int) -> str:
        """Return the first reason a device gave within a gap; silence has none."""
        until = min(to_at, from_at + 10 * MINUTE_MS)
        for _, values in self._chart.readings(patient_id, from_at, until, (name,)):
            measured = values.get(name)
            if isinstance(measured, NoValue):
                return measured.reason
        return "no readings"

    def histogram(self, patient_id: int, hours: int, name: str = "spo2") -> tuple[int, int, Histogram]:
        """Return the window and the SpO2 histogram of the last hours, by measured seconds."""
        to_at = self._clock.now()
        from_at = to_at - hours * HOUR_MS
        samples = ((at, values[name]) for at, values in self._readings(patient_id, from_at, to_at, (name,)))
        return from_at, to_at, spo2_histogram(spans(samples, to_at), from_at, to_at, TARGET, name)

    def distribution(self, patient_id: int, names: Sequence[str], days: int = 2) -> Mapping[str, Mapping[str, float]]:
        """Return p1, p5, p50, p95, p99 of this baby's own values over the last days."""
        to_at = self._clock.now()
        counted = {name: self._chart.histogram(patient_id, name, to_at - days * DAY_MS, to_at) for name in names}
        return {name: found for name, counts in counted.items() if (found := _percentiles(counts))}

    def snippet(self, patient_id: int, started_at: int, ended_at: int) -> Mapping[str, Any]:
        """Return every reading from 3 minutes before an event to 1 minute after it; None where there was no value."""
        from_at, to_at = started_at - SNIPPET_BEFORE_MS, ended_at + SNIPPET_AFTER_MS
        series: dict[str, dict[str, list[Any]]] = {}
        for at, values in self._readings(patient_id, from_at, to_at, SNIPPET_VITALS):
            for name, measured in values.items():
                line = series.setdefault(name, {"t": [], "v": []})
                line["t"].append(at)
                line["v"].append(None if isinstance(measured, NoValue) else measured)
        return {"from": from_at, "to": to_at, "series": series}

    def present(self, patient_id: int, from_at: int, to_at: int) -> Sequence[str]:
        """Return the vitals that have any reading in the window, in the registry's order."""
        latest = self._chart.latest([patient_id]).get(patient_id)
        hours = self._chart.buckets(patient_id, from_at, to_at, HOUR_MS, "hour", tuple(VITALS))
        found = {name for name, buckets in hours.items() if buckets} | set(latest[1] if latest else ())
        return [name for name in VITALS if name in found]

    def _readings(
        self, patient_id: int, from_at: int, to_at: int, names: Sequence[str]
    ) -> list[tuple[int, Mapping[str, Measured]]]:
        rows = self._chart.readings(patient_id, from_at, to_at, names)
        return [(at, values) for at, values in rows if any(name in values for name in names)]


def _percentiles(counts: Mapping[float | None, int]) -> dict[str, float]:
    valid = sorted((value, count) for value, count in counts.items() if value is not None)
    total = sum(count for _, count in valid)
    found: dict[str, float] = {}
    passed = 0
    for value, count in valid:
        passed += count
        for share in (1, 5, 50, 95, 99):
            if f"p{share}" not in found and passed * 100 >= share * total:
                found[f"p{share}"] = value
    return found
