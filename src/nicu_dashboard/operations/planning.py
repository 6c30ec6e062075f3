"""How much room a unit will need, from figures measured on this schema and from this store's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nicu_dashboard.operations.sessions import CannotCare
from nicu_dashboard.operations.sizes import TableSize

# Bytes of a reading of four vital signs in `vitals`, its indexes included, as bench/store.py measures them; see the
# figures in docs/reference/performance.md. Plain is what a ward's order of writing leaves. Roll-ups come on top.
BYTES_PER_ROW = {
    "PostgreSQL, plain": 269.0,
    "PostgreSQL, partitioned, past days packed": 199.0,
    "PostgreSQL with TimescaleDB, compressed": 13.0,
    "SQLite": 97.0,
}
MONTH_S = 30 * 86_400
# The migration guide's rule of thumb: bytes per baby and month.
GUIDE = 100_000_000
# Below this many readings half-empty pages and the smaller tables spoil the figure.
_ENOUGH = 10_000
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|min)?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class Room:
    """What one kind of store needs: bytes in all, and the interval at which a baby needs 100 MB a month."""

    name: str
    bytes_per_row: float
    total: int
    guide_interval_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Readings and room for a unit over some months."""

    readings: int
    rooms: tuple[Room, ...]


def interval_s(text: str) -> float:
    """Return the seconds of `1s`, `500ms`, `2` or `1min`; raises CannotCare."""
    found = _INTERVAL.fullmatch(text.strip())
    seconds = float(found[1]) * _UNIT_S[found[2]] if found else 0.0
    if not 0.01 <= seconds <= 86_400:
        raise CannotCare("--interval takes the time between two readings, from 10ms to a day; write --interval 1s")
    return seconds


def plan(cots: int, interval: float, months: float, measured: Sequence[tuple[str, float]] = ()) -> Plan:
    """Return the room for `cots` that send every `interval` seconds for so many months of 30 days."""
    readings = round(cots * months * MONTH_S / interval)
    kinds = [*BYTES_PER_ROW.items(), *measured]
    return Plan(
        readings,
        tuple(Room(name, each, round(readings * each), MONTH_S * each / GUIDE) for name, each in kinds),
    )


def measured(tables: Sequence[TableSize]) -> list[tuple[str, float]]:
    """Return this store's own bytes per reading: vitals alone, and with all that a reading brings along."""
    vitals = next((table for table in tables if table.name == "vitals"), None)
    if vitals is None or vitals.rows < _ENOUGH or not vitals.total:
        return []
    all_bytes = sum(table.total for table in tables)
    return [
        ("this store, its readings alone", vitals.total / vitals.rows),
        ("this store, all its tables", all_bytes / vitals.rows),
    ]
