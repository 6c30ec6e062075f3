"""Spells: the breath stops or fades, the heart slows, and later the oxygen falls. The rate falls with maturity."""

import math
from dataclasses import dataclass
from random import Random

NEEDS_HELP_AFTER_S = 20  # an apnea this long rarely ends by itself; a nurse comes on the alarm
SHOWN_FROM_S = 5  # a bedside monitor counts from the last breath and shows the count once it is a pause


@dataclass(slots=True)
class Spell:
    """One spell: how long, how much breath is left (flow 0–1), when and how far the heart slows (share of its rate)."""

    length_s: int
    flow: float
    depth: float  # 0 harmless … 1 the deepest
    slows_after_s: int
    slows_by: float
    stimulated: bool
    elapsed_s: int = 0

    @property
    def apnea(self) -> bool:
        """True when the breath stops altogether."""
        return self.flow == 0.0

    @property
    def drain_speed(self) -> float:
        """How fast the oxygen falls, as a multiple of the usual."""
        return 0.5 + self.depth


def spells_per_day(pma_weeks: float) -> float:
    """Return the usual number of spells a day: about 75 at 27 weeks, 25 at 30, 3 at 36, hardly any at term."""
    return min(75.0 * math.exp(-(pma_weeks - 27.0) / 2.8), 85.0)


def provoked(apnea_s: int, depth: float) -> Spell:
    """Return an apnea of this length; the heart falls by up to two thirds of its rate at depth 1."""
    return Spell(apnea_s, 0.0, depth, min(8, apnea_s // 3), 0.65 * depth, stimulated=apnea_s > NEEDS_HELP_AFTER_S)


def drawn(rng: Random, pma_weeks: float, ventilated: bool) -> Spell:
    """Draw a spell of the natural course."""
    depth = min(max(rng.gauss(0.46, 0.18), 0.1), 0.95)
    slows_by = 0.8 * depth * rng.uniform(0.3, 1.3)
    if ventilated or rng.random() < 0.35:
        # Breath that fades or is held against the ventilator: no apnea on the monitor, yet the oxygen falls.
        length, flow = rng.randint(20, 60), rng.uniform(0.15, 0.45)
        return Spell(length, flow, depth, rng.randint(10, 20), slows_by * 0.6, stimulated=False)
    stuck = rng.random() < (0.14 if pma_weeks < 32.0 else 0.06)
    length = NEEDS_HELP_AFTER_S + rng.randint(2, 14) if stuck else min(7 + int(rng.expovariate(0.17)), 19)
    return Spell(length, 0.0, depth, rng.randint(3, 10), slows_by, stimulated=stuck)


def at_feed(rng: Random) -> Spell:
    """Draw the short fall of oxygen of a baby who forgets to breathe while drinking."""
    depth = rng.uniform(0.3, 0.8)
    return Spell(rng.randint(8, 20), 0.1, depth, rng.randint(4, 9), 0.5 * depth, stimulated=rng.random() < 0.4)
