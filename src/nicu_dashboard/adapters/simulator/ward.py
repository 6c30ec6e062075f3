"""The simulated ward: a pure generator of readings, seeded, without clock or input; each baby has its own stream."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from nicu_dashboard.adapters.simulator.baby import SimulatedBaby
from nicu_dashboard.adapters.simulator.people import case_of, person_of
from nicu_dashboard.adapters.simulator.stories import Opening
from nicu_dashboard.domain.vitals import Reading

SOURCE = "simulator"
_FREE_OF_TEN = 7  # the eighth cot of every ten is free


class SimulatedWard:
    """Cots with invented babies, the same for the same seed; `starts_at` (epoch ms) is when the live view begins.

    A `stretch` other than 0 is another part of the same lives: the same babies with their own baselines, other chances.
    """

    def __init__(self, cots: int, seed: int, starts_at: int, calm: bool = False, stretch: int = 0) -> None:
        width = max(2, len(str(cots)))
        self.labels: Sequence[str] = tuple(f"NICU-{number + 1:0{width}d}" for number in range(cots))
        self.starts_at = starts_at
        self.babies: Sequence[SimulatedBaby] = tuple(
            _baby(self.labels[position], position, seed, starts_at, stretch)
            for position in range(cots)
            if position % 10 != _FREE_OF_TEN
        )
        self._now_s: int | None = None
        self._steps: Sequence[Callable[[], None]] = ()
        self._opening = None if calm else Opening(starts_at // 1_000, self.babies)

    def baby(self, cot: str) -> SimulatedBaby:
        """Return the baby in this cot; raises KeyError when the cot is free or unknown."""
        for baby in self.babies:
            if baby.cot == cot:
                return baby
        raise KeyError(cot)

    def readings(self, at: int) -> list[Reading]:
        """Bring every baby to this instant (epoch ms) and return one reading each; none until a new second has begun.

        A larger step is lived second by second; what was measured now and then in between comes with the reading.
        """
        if self._now_s is None:
            self._begin(self.starts_at // 1_000 - 1)
        return self._advance(at // 1_000)

    def history(self, until: int, hours: float, step_s: int = 1) -> Iterator[Reading]:
        """Yield the readings of the hours before `until` (epoch ms), one each step_s seconds, oldest first.

        Before any other reading it begins the ward that early; afterwards it goes on from where the ward stands.
        Live readings continue the same stream.
        """
        last_s = until // 1_000
        if self._now_s is None:
            self._begin(last_s - round(hours * 3600))
        while self._now_s is not None and self._now_s < last_s:
            yield from self._advance(min(self._now_s + step_s, last_s))

    def _begin(self, at_s: int) -> None:
        self._now_s = at_s
        self._steps = [baby.begin(at_s).step for baby in self.babies]

    def _advance(self, to_s: int) -> list[Reading]:
        if self._now_s is None or to_s <= self._now_s:
            return []
        opening, steps = self._opening, self._steps
        for second in range(self._now_s + 1, to_s + 1):
            if opening is not None:
                opening.play(second)
            for step in steps:
                step()
        self._now_s = to_s
        return [
            Reading(baby.cot, to_s * 1_000 - baby.lag_ms, baby.observe(), source=SOURCE, origin="simulated")
            for baby in self.babies
        ]


def _baby(cot: str, position: int, seed: int, starts_at: int, stretch: int) -> SimulatedBaby:
    # Text as seed: hashed the same on every machine, and two neighbours share nothing.
    rng = Random(f"ward {seed} cot {position}")
    case = case_of(position - position // 10 - (position % 10 > _FREE_OF_TEN), rng)
    return SimulatedBaby(cot, person_of(position, seed, case, rng), case, starts_at, rng, stretch)
