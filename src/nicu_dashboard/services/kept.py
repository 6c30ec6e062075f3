"""Where what was decided is durable, and what is said of it to whoever waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nicu_dashboard.ports.tick import Fate, Refused

Place = Literal["record", "spool"]
_HERE = "Kept on this machine: it will be written to the record when the database is back."
_FOLLOWED = "Another engine may work meanwhile: do it there too."


@dataclass(frozen=True, slots=True)
class Kept:
    """The fate of each reading, the place where all is durable, and whether another engine may work meanwhile."""

    fates: Sequence[Fate | Refused]
    place: Place
    followed: bool = False

    @property
    def notice(self) -> str | None:
        """Return what whoever acted must know: nothing once it is on record."""
        if self.place == "record":
            return None
        return f"{_HERE} {_FOLLOWED}" if self.followed else _HERE
