"""What was looked at and accepted for a time: a TOML file with a reason and a day of expiry for each check.

[[suppress]]
check = "net.listen"
reason = "the server has one network, behind the ward's firewall"
by = "E. Lindqvist"
expires = 2027-01-31
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from nicu_dashboard.domain.instants import from_datetime
from nicu_dashboard.ports.tick import StoreUnavailable


class SuppressionsFault(StoreUnavailable):
    """The file of suppressions cannot be used; the message names the entry and what is expected."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A check that may be wrong until a day, and why."""

    check: str
    reason: str
    by: str
    expires: str
    expired: bool


def read(path: Path, known: Mapping[str, object], at: int) -> dict[str, Suppression]:
    """Return the suppressions of a file by check; raises SuppressionsFault."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise SuppressionsFault(f"The file of suppressions {path.name} cannot be read ({reason}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SuppressionsFault(f"The file of suppressions {path.name} is not TOML: {error}.") from None
    entries = document.get("suppress", [])
    found = [_entry(entry, place, known, at) for place, entry in enumerate(entries, start=1)]
    return {one.check: one for one in found}


def _entry(entry: object, place: int, known: Mapping[str, object], at: int) -> Suppression:
    if not isinstance(entry, dict) or any(not isinstance(entry.get(name), str) for name in ("check", "reason", "by")):
        raise SuppressionsFault(f"Suppression {place} needs check, reason and by, as text.")
    check, expires = entry["check"], entry.get("expires")
    if check not in known:
        raise SuppressionsFault(f"Suppression {place}: there is no check {check}; see: nicu hipaa check.")
    if not entry["reason"].strip() or not isinstance(expires, date):
        raise SuppressionsFault(f"Suppression {place} ({check}) needs a reason and expires = YYYY-MM-DD.")
    end = from_datetime(datetime(expires.year, expires.month, expires.day, tzinfo=UTC))
    return Suppression(check, entry["reason"], entry["by"], f"{expires:%Y-%m-%d}", end <= at)
