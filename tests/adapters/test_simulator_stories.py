"""The scripted opening: something to see within the first minute, and nothing scripted in a calm ward."""

import pytest

from nicu_dashboard.adapters.simulator import SimulatedWard
from nicu_dashboard.adapters.simulator.stories import SCENES, Opening
from nicu_dashboard.domain.instants import SECOND_MS
from nicu_dashboard.domain.vitals import Measured, NoValue

STARTS_AT = 1_767_225_600_000


def first_seconds(ward: SimulatedWard, seconds: int) -> dict[str, list[Measured]]:
    """Return SpO2 and heart rate as `cot name` → one value a second."""
    seen: dict[str, list[Measured]] = {}
    for second in range(1, seconds + 1):
        for reading in ward.readings(STARTS_AT + second * SECOND_MS):
            for name in ("spo2", "heart_rate", "apnea_duration"):
                seen.setdefault(f"{reading.cot} {name}", []).append(reading.values.get(name, NoValue("absent")))
    return seen


def below(values: list[Measured], limit: float) -> int:
    return sum(not isinstance(value, NoValue) and value < limit for value in values)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_within_forty_seconds_one_baby_is_red_one_probe_is_off_and_one_oxygen_is_yellow(seed: int) -> None:
    seen = first_seconds(SimulatedWard(12, seed, STARTS_AT), 40)
    assert below(seen["NICU-02 heart_rate"], 80) >= 5
    assert 20 in seen["NICU-02 apnea_duration"]
    assert below(seen["NICU-02 spo2"], 85) >= 5
    assert NoValue("probe off") in seen["NICU-04 spo2"]
    assert below(seen["NICU-03 spo2"], 85) >= 5


def test_the_opening_waits_for_the_live_view_when_there_is_history() -> None:
    ward = SimulatedWard(12, 1, STARTS_AT)
    for _ in ward.history(STARTS_AT, hours=0.2, step_s=10):
        pass
    assert below(first_seconds(ward, 40)["NICU-02 heart_rate"], 80) >= 5


def test_a_calm_ward_has_no_opening() -> None:
    seen = first_seconds(SimulatedWard(5, 1, STARTS_AT, calm=True), 60)
    assert not below(seen["NICU-02 heart_rate"], 80)
    assert NoValue("probe off") not in seen["NICU-04 spo2"]


def test_a_small_ward_plays_only_the_scenes_it_has_babies_for() -> None:
    ward = SimulatedWard(1, 1, STARTS_AT)
    assert len(first_seconds(ward, 120)) == 3
    Opening(0, (), SCENES).play(1)
