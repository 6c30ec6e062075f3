"""Babies, cots and admissions; gestational, postmenstrual and corrected age; names as the wall shows them."""

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from nicu_dashboard.domain.errors import AgeError
from nicu_dashboard.domain.instants import DAY_MS, format_instant, to_datetime

Sex = Literal["female", "male", "unknown"]

WEEK_DAYS = 7
TERM_DAYS = 280
_MIN_WEEKS, _MAX_WEEKS = 20, 44
_OLDEST_MS = 5 * 366 * DAY_MS
_GESTATION = re.compile(r"(\d{1,2})(?:\s*\+\s*(\d)|\s+(\d)/7|w(\d)d)?", re.ASCII)
# Words that stand where a given name is not chosen yet.
_PLACEHOLDERS = frozenset(
    {"baby", "babyboy", "babygirl", "boy", "girl", "of", "twin", "triplet", "quadruplet", "infant"}
)


@dataclass(frozen=True, slots=True, order=True)
class GestationalAge:
    """Completed days of gestation at birth, written as weeks+days: `28+3`."""

    days: int

    @classmethod
    def parse(cls, text: str) -> "GestationalAge":
        """Return the age of `28+3`, `28 3/7`, `28w3d` or `28` (28+0); raises AgeError: 28.3 could mean two ages."""
        match = _GESTATION.fullmatch(text.strip())
        if match is None:
            raise AgeError(f"{text[:20]!r} is not a gestational age; write weeks+days such as 28+3")
        weeks, days = int(match[1]), int(match[2] or match[3] or match[4] or 0)
        if days >= WEEK_DAYS:
            raise AgeError(f"{text[:20]!r}: days go from 0 to 6; write weeks+days such as 28+3")
        if not _MIN_WEEKS <= weeks <= _MAX_WEEKS:
            raise AgeError(f"{text[:20]!r}: weeks go from {_MIN_WEEKS} to {_MAX_WEEKS}; write weeks+days such as 28+3")
        return cls(weeks * WEEK_DAYS + days)

    def __str__(self) -> str:
        """Return the age as weeks+days."""
        return weeks_and_days(self.days)


@dataclass(frozen=True, slots=True)
class Unit:
    """A ward whose cots share one wall."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Cot:
    """A place for one baby; its position on the wall never changes."""

    id: int
    unit_id: int
    label: str
    position: int


@dataclass(frozen=True, slots=True)
class Patient:
    """One baby; what is not known is None and never guessed. Synthetic babies are marked wherever they are shown."""

    id: int
    mrn: str
    name: str | None = None
    born_at: int | None = None
    gestation: GestationalAge | None = None
    sex: Sex | None = None
    birth_weight_g: int | None = None
    synthetic: bool = False

    def pma_days(self, now: int, zone: tzinfo = UTC) -> int | None:
        """Return the postmenstrual age in days at this instant, None when birth or gestation is not known."""
        if self.born_at is None or self.gestation is None:
            return None
        return postmenstrual_days(self.gestation, self.born_at, now, zone)

    def pma_text(self, now: int, zone: tzinfo = UTC) -> str | None:
        """Return the postmenstrual age as weeks+days (`32+4`), None when it is not known."""
        days = self.pma_days(now, zone)
        return None if days is None else weeks_and_days(days)

    def day_of_life(self, now: int, zone: tzinfo = UTC) -> int | None:
        """Return the day of life at this instant, the day of birth being day 1; None when birth is not known."""
        return None if self.born_at is None else day_of_life(self.born_at, now, zone)

    def corrected_days(self, now: int, zone: tzinfo = UTC) -> int | None:
        """Return the corrected age in days, None before 40 weeks of postmenstrual age or when it is not known."""
        if self.born_at is None or self.gestation is None:
            return None
        return corrected_days(self.gestation, self.born_at, now, zone)


def check_birth(born_at: int, now: int) -> None:
    """Raise AgeError for a birth (epoch ms) that a slip of the pen has made: limits would follow the wrong age.

    A day of grace covers zones; the oldest child in such a ward is far below five years (assumed).
    """
    if not now - _OLDEST_MS <= born_at <= now + DAY_MS:
        raise AgeError(f"born {format_instant(born_at)} is in the future or years ago; look at the year")


def weeks_and_days(days: int) -> str:
    """Return days as weeks+days: 228 is `32+4`."""
    weeks, rest = divmod(days, WEEK_DAYS)
    return f"{weeks}+{rest}"


def chronological_days(born_at: int, now: int, zone: tzinfo = UTC) -> int:
    """Return the age in calendar days of the unit's zone, as wards count: it grows at midnight and is never below 0."""
    born, today = (to_datetime(at).astimezone(zone).date() for at in (born_at, now))
    return max(0, (today - born).days)


def day_of_life(born_at: int, now: int, zone: tzinfo = UTC) -> int:
    """Return the day of life, the day of birth being day 1.

    So counts the Vermont Oxford Network; a unit that starts at 0 shows `chronological_days`.
    """
    return chronological_days(born_at, now, zone) + 1


def postmenstrual_days(gestation: GestationalAge, born_at: int, now: int, zone: tzinfo = UTC) -> int:
    """Return gestational age at birth plus chronological age, in days."""
    return gestation.days + chronological_days(born_at, now, zone)


def corrected_days(gestation: GestationalAge, born_at: int, now: int, zone: tzinfo = UTC) -> int | None:
    """Return chronological age less the days born before 40+0; None before 40 weeks of postmenstrual age."""
    corrected = postmenstrual_days(gestation, born_at, now, zone) - TERM_DAYS
    return corrected if corrected >= 0 else None


def short_name(name: str) -> str:
    """Return the family name, and the letter of a twin so that two babies never read alike: `Lindqvist A`."""
    family, _, twin = _parts(name)
    return f"{family} {twin}".strip()


def initials(name: str) -> str:
    """Return given and family initial for privacy: `EL` of `Lindqvist, Baby of Eva`, `EL-A` for a twin."""
    family, given, twin = _parts(name)
    letters = "".join(part[0].upper() for part in (given, family) if part)
    return f"{letters}-{twin}" if twin else letters


def _parts(name: str) -> tuple[str, str, str]:
    """Return family name, given name and twin letter of `Family, Given` or `Given Family`; what is absent is empty."""
    before, comma, after = (part.strip() for part in name.partition(","))
    words, family = (after.split(), before) if comma else (before.split()[:-1], "".join(before.split()[-1:]))
    twin = "".join(word for word in words[1:] if re.fullmatch(r"[A-Z1-9]", word))[:1] if _unnamed(words) else ""
    given = [word for word in words if word.lower() not in _PLACEHOLDERS and word != twin]
    return family, "".join(given[:1]), twin


def _unnamed(words: list[str]) -> bool:
    return bool(words) and words[0].lower() in _PLACEHOLDERS
