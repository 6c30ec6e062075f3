"""The day of a baby: care and feeds every three hours, time skin to skin in the afternoon, sleep in between."""

from dataclasses import dataclass
from random import Random
from typing import Literal

Activity = Literal["rest", "handling", "feeding", "kangaroo"]
_ROUND_S = 3 * 3600
_DAY_S = 86_400
_KANGAROO_HOURS = range(12, 15)


class Timetable:
    """When this baby is handled, fed and held; rounds follow the clock of the day (UTC)."""

    __slots__ = ("_care_s", "_feed_s", "_kangaroo", "_offset_s")

    def __init__(self, rng: Random, kangaroo: bool) -> None:
        self._offset_s = rng.randrange(_ROUND_S)
        self._care_s = rng.randint(420, 840)
        self._feed_s = rng.randint(900, 1500)
        self._kangaroo = kangaroo

    def at(self, epoch_s: int) -> Activity:
        """Return what happens to the baby at this instant (epoch seconds)."""
        into = (epoch_s - self._offset_s) % _ROUND_S
        if into < self._care_s:
            return "handling"
        if into < self._care_s + self._feed_s:
            return "feeding"
        round_began_hour = (epoch_s - into) % _DAY_S // 3600
        if self._kangaroo and into > 2700 and round_began_hour in _KANGAROO_HOURS:
            return "kangaroo"
        return "rest"


@dataclass(frozen=True, slots=True)
class State:
    """What a state of sleep does to the signs: shifts per minute, and multiples."""

    heart: float
    breath: float
    variability: float
    spells: float
    movement: float


QUIET_SLEEP = State(-4.0, -3.0, 0.65, 0.7, 0.4)
ACTIVE_SLEEP = State(0.0, 1.0, 1.0, 1.4, 1.0)
AWAKE = State(7.0, 4.0, 1.3, 0.4, 2.5)


class Sleep:
    """The sleep state of one baby; preterms sleep longer and mostly actively."""

    __slots__ = ("_until_s", "_wakeful", "state")

    def __init__(self, pma_weeks: float) -> None:
        self._wakeful = min(max((pma_weeks - 24.0) / 40.0, 0.05), 0.35)
        self._until_s = 0
        self.state = ACTIVE_SLEEP

    def step(self, rng: Random, now_s: int, disturbed: bool) -> State:
        """Return the state at this second; care wakes the baby."""
        if disturbed:
            self.state, self._until_s = AWAKE, now_s + 240
        elif now_s >= self._until_s:
            if self.state is ACTIVE_SLEEP and rng.random() < self._wakeful:
                self.state, self._until_s = AWAKE, now_s + rng.randint(240, 1200)
            elif self.state is ACTIVE_SLEEP:
                self.state, self._until_s = QUIET_SLEEP, now_s + rng.randint(600, 1500)
            else:
                self.state, self._until_s = ACTIVE_SLEEP, now_s + rng.randint(900, 2400)
        return self.state
