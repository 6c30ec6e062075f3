"""Days and weeks that readings are divided into; instants are epoch ms, weeks begin on Monday, all in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass

from nicu_dashboard.domain.instants import format_instant

DAY_MS = 86_400_000
# 1970-01-05 was a Monday.
_MONDAY_MS = 4 * DAY_MS


@dataclass(frozen=True, slots=True)
class Period:
    """A length of partition: its name, how many are kept ready ahead, how far back single ones are made."""

    name: str
    length_ms: int
    origin_ms: int
    ahead: int
    most_back: int

    def start(self, at: int) -> int:
        """Return the beginning of the period that holds an instant."""
        return at - (at - self.origin_ms) % self.length_ms

    def starts(self, from_at: int, to_at: int) -> Iterator[int]:
        """Yield the beginnings from that of from_at up to to_at, not part of it."""
        yield from range(self.start(from_at), to_at, self.length_ms)


DAILY = Period("daily", DAY_MS, 0, 30, 90)
WEEKLY = Period("weekly", 7 * DAY_MS, _MONDAY_MS, 5, 156)
PERIODS = {period.name: period for period in (DAILY, WEEKLY)}


def period_of(length_ms: int) -> Period:
    """Return the period that partitions of this length belong to."""
    return DAILY if length_ms <= DAY_MS else WEEKLY


def literal(at: int) -> str:
    """Return an instant as SQL."""
    return f"'{format_instant(at)}'"


def partition_name(table: str, start: int) -> str:
    """Return the name of the partition that begins at an instant: vitals_p20240101."""
    return f"{table}_p{format_instant(start)[:10].replace('-', '')}"
