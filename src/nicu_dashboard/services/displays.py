"""Which browsers show this unit and whether they can be heard; none audible is itself a technical alarm."""

from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.services.ward import Ward

Sound = Literal["on", "off", "closed"]
# A display that has not reported for this long is gone; browsers report every 10 s.
REPORT_MS = 25_000
# So many displays of one reporter (a screen, a person) are known at a time; of the unit, so many.
OF_ONE, OF_ALL = 32, 1_000
# After a start the displays get this long to report, and a page that is loaded again this long to come back.
START_MS, RETURN_MS = 30_000, 10_000
FAULT = "no_audible_display"


@dataclass(slots=True)
class Display:
    """One browser's last report."""

    sound: Sound
    at: int
    by: str


class Displays:
    """Kept in memory: a display that matters reports again within seconds."""

    def __init__(self, ward: Ward, started_at: int) -> None:
        self._ward = ward
        self._heard_until = started_at + START_MS - RETURN_MS
        self._known: dict[str, Display] = {}

    def report(self, display_id: str, sound: Sound, at: int, by: str = "") -> None:
        """Take a browser's report; of one that shows too many, the oldest are forgotten."""
        self._known.pop(display_id, None)
        if sound != "closed":
            self._known[display_id] = Display(sound, at, by)
            self._forget(by)
        self.check(at)

    def _forget(self, by: str) -> None:
        """Reports come in the order of time: the first is the oldest."""
        mine = [key for key, known in self._known.items() if known.by == by]
        for key in mine[:-OF_ONE] or list(self._known)[:-OF_ALL]:
            del self._known[key]

    def audible(self, at: int) -> int:
        """Return how many displays can be heard now."""
        return sum(display.sound == "on" and at - display.at <= REPORT_MS for display in self._known.values())

    def check(self, at: int) -> None:
        """Raise or clear the technical alarm, and forget displays that went away."""
        self._known = {key: known for key, known in self._known.items() if at - known.at <= 4 * REPORT_MS}
        if self.audible(at):
            self._heard_until = max(self._heard_until, at)
        watched = any(bed.stay is not None for bed in self._ward.beds.values())
        if watched and at - self._heard_until > RETURN_MS:
            self._ward.fault(FAULT, "No audible display in this unit", "low", at)
        else:
            self._ward.fault_over(FAULT, at)
