"""The heart: a baseline that drifts, beats that vary (less in a sick baby), slowing in spells, arousal in care."""

from random import Random

from nicu_dashboard.adapters.simulator.physiology import Wander

_CALMS = 1.0 - 1.0 / 50.0  # per second: arousal fades within a minute or two
_SLOWS = 0.28  # share per second
_RECOVERS = 0.16


class Heart:
    """The heart rate of one baby; `rate` is what undisturbed electrodes would count, per minute."""

    __slots__ = ("_fast", "arousal", "rate", "slowed")

    def __init__(self, rng: Random, beat_wander: float, resting: float) -> None:
        self._fast = Wander(rng, beat_wander, memory_s=7.0)
        self.arousal = 0.0
        self.slowed = 0.0
        self.rate = resting

    def step(self, rng: Random, resting: float, variability: float, slows_by: float) -> None:
        """Live one second towards the resting rate; slows_by is the share a running spell takes away (0 if none)."""
        pull = slows_by * resting
        self.slowed += (pull - self.slowed) * (_SLOWS if pull > self.slowed else _RECOVERS)
        self.arousal *= _CALMS
        self.rate = resting + self._fast.step(rng) * variability + self.arousal - self.slowed
