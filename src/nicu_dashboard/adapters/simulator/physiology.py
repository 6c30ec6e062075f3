"""What is usual at an age: baselines by postmenstrual age, the oxygen curve of newborn blood, slow random wander."""

import math
from dataclasses import dataclass
from random import Random

_HALF_SATURATED_AT = 20.0  # mmHg: fetal haemoglobin holds oxygen tighter than an adult's (about 27 mmHg)
_HILL = 2.7
VENOUS_PO2 = 12.0  # mmHg: where the blood of a baby who does not breathe is heading
TARGET_PO2 = 50.0  # mmHg: gives SpO2 92 %, the middle of the target on oxygen

# Grams by completed week of gestation: rounded medians in the range of the Fenton 2013 chart.
_BIRTH_WEIGHT_G = {
    23: 580, 24: 660, 25: 760, 26: 870, 27: 990, 28: 1120, 29: 1270, 30: 1430, 31: 1610, 32: 1800,
    33: 2010, 34: 2230, 35: 2470, 36: 2710, 37: 2950, 38: 3170, 39: 3360, 40: 3520, 41: 3640,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Baseline:
    """The quiet state of one baby: rates per minute, pressure in mmHg, temperature in Cel, perfusion index in %."""

    heart_rate: float
    resp_rate: float
    map: float
    temp_skin: float
    perfusion: float
    beat_wander: float  # per minute; the heart of a more mature baby varies more
    drain_s: float  # time constant of falling oxygen when the breath stops; small lungs empty faster


def baseline(rng: Random, pma_weeks: float) -> Baseline:
    """Draw one baby's own baseline for this postmenstrual age."""
    grown = min(max(pma_weeks, 23.0), 44.0) - 24.0
    return Baseline(
        heart_rate=159.0 - 1.6 * grown + rng.uniform(-6.0, 6.0),
        resp_rate=52.0 - 0.5 * grown + rng.uniform(-4.0, 4.0),
        map=31.0 + 1.05 * grown + rng.uniform(-2.0, 2.0),
        temp_skin=rng.uniform(36.6, 36.95),
        perfusion=rng.uniform(0.9, 1.9),
        beat_wander=2.2 + 0.14 * grown,
        drain_s=22.0 + 0.8 * grown,
    )


def birth_weight(rng: Random, ga_days: int, sex: str) -> int:
    """Draw a birth weight in grams for the gestational age."""
    median = _BIRTH_WEIGHT_G[min(max(ga_days // 7, 23), 41)]
    drawn = median * (1.02 if sex == "male" else 0.98) * math.exp(rng.gauss(0.0, 0.11))
    return round(min(max(drawn, median * 0.75), median * 1.3) / 5) * 5


def weight_now(birth_weight_g: int, age_days: float) -> int:
    """Return grams after the usual loss of the first days and about 15 g per kg and day afterwards."""
    loss = 0.07 * min(age_days, 4.0) / 4.0
    growth: float = 1.015 ** max(age_days - 4.0, 0.0)
    return round(birth_weight_g * (1.0 - loss) * growth / 5) * 5


def saturation(po2: float) -> float:
    """Return the saturation in % of newborn blood at an oxygen pressure in mmHg."""
    ratio: float = (po2 / _HALF_SATURATED_AT) ** _HILL
    return 100.0 * ratio / (1.0 + ratio)


def po2_at(percent: float) -> float:
    """Return the oxygen pressure in mmHg that gives this saturation in % (below 100)."""
    ratio = percent / (100.0 - percent)
    return float(_HALF_SATURATED_AT * ratio ** (1.0 / _HILL))


class Wander:
    """A value that strays from zero and comes back (Ornstein–Uhlenbeck), with a given spread and memory."""

    __slots__ = ("_keep", "_kick", "value")

    def __init__(self, rng: Random, spread: float, memory_s: float, every_s: float = 1.0) -> None:
        self._keep = math.exp(-every_s / memory_s)
        self._kick = spread * math.sqrt(1.0 - self._keep**2)
        self.value = rng.gauss(0.0, spread)

    def step(self, rng: Random) -> float:
        """Move on by one step of every_s seconds and return the new value."""
        self.value = self.value * self._keep + rng.gauss(0.0, self._kick)
        return self.value
