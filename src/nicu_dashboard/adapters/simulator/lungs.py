"""Oxygen from the lung to the number on the screen: stores drain and refill, blood travels, the oximeter averages."""

from nicu_dashboard.adapters.simulator.physiology import VENOUS_PO2, saturation

_REFILL = 0.15  # share per second: a few breaths restore the lung
_AVERAGING = 0.22  # share per second: about the 8 s averaging usual in neonatal oximeters


class Lungs:
    """The oxygen of one baby; `shown` is the SpO2 in % an undisturbed probe would show."""

    __slots__ = ("_at", "_drain", "_line", "delay_s", "po2", "shown")

    def __init__(self, po2: float, drain_s: float, delay_s: int) -> None:
        self.po2 = po2
        self.delay_s = delay_s
        self.shown = saturation(po2)
        self._drain = 1.0 / drain_s
        self._line = [self.shown] * delay_s
        self._at = 0

    def step(self, settled: float, flow: float, speed: float) -> None:
        """Live one second: `settled` mmHg is where full breathing leads, flow 0–1 is how much of it there is.

        `speed` scales how fast the store drains while flow is below 1.
        """
        if flow < 1.0:
            heading = VENOUS_PO2 + (min(settled, self.po2) - VENOUS_PO2) * flow
            self.po2 += (heading - self.po2) * self._drain * speed
        else:
            self.po2 += (settled - self.po2) * _REFILL
        # A ring the length of the way from lung to probe: what leaves the lung now is seen delay_s later.
        arriving = self._line[self._at]
        self._line[self._at] = saturation(self.po2)
        self._at = (self._at + 1) % self.delay_s
        self.shown += (arriving - self.shown) * _AVERAGING
