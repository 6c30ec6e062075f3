"""What a command came to: one record for people and for JSON, values masked unless asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nicu_dashboard.migration.comparing import PLAIN_WORDS, Difference
from nicu_dashboard.migration.kinds import FLOAT8
from nicu_dashboard.migration.plan import OURS, NotCarried, Plan, TablePlan
from nicu_dashboard.migration.rejects import Reject

LISTED = 50
ROWS_PER_SECOND, BYTES_PER_SECOND, TARGET_GROWTH = 500_000, 60_000_000, 1.7


@dataclass(frozen=True)
class ColumnReport:
    """What a column holds and what it becomes."""

    name: str
    declared: str
    holds: str
    becomes: str
    note: str


@dataclass(frozen=True)
class TableReport:
    """One table: rows in the source, rejected, and compared."""

    name: str
    target: str
    rows: int
    bytes: int
    rejected: int = 0
    compared: int = 0
    columns: tuple[ColumnReport, ...] = ()


@dataclass
class Report:
    """The outcome of a command: `exit_code` 0 all arrived and verified, 1 rejects or differences, 2 could not run."""

    command: str
    exit_code: int = 0
    summary: str = ""
    next_step: str = ""
    server: str = ""
    mapping: str = ""
    """Which way the tables go: `own`, `prisma` or `as-is`."""
    tables: list[TableReport] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    reject_count: int = 0
    differences: list[dict[str, str]] = field(default_factory=list)
    difference_count: int = 0
    not_carried: list[dict[str, str]] = field(default_factory=list)
    not_compared: list[dict[str, str]] = field(default_factory=list)
    """What a verification has left out, each with why."""
    seconds: dict[str, float] = field(default_factory=dict)
    lanes: dict[str, int] = field(default_factory=dict)
    estimate_s: float = 0.0
    estimate_bytes: int = 0
    mapped: list[dict[str, str]] = field(default_factory=list)
    """Of an earlier dashboard's file: which column of theirs becomes which of ours."""
    setting: str = ""
    """The line that names the new home after a move, without its password."""
    also_set: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    """What a person should know or do that is no fault, a line each."""
    shown_names: dict[str, str] = field(default_factory=dict, repr=False)
    """What people call a table that bears another name in a snapshot; no part of the JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        told = asdict(self)
        del told["shown_names"]
        return told

    def _named(self, table: str) -> str:
        return self.shown_names.get(table, table)

    def add_rejects(self, rejects: Sequence[Reject], show_values: bool) -> None:
        """List rejects; the values and the text of keys only when asked for."""
        self.reject_count += len(rejects)
        for item in rejects[: max(0, LISTED - len(self.rejects))]:
            self.rejects.append(
                {
                    "table": self._named(item.table), "key": item.key if show_values else masked_key(item.key),
                    "column": item.column, "reason": item.reason,
                    "value": raw_shown(item) if show_values else masked_raw(item),
                }
            )  # fmt: skip

    def add_differences(self, found: Sequence[Difference], show_values: bool) -> None:
        """List differences; both values only when asked for."""
        self.difference_count += len(found)
        for item in found[: max(0, LISTED - len(self.differences))]:
            self.differences.append(
                {
                    "table": self._named(item.table), "key": item.key if show_values else masked_key(item.key),
                    "column": item.column,
                    "source": item.source if show_values else masked(item.source),
                    "target": item.target if show_values else masked(item.target),
                }
            )  # fmt: skip

    def add_orphans(self, plan: Plan) -> None:
        """Count rows that point at no row among what would be rejected."""
        for table, parent, count in plan.orphans:
            self.reject_count += count
            self.rejects.append(
                {"table": table, "key": f"{count} row(s)", "column": "", "reason": f"orphan: no such row in {parent}",
                 "value": ""}
            )  # fmt: skip

    def add_estimate(self, plan: Plan) -> None:
        """Estimate from rates measured on two cores; a first idea, not a promise."""
        rows = sum(table.rows for table in plan.tables)
        size = sum(table.rows * table.row_bytes for table in plan.tables)
        self.estimate_s = round(1 + rows / ROWS_PER_SECOND + size / BYTES_PER_SECOND, 1)
        self.estimate_bytes = int(size * TARGET_GROWTH)

    def add_plan(self, plan: Plan, lost: Sequence[NotCarried] = ()) -> None:
        """List what is moved and what is not carried."""
        self.mapping = plan.mapping
        self.shown_names = {table.source: name for table in plan.tables if (name := shown_name(table)) != table.source}
        self.tables = [
            TableReport(
                shown_name(table), f"{table.schema}.{table.name}", table.rows, table.rows * table.row_bytes,
                columns=tuple(
                    ColumnReport(column.source, column.declared, column.profile, column.kind.shown, column.note)
                    for column in table.columns
                ),
            )
            for table in plan.tables
        ]  # fmt: skip
        self.not_carried = [asdict(item) for item in (*plan.not_carried, *lost)]


def shown_name(table: TablePlan) -> str:
    """Return what people call a table: the name in their file, or, where we have filled it, the target's."""
    return f"{table.schema}.{table.name}" if table.source.startswith(OURS) else table.source


def raw_shown(item: Reject) -> str:
    """Return a rejected value in a form that a screen can hold."""
    if item.storage_class == "real":
        return repr(FLOAT8.unpack(item.raw)[0])
    if item.storage_class == "integer":
        return str(int.from_bytes(item.raw, signed=True))
    return (
        repr(item.raw.decode("utf-8", "backslashreplace")[:200])
        if item.storage_class == "text"
        else item.raw.hex()[:200]
    )


def masked_raw(item: Reject) -> str:
    """Return what kind of value was rejected, without the value; nothing where the row as a whole was."""
    if item.storage_class == "null":
        return "NULL" if item.column else ""
    return f"‹{item.storage_class}, {len(item.raw)} bytes›"


def masked_key(key: str) -> str:
    """Return a key with everything but numbers hidden: an id finds the row, a name must not show."""
    parts = re.split(r", (?=[^=,]+=)", key)  # a name may hold a comma: what follows it is hidden with it
    return ", ".join(re.sub(r"=(?!-?\d+\Z).*", "=‹hidden›", part, flags=re.DOTALL) for part in parts)


def masked(value: str) -> str:
    """Return what kind of value stands there, without the value."""
    if value in PLAIN_WORDS:
        return value
    kinds = (("'", "text"), ('"', "text"), ("b'", "blob"), ('b"', "blob"), ("(", "row"))
    kind = next((name for start, name in kinds if value.startswith(start)), "number")
    return f"‹{kind}, {len(value)} characters›"
