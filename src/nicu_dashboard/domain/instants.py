"""Instants: integers of epoch milliseconds UTC inside, ISO 8601 with Z at the edges."""

from datetime import UTC, datetime

from nicu_dashboard.domain.errors import Told

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# 1 January 1900 and 1 January 2200.
FIRST_AT, END_AT = -2_208_988_800_000, 7_258_118_400_000


class InstantError(Told, ValueError):
    """The text is not an instant we can read without guessing."""


def parse_instant(text: str) -> int:
    """Return epoch ms of ISO 8601 text with an explicit zone; raises InstantError, since a zone is never guessed."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InstantError(f"{text[:40]!r} is not an ISO 8601 instant such as 2024-01-01T00:00:00.000Z") from None
    if moment.tzinfo is None:
        raise InstantError(f"{text[:40]!r} has no time zone; add Z or an offset such as +01:00")
    return within_reach(from_datetime(moment), text)


def within_reach(at: int, text: str) -> int:
    """Return the instant (epoch ms) when it lies in 1900–2199; raises InstantError naming `text`.

    Outside is the fault of a clock or a program (1 January of the year 1), and some of it could not be written again.
    """
    if not FIRST_AT <= at < END_AT:
        raise InstantError(f"{text[:40]!r} is not within the years 1900 to 2199; look at the sender's clock")
    return at


def from_datetime(moment: datetime) -> int:
    """Return epoch ms of an aware datetime, rounded down to the millisecond without passing through a float."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return delta.days * DAY_MS + delta.seconds * SECOND_MS + delta.microseconds // 1_000


def to_datetime(at: int) -> datetime:
    """Return the aware UTC datetime of epoch ms."""
    return datetime.fromtimestamp(at // SECOND_MS, UTC).replace(microsecond=at % SECOND_MS * 1_000)


def format_instant(at: int) -> str:
    """Return epoch ms as ISO 8601 with milliseconds and Z."""
    return to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % SECOND_MS:03d}Z"


def floor_to(at: int, step_ms: int) -> int:
    """Return the start of the bucket of step_ms milliseconds that holds this instant."""
    return at - at % step_ms
