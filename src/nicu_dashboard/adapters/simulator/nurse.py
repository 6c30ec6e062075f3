"""The nurse at the cot: turns the oxygen up when SpO2 stays low, down when it stays high, and takes cuff pressures."""

from random import Random

ROOM_AIR = 21
_HIGHEST = 80
_LOW, _HIGH = 89.0, 94.6  # SpO2 in %: outside these a nurse at the cot begins to think of the oxygen


class Nurse:
    """Sets inspired oxygen (`fio2` in %, whole numbers) with human patience and in human steps."""

    def __init__(self, rng: Random, now_s: int, gives_oxygen: bool, need: float, cuff_every_s: int) -> None:
        self.gives_oxygen = gives_oxygen
        self.fio2 = max(round(need), ROOM_AIR) if gives_oxygen else ROOM_AIR
        self.cuff_every_s = cuff_every_s
        self._next_cuff_s = now_s + rng.randrange(cuff_every_s) if cuff_every_s else 0
        self._low_s = self._high_s = 0
        self._resting_s = 0
        self._patience_s = rng.randint(50, 150)

    def watch(self, rng: Random, now_s: int, spo2: float | None, passed_s: int) -> bool:
        """Look at the monitor after passed_s seconds (spo2 None: nothing to see); True when the oxygen was changed."""
        if not self.gives_oxygen or spo2 is None or now_s < self._resting_s:
            return False
        self._low_s = self._low_s + passed_s * (2 if spo2 < 84.0 else 1) if spo2 < _LOW else 0
        self._high_s = self._high_s + passed_s if spo2 > _HIGH else max(self._high_s - passed_s, 0)
        if self._low_s >= self._patience_s:
            return self._turn(rng, now_s, rng.choice((2, 3, 5)) if spo2 >= 80.0 else rng.choice((4, 5, 8)))
        # A high value is answered later than a low one.
        if self._high_s >= 2 * self._patience_s and self.fio2 > ROOM_AIR:
            return self._turn(rng, now_s, -rng.choice((1, 2, 2, 3)))
        return False

    def cuff_due(self, now_s: int, busy: bool) -> bool:
        """Return True when a cuff pressure is taken in this second; it waits while the baby is handled."""
        if not self.cuff_every_s or now_s < self._next_cuff_s or busy:
            return False
        self._next_cuff_s = now_s + self.cuff_every_s
        return True

    def _turn(self, rng: Random, now_s: int, by: int) -> bool:
        before = self.fio2
        self.fio2 = min(max(before + by, ROOM_AIR), _HIGHEST)
        self._low_s = self._high_s = 0
        self._resting_s = now_s + rng.randint(60, 150)  # wait and see what the change does
        self._patience_s = rng.randint(50, 150)
        return self.fio2 != before
