"""What is really in each column: storage classes, extremes, and how instants are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nicu_dashboard.migration import dates
from nicu_dashboard.migration.catalog import SourceColumn, SourceTable
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.kinds import Kind, codec
from nicu_dashboard.migration.names import quoted

COLUMNS_AT_ONCE = 100
SAMPLED_ABOVE_ROWS = 20_000
SAMPLED_EDGE_ROWS = 2_000
SAMPLED_PLACES = 20
SAMPLED_PLACE_ROWS = 500


@dataclass
class ColumnProfile:
    """Counts per storage class, the extremes of the numbers, and the forms of instants of one column."""

    nulls: int = 0
    integers: int = 0
    reals: int = 0
    texts: int = 0
    blobs: int = 0
    low: float | None = None
    high: float | None = None
    habits: set[str] = field(default_factory=set)
    forms: set[tuple[dates.IsoForm, bool]] = field(default_factory=set)
    all_json: bool = True

    @property
    def values(self) -> int:
        """Return how many values are not NULL."""
        return self.integers + self.reals + self.texts + self.blobs

    @property
    def shown(self) -> str:
        """Return the classes for a plan, for example `9,997 integer, 3 text`."""
        counts = {"integer": self.integers, "real": self.reals, "text": self.texts, "blob": self.blobs}
        return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "no value"

    def add(self, other: ColumnProfile) -> None:
        """Take in the profile of another stretch of the same column."""
        for name in ("nulls", "integers", "reals", "texts", "blobs"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.low = min((value for value in (self.low, other.low) if value is not None), default=None)
        self.high = max((value for value in (self.high, other.high) if value is not None), default=None)
        self.habits |= other.habits
        self.forms |= other.forms
        self.all_json = self.all_json and other.all_json


@dataclass
class TableProfile:
    """The profile of a table; `rows` counts all of it, also when `sampled`."""

    rows: int
    sampled: bool
    columns: dict[str, ColumnProfile]


def declares_instant(column: SourceColumn) -> bool:
    """Return whether the declared type speaks of a date or a time stamp."""
    upper = column.declared.upper()
    return "DATE" in upper or "TIMESTAMP" in upper


def declares_json(column: SourceColumn) -> bool:
    """Return whether the declared type speaks of JSON."""
    return "JSON" in column.declared.upper()


def profile_table(connection: sqlite3.Connection, table: SourceTable, sample: bool) -> TableProfile:
    """Return the profile of a table: of every row, or of stretches of a large table when `sample`."""
    rows = int(connection.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])
    stretches = _stretches(connection, table) if sample and rows > SAMPLED_ABOVE_ROWS else []
    whole = {column.name: ColumnProfile() for column in table.columns}
    for condition in stretches or ["true"]:
        for start in range(0, len(table.columns), COLUMNS_AT_ONCE):
            part = table.columns[start : start + COLUMNS_AT_ONCE]
            for name, found in _profile_columns(connection, table, part, condition).items():
                whole[name].add(found)
        for column in table.columns:
            if declares_instant(column):
                _note_instants(whole[column.name], _values(connection, table, column, condition))
            elif declares_json(column):
                _note_json(whole[column.name], _values(connection, table, column, condition))
    if stretches:
        for name in set(table.key) - {table.alias}:  # a NULL in a key makes it UNIQUE: never left to a sample
            whole[name].nulls = _nulls(connection, table, name)
    return TableProfile(rows, bool(stretches), whole)


def _nulls(connection: sqlite3.Connection, table: SourceTable, column: str) -> int:
    statement = f"SELECT count(*) FROM {quoted(table.name)} WHERE {quoted(column)} IS NULL"
    return int(connection.execute(statement).fetchone()[0])


def _stretches(connection: sqlite3.Connection, table: SourceTable) -> list[str]:
    if table.rowid is None:
        return []
    name = quoted(table.rowid)
    low, high = (
        connection.execute(f"SELECT {end}({name}) FROM {quoted(table.name)}").fetchone()[0] for end in ("min", "max")
    )  # one after the other: both at once would read every row
    step = max(1, (high - low) // SAMPLED_PLACES)
    starts = [low + place * step for place in range(1, SAMPLED_PLACES)]
    edges = [(low, low + SAMPLED_EDGE_ROWS), (high - SAMPLED_EDGE_ROWS, high)]
    return [
        f"{name} BETWEEN {first} AND {last}"
        for first, last in edges + [(start, start + SAMPLED_PLACE_ROWS) for start in starts]
    ]


def _profile_columns(
    connection: sqlite3.Connection, table: SourceTable, columns: Sequence[SourceColumn], condition: str
) -> dict[str, ColumnProfile]:
    terms = ["count(*)"]
    for column in columns:
        name = quoted(column.name)
        low = f"min({name} COLLATE BINARY)"
        high = f"max({name} COLLATE BINARY)"
        terms += [
            f"count({name})", f"typeof({low})", f"typeof({high})", f"iif(typeof({low}) IN ('integer','real'),{low},0)",
            f"iif(typeof({high}) IN ('integer','real'),{high},0)",
            f"sum(typeof({name})='real')" if column.affinity != "TEXT" else "0",
        ]  # fmt: skip
    row = connection.execute(f"SELECT {', '.join(terms)} FROM {quoted(table.name)} WHERE {condition}").fetchone()
    found = {}
    for place, column in enumerate(columns):
        count, least, most, low, high, reals = row[1 + place * 6 : 7 + place * 6]
        profile = ColumnProfile(nulls=row[0] - count)
        if count and (least == most or {least, most} <= {"integer", "real"}):
            _set_uniform(profile, count, str(least), reals or 0)
        elif count:
            _count_classes(connection, table, column, condition, profile)
        if profile.integers or profile.reals:
            profile.low, profile.high = low, high if most in ("integer", "real") else profile.high
        found[column.name] = profile
    return found


def _set_uniform(profile: ColumnProfile, count: int, least: str, reals: int) -> None:
    if least == "text":
        profile.texts = count
    elif least == "blob":
        profile.blobs = count
    else:
        profile.reals, profile.integers = reals, count - reals


def _count_classes(
    connection: sqlite3.Connection, table: SourceTable, column: SourceColumn, condition: str, profile: ColumnProfile
) -> None:
    name = quoted(column.name)
    for kind, count, high in connection.execute(
        f"SELECT typeof({name}), count(*), iif(typeof({name}) IN ('integer', 'real'), max({name} COLLATE BINARY), 0)"
        f" FROM {quoted(table.name)} WHERE {condition} GROUP BY 1"
    ):
        if kind != "null":
            setattr(profile, f"{kind}s", count)
        if kind in ("integer", "real"):
            profile.high = max(high, profile.high if profile.high is not None else high)


def _values(
    connection: sqlite3.Connection, table: SourceTable, column: SourceColumn, condition: str
) -> Iterable[object]:
    name = quoted(column.name)
    rows = connection.execute(f"SELECT {name} FROM {quoted(table.name)} WHERE {name} IS NOT NULL AND {condition}")
    return (row[0] for row in rows)


def _note_instants(profile: ColumnProfile, values: Iterable[object]) -> None:
    for value in values:
        if type(value) is int:
            profile.habits.add(dates.band_of(value) or "unclear")
        elif type(value) is float:
            profile.habits.add(_real_habit(value))
        elif type(value) is str:
            try:
                us, form = dates.read_iso(value)
                written = dates.write_iso(us, form)
            except Unfit:  # no date, or one that its offset takes out of the years 1 to 9999
                profile.habits.add("unclear")
            else:
                profile.habits.add("iso")
                zero = form.digits > 0 and us % 1_000_000 == 0
                if written != value:
                    profile.habits.add("unclear")
                profile.forms.add((form, zero))
        else:
            profile.habits.add("unclear")


def _real_habit(value: float) -> str:
    low, high = dates.JULIAN_RANGE
    habit = "julian" if low <= value < high else "epoch_s_real"
    if habit == "epoch_s_real" and not 10**8 <= abs(value) < 10**11:
        return "unclear"
    try:
        dates.real_to_us(value, habit)
    except Unfit:
        return "unclear"
    return habit


def _note_json(profile: ColumnProfile, values: Iterable[object]) -> None:
    encode, _ = codec(Kind("json"))
    for value in values:
        try:
            encode(value)  # type: ignore[arg-type]
        except Unfit:
            profile.all_json = False
            return
