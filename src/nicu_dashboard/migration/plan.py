"""The plan of a move, as plain records that the journal keeps: which column goes where, as what."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from nicu_dashboard.migration.catalog import SourceObject
from nicu_dashboard.migration.kinds import Kind
from nicu_dashboard.migration.names import quoted

AS_IS, OWN, PRISMA = "as-is", "own", "prisma"
"""Which file a move is of: any, one of this dashboard, one of the earlier dashboard."""
REVISION_TABLE = "alembic_version"
"""A dashboard's own table that tells its schema's revision."""
OURS = "nicu_own_"
"""In the snapshot of an earlier dashboard's file our tables bear this before their name, beside theirs."""


@dataclass(frozen=True)
class ColumnPlan:
    """One column: read from the source by the expression `read`, kept in the target as `name` of `kind`."""

    source: str
    name: str
    kind: Kind
    affinity: str
    read: str
    declared: str = ""
    profile: str = ""
    note: str = ""
    misfits: int = 0
    nulls: int = 0
    not_null: bool = False
    default: str | None = None
    identity: bool = False
    generated: str | None = None
    computed: bool = False
    """SQLite computes it; the way back leaves it out."""


@dataclass(frozen=True)
class TablePlan:
    """One table. `rowid` reaches the source's row id; `alias` is the target column that is the row id."""

    source: str
    schema: str
    name: str
    columns: tuple[ColumnPlan, ...]
    rowid: str | None
    alias: str | None
    key: tuple[str, ...]
    rows: int
    row_bytes: int
    chunk_rows: int
    sampled: bool
    virtual: bool = False
    sequence: int = 0
    exists: bool = False

    @property
    def target(self) -> str:
        """Return the quoted, qualified name in the target."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def copied(self) -> tuple[ColumnPlan, ...]:
        """Return the columns that are written; generated ones are computed by the target."""
        return tuple(column for column in self.columns if column.generated is None)

    def column_of(self, source: str) -> ColumnPlan | None:
        """Return the column that a source column (any case) became."""
        return next((column for column in self.columns if column.source.lower() == source.lower()), None)


@dataclass(frozen=True)
class Step:
    """One statement after the load: an index, a key, a check. `stage` orders them; `optional` may fail and be told."""

    name: str
    table: str
    stage: int
    statement: str
    optional: bool = False
    orphans: str = ""
    """For a foreign key: the condition of its orphans, the child named c."""


@dataclass(frozen=True)
class NotCarried:
    """Something of the source that the target will not have, and why."""

    what: str
    name: str
    why: str


@dataclass(frozen=True)
class Plan:
    """The whole move."""

    schema: str
    tables: tuple[TablePlan, ...]
    steps: tuple[Step, ...]
    not_carried: tuple[NotCarried, ...]
    objects: tuple[SourceObject, ...] = ()
    page_size: int = 4096
    encoding: str = "UTF-8"
    orphans: tuple[tuple[str, str, int], ...] = ()
    mapping: str = AS_IS
    choices: dict[str, str] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the plan as JSON text for the journal."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that to_json wrote."""
        return msgspec.json.decode(text, type=cls)
