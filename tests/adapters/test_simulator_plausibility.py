"""Is the simulated ward plausible? Counted over a simulated half day against the default alarm limits."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean, pstdev

import pytest

from nicu_dashboard.adapters.simulator import SimulatedBaby, SimulatedWard
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS
from nicu_dashboard.domain.limits.model import Level, Limit
from nicu_dashboard.domain.limits.oxygen import effective
from nicu_dashboard.domain.limits.profiles import default_profile
from nicu_dashboard.domain.vitals import NoValue, Reading

STARTS_AT = 1_767_225_600_000
HOURS = 12
LEVELS: tuple[Level, Level] = ("yellow", "red")
LimitsByName = Mapping[str, tuple[Limit, ...]]


@dataclass
class Tally:
    """What one baby did: violations that outlasted their delay, apneas, and values by the hour."""

    violations: int = 0
    apneas: int = 0
    oxygen: Counter[float] = field(default_factory=Counter)
    heart_by_hour: dict[int, list[float]] = field(default_factory=dict)
    running: dict[tuple[str, Level], int | None] = field(default_factory=dict)
    fio2: float | None = None

    def take(self, reading: Reading, limits: LimitsByName) -> None:
        for name, value in reading.values.items():
            if isinstance(value, NoValue):
                continue
            if name == "fio2":
                self.fio2 = value
            elif name == "spo2":
                self.oxygen[value] += 1
            elif name == "heart_rate":
                self.heart_by_hour.setdefault((reading.recorded_at - STARTS_AT) // HOUR_MS, []).append(value)
            elif name == "apnea_duration" and value == 10:
                self.apneas += 1
            for limit in limits.get(name, ()):
                self._judge(limit, value, reading.recorded_at)

    def _judge(self, limit: Limit, value: float, at: int) -> None:
        holds = effective(limit, self.fio2)
        for level in LEVELS:
            threshold = limit.threshold(level)
            key = (limit.key, level)
            if holds is None or threshold is None or not beyond(limit, value, threshold.value):
                self.running.pop(key, None)
                continue
            began = self.running.setdefault(key, at)
            if began is not None and at - began >= threshold.delay_s * 1000:
                self.violations += 1
                self.running[key] = None  # counted: one run is one violation


def beyond(limit: Limit, value: float, threshold: float) -> bool:
    if limit.inclusive and value == threshold:
        return True
    return value < threshold if limit.side == "low" else value > threshold


@pytest.fixture(scope="module")
def half_day() -> dict[str, Tally]:
    """Six babies from two hours before the live view to ten hours after it."""
    ward = SimulatedWard(6, 1, STARTS_AT, calm=True)
    limits = {baby.cot: limits_of(baby) for baby in ward.babies}
    tallies = {baby.cot: Tally() for baby in ward.babies}
    for reading in half_day_of(ward):
        tallies[reading.cot].take(reading, limits[reading.cot])
    return tallies


def half_day_of(ward: SimulatedWard) -> Iterator[Reading]:
    return ward.history(STARTS_AT + 10 * HOUR_MS, hours=HOURS)


def limits_of(baby: SimulatedBaby) -> LimitsByName:
    profile = default_profile(baby.ga_days + (STARTS_AT - baby.born_at) // DAY_MS)
    return {limit.parameter: profile.for_parameter(limit.parameter) for limit in profile.limits}


def test_sick_babies_alarm_as_often_as_in_a_real_unit(half_day: dict[str, Tally]) -> None:
    # A real unit: mean 177, median 136 alarms a patient-day (PMID 29740183).
    daily = [half_day[cot].violations * 24 / HOURS for cot in ("NICU-01", "NICU-02", "NICU-03")]
    assert all(50 < count < 300 for count in daily), daily
    assert 100 <= fmean(daily) <= 250


def test_well_babies_hardly_alarm(half_day: dict[str, Tally]) -> None:
    assert half_day["NICU-05"].violations * 24 / HOURS <= 5
    assert half_day["NICU-04"].violations * 24 / HOURS <= 20


def test_babies_on_oxygen_are_kept_in_target_and_those_in_room_air_are_well_saturated(
    half_day: dict[str, Tally],
) -> None:
    for cot in ("NICU-01", "NICU-02", "NICU-03"):
        oxygen = half_day[cot].oxygen
        in_target = sum(oxygen[value] for value in range(90, 96)) / oxygen.total()
        assert 0.5 < in_target < 0.9, cot
    term = half_day["NICU-05"].oxygen
    assert sum(term[value] for value in range(95, 101)) / term.total() > 0.97


def test_apneas_grow_rare_with_maturity(half_day: dict[str, Tally]) -> None:
    thirty_weeks, thirty_five_weeks, term = (half_day[cot].apneas for cot in ("NICU-02", "NICU-04", "NICU-05"))
    assert thirty_weeks >= 5
    assert thirty_weeks > 2 * thirty_five_weeks
    assert term <= 1


def test_a_ventilated_baby_has_no_apnea(half_day: dict[str, Tally]) -> None:
    assert half_day["NICU-01"].apneas == 0


def test_the_ill_baby_has_a_faster_and_stiffer_heart_hours_later(half_day: dict[str, Tally]) -> None:
    by_hour = half_day["NICU-06"].heart_by_hour
    early, late = by_hour[-2], by_hour[7]
    assert fmean(late) > fmean(early) + 12
    assert wobble(late) < 0.7 * wobble(early)


def wobble(values: list[float]) -> float:
    """Return the usual spread within half a minute, so that slow drift and care do not count."""
    spreads = sorted(pstdev(values[start : start + 30]) for start in range(0, len(values) - 30, 30))
    return spreads[len(spreads) // 4]
