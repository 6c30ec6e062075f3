"""To which unit a baby's data belong."""

from typing import Protocol


class Sight(Protocol):
    """Asked before data of a baby are shown to somebody who was granted some units only."""

    def unit_of_baby(self, patient_id: int) -> int | None:
        """Return the unit of the baby's latest stay, None for one that was never admitted."""
        ...

    def unit_of_alarm(self, alarm_id: int) -> int | None:
        """Return the unit that now has the baby of an alarm, or that raised an alarm of no baby; None if unknown."""
        ...

    def unit_of_event(self, event_id: int) -> int | None:
        """Return the unit that now has the baby of an A/B/D event, None if unknown."""
        ...
