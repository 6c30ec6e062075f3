"""The ways SQLite files write instants, each turned into microseconds of PostgreSQL's epoch and back, exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

from nicu_dashboard.migration.errors import Unfit

POSTGRES_EPOCH_S = 946_684_800
POSTGRES_EPOCH_US = POSTGRES_EPOCH_S * 1_000_000
EARLIEST_US, LATEST_US = -211_813_488_000_000_000, 9_223_371_331_200_000_000
"""What timestamptz holds, in microseconds since 2000: 4714 BC to 294276."""

FACTORS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
BANDS = {"epoch_s": (10**8, 10**11), "epoch_ms": (10**11, 10**14), "epoch_us": (10**14, 10**17)}
"""Magnitudes of 1973 to about 5138: they do not overlap, so a column of one band is never guessed."""

JULIAN_RANGE = (1_721_425.5, 5_373_484.5)
JULIAN_2000 = Fraction(4_903_089, 2)
DAY_US = 86_400_000_000
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:([ T])(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
ISO_WORD = re.compile(r"iso:([ T][0-6][!?](Z|[+-]\d\d:\d\d)?|-0!)", re.ASCII)
"""What IsoForm.text() writes."""
EXAMPLE_US = (8796 * 86_400 + 49_506) * 1_000_000
"""2024-01-31 13:45:06 UTC: no part of it can be taken for another."""

HABIT_WORDS = {
    "epoch_s": "epoch seconds", "epoch_ms": "epoch milliseconds", "epoch_us": "epoch microseconds",
    "epoch_s_real": "epoch seconds with a fraction", "julian": "Julian days", "iso": "ISO text",
    "mixed": "several forms",
}  # fmt: skip
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class IsoForm:
    """One way of writing ISO text: separator ('' for a date alone), digits of the second, zone as written."""

    separator: str
    digits: int
    zone: str
    only_when_needed: bool = False

    def text(self) -> str:
        """Return the form as one word for the journal, for example `iso:T3!Z`; see example()."""
        return f"iso:{self.separator or '-'}{self.digits}{'?' if self.only_when_needed else '!'}{self.zone}"

    @classmethod
    def parse(cls, text: str) -> IsoForm:
        """Return the form of a word made by text()."""
        mark, rest = text[4], text[5:]
        return cls("" if mark == "-" else mark, int(rest[0]), rest[2:], rest[1] == "?")

    def example(self) -> str:
        """Return for a person an instant as this form writes it."""
        if not self.separator:
            return write_iso(EXAMPLE_US // DAY_US * DAY_US, self)
        unit = 10 ** (6 - self.digits)
        fine = write_iso(EXAMPLE_US + 123_456 // unit * unit, self)
        return f"{fine} or {write_iso(EXAMPLE_US, self)}" if self.only_when_needed else fine


def habit_words(habit: str) -> str:
    """Return for a person how a source writes its instants: `epoch_ms`, `julian`, `iso:…`, `mixed/…`."""
    return HABIT_WORDS[habit.partition("/")[0].partition(":")[0]]


def way_back_words(habit: str) -> str:
    """Return for a person how the way back writes an instant of one habit."""
    plain = habit.removeprefix("mixed/")
    return f"text like {IsoForm.parse(plain).example()}" if plain.startswith("iso:") else HABIT_WORDS[plain]


def read_iso(text: str) -> tuple[int, IsoForm]:
    """Return (microseconds since 2000, form) of ISO text, a missing zone read as UTC; raises Unfit."""
    match = ISO.fullmatch(text)
    if match is None:
        raise Unfit("text that is no ISO date")
    year, month, day, separator, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "").ljust(6, "0")), _zone(zone),
        )  # fmt: skip
    except ValueError:
        raise Unfit("text that names no real date") from None
    return (moment - _EPOCH) // _MICROSECOND, IsoForm(separator or "", len(fraction or ""), zone or "")


def _zone(zone: str | None) -> timezone:
    if zone is None or zone == "Z":
        return UTC
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return timezone(-away if zone[0] == "-" else away)


def write_iso(us: int, form: IsoForm) -> str:
    """Return microseconds since 2000 as ISO text of a form; raises Unfit when digits would be lost."""
    try:
        moment = (_EPOCH + timedelta(microseconds=us)).astimezone(_zone(form.zone or None))
    except OverflowError:
        raise Unfit("an instant outside the years 1 to 9999") from None
    if not form.separator:
        if us % DAY_US:
            raise Unfit("an instant that is no whole day")
        return f"{moment.year:04d}-{moment:%m-%d}"
    fraction = f"{moment.microsecond:06d}"
    if fraction[form.digits :].strip("0"):
        raise Unfit(f"an instant finer than {form.digits} digits of a second")
    shown = "" if form.digits == 0 or (form.only_when_needed and not moment.microsecond) else fraction[: form.digits]
    return f"{moment.year:04d}-{moment:%m-%d}{form.separator}{moment:%H:%M:%S}{'.' if shown else ''}{shown}{form.zone}"


def common_form(forms: set[tuple[IsoForm, bool]]) -> IsoForm | None:
    """Return the one form that writes all of these back as they were; members are (form, fraction is zero)."""
    if len({(form.separator, form.zone) for form, _ in forms}) != 1:
        return None
    digits = {form.digits for form, _ in forms}
    some = next(iter(forms))[0]
    if len(digits) == 1:
        return IsoForm(some.separator, digits.pop(), some.zone)
    fine = max(digits)
    if digits == {0, fine} and not any(form.digits and zero for form, zero in forms):
        return IsoForm(some.separator, fine, some.zone, only_when_needed=True)
    return None


def band_of(value: int) -> str | None:
    """Return the epoch unit whose band holds this number, or None."""
    return next((habit for habit, (low, high) in BANDS.items() if low <= abs(value) < high), None)


def epoch_to_us(value: object, habit: str) -> int:
    """Return microseconds since 2000 of an epoch integer; raises Unfit."""
    if type(value) is not int:
        raise Unfit(f"no integer in a column of {habit.replace('_', ' ')}")
    return checked_us(value * FACTORS[habit] - POSTGRES_EPOCH_US)


def us_to_epoch(us: int, habit: str) -> int:
    """Return the epoch integer of microseconds since 2000; raises Unfit when it is finer than the unit."""
    whole, rest = divmod(us + POSTGRES_EPOCH_US, FACTORS[habit])
    if rest:
        raise Unfit(f"an instant finer than {habit.replace('_', ' ')}")
    return whole


def real_to_us(value: object, habit: str) -> int:
    """Return microseconds since 2000 of a Julian day or of real epoch seconds; raises Unfit unless it comes back."""
    if type(value) is not float or value != value or abs(value) > 1e15:
        raise Unfit("no number of days or seconds")
    exact = Fraction(value)
    us = round((exact - JULIAN_2000) * DAY_US) if habit == "julian" else round((exact - POSTGRES_EPOCH_S) * 1_000_000)
    if us_to_real(us, habit) != value:
        raise Unfit("a real finer than a microsecond")
    return checked_us(us)


def us_to_real(us: int, habit: str) -> float:
    """Return the Julian day or the real epoch seconds nearest to microseconds since 2000."""
    return float(
        Fraction(us, DAY_US) + JULIAN_2000 if habit == "julian" else Fraction(us, 1_000_000) + POSTGRES_EPOCH_S
    )


def checked_us(us: int) -> int:
    """Return the same microseconds; raises Unfit outside what timestamptz holds."""
    if EARLIEST_US <= us < LATEST_US:
        return us
    raise Unfit("an instant outside what PostgreSQL holds")


def day_number(text: object) -> int:
    """Return days since 2000 of `YYYY-MM-DD`; raises Unfit."""
    if type(text) is not str or len(text) != 10:
        raise Unfit("text that is no date")
    return read_iso(text)[0] // DAY_US


def day_text(days: int) -> str:
    """Return `YYYY-MM-DD` of days since 2000; raises Unfit outside the years 1 to 9999."""
    try:
        return (date(2000, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        raise Unfit("a date outside the years 1 to 9999") from None
