"""Breathing: the rate, spells, and the periodic breathing of preterm sleep."""

from random import Random

from nicu_dashboard.adapters.simulator.spells import Spell

_AVERAGING = 1.0 / 14.0  # share per second: impedance monitors average over about a dozen breaths
_HOLDING = 1.0 / 30.0  # share per second in a short pause: no breath comes, so the average is renewed late
_EMPTYING = 1.0 / 5.0  # share per second once the monitor counts the pause as an apnea
_HOLDS_S = 10


class Breath:
    """The breathing of one baby; `rate` is the displayed rate per minute, `flow` what reaches the lung (0–1)."""

    __slots__ = ("_pause_s", "_paused_s", "_until_pause_s", "flow", "periodic_until_s", "rate", "spell")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.flow = 1.0
        self.spell: Spell | None = None
        self.periodic_until_s = 0
        self._pause_s = 0
        self._paused_s = 0
        self._until_pause_s = 0

    def step(self, rng: Random, now_s: int, usual: float) -> bool:
        """Live one second at the usual rate; True in the second in which a spell ends."""
        ended = False
        spell = self.spell
        if spell is not None:
            spell.elapsed_s += 1
            self.flow = spell.flow
            if spell.elapsed_s > spell.length_s:
                self.spell, self.flow, ended = None, 1.0, True
        elif now_s < self.periodic_until_s:
            self._periodic(rng)
        else:
            self.flow = 1.0
        beat = rng.gauss(0.0, 9.0)
        if self.flow == 0.0:
            self._paused_s += 1
            self.rate -= self.rate * (_HOLDING if self._paused_s <= _HOLDS_S else _EMPTYING)
        else:
            self._paused_s = 0
            # Fading breath is shallow rather than rare: most of it is still counted.
            self.rate += (usual * (0.5 + 0.5 * self.flow) + beat - self.rate) * _AVERAGING
        return ended

    def _periodic(self, rng: Random) -> None:
        if self._pause_s > 0:
            self._pause_s -= 1
            self.flow = 0.0
        elif self._until_pause_s > 0:
            self._until_pause_s -= 1
            self.flow = 1.0
        else:
            self._pause_s = rng.randint(3, 7)
            self._until_pause_s = rng.randint(8, 15)
