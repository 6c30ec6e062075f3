"""What hides the truth from the monitor: movement, a probe or electrodes that come off, a line that is sampled."""

from random import Random

from nicu_dashboard.domain.vitals import NoValue

PROBE_OFF = NoValue("probe off")
LEAD_OFF = NoValue("lead off")
ARTEFACT = NoValue("artefact")
SAMPLING = NoValue("line closed for sampling")

CHECK_S = 10
_CHECKS_PER_DAY = 86_400 / CHECK_S


class Signals:
    """Until when (seconds of the ward) each sensor of one baby is disturbed."""

    def __init__(self) -> None:
        self.probe_off_until_s = 0
        self.leads_off_until_s = 0
        self.artefact_until_s = 0
        self.line_closed_until_s = 0
        self.dip_from_s = 0
        self.dip_until_s = 0
        self.dip = 0.0

    def check(self, rng: Random, now_s: int, movement: float) -> None:
        """Perhaps begin a disturbance; movement scales the daily rates (1 is a quiet preterm). Call every CHECK_S."""
        drawn = rng.random() * _CHECKS_PER_DAY / movement
        if drawn < 2.0:
            self.probe_off_until_s = now_s + rng.randint(20, 150)
        elif drawn < 3.0:
            self.leads_off_until_s = now_s + rng.randint(25, 120)
        elif drawn < 30.0:
            self.artefact_until_s = now_s + rng.randint(3, 14)
        elif drawn < 45.0:
            self.dip_from_s = now_s
            self.dip_until_s = now_s + rng.randint(5, 16)
            self.dip = rng.uniform(4.0, 15.0)

    def false_fall(self, now_s: int) -> float:
        """Return by how many % the SpO2 of a moving limb reads too low; it falls within 3 s and comes back within 4."""
        if now_s >= self.dip_until_s:
            return 0.0
        return self.dip * min((now_s - self.dip_from_s) / 3.0, (self.dip_until_s - now_s) / 4.0, 1.0)

    def close_line(self, rng: Random, now_s: int) -> None:
        """Blood is taken through the arterial line."""
        self.line_closed_until_s = now_s + rng.randint(40, 100)
