"""Print the schema as the tables define it: `python tools/print_schema.py sqlite|postgresql|page`.

`page` is docs/reference/schema.md; the other two help to write a revision down.
"""

import sys
from collections.abc import Iterator

from sqlalchemy import Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from nicu_dashboard.adapters.sql.tables import metadata

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]
GROUPS = {
    "The ward": ("units", "cots", "patients", "admissions", "sources"),
    "Readings": ("vitals", "vitals_superseded", "vitals_minute", "vitals_hour", "rescans", "quarantine"),
    "Alarms, events, notes": (
        "alarms",
        "alarm_transitions",
        "suspensions",
        "limit_versions",
        "events",
        "annotations",
    ),
    "People": ("users", "sessions", "device_keys", "audit_log", "compliance_runs"),
    "Doors": ("second_factors", "recovery_codes", "login_steps", "attempts", "kiosks", "break_glass"),
    "Running": ("live_snapshot", "lease", "counters"),
}
HEADER = """# Schema

One schema on SQLite and PostgreSQL 14 or newer. This page is made from the tables' definitions
(`python tools/print_schema.py page`) and a test keeps it so.

Instants are epoch milliseconds UTC: `INTEGER` on SQLite, `timestamptz` on PostgreSQL. JSON is text on SQLite and
`jsonb` on PostgreSQL, flags are 0/1 and `boolean`. Words of a fixed list are text with a check. `alembic_version` holds
the revision; `nicu db upgrade` brings an older database to the newest.
"""


def statements(name: str) -> list[str]:
    """Return what creates every table and index on this database, in order."""
    dialect = DIALECTS[name]
    listed = []
    for table in metadata.sorted_tables:
        listed.append(str(CreateTable(table).compile(dialect=dialect)))
        listed += [str(CreateIndex(index).compile(dialect=dialect)) for index in _indexes(table)]
    return ["\n".join(line.rstrip().replace("\t", "    ") for line in text.strip().splitlines()) for text in listed]


def page() -> str:
    """Return the reference page in Markdown."""
    listed = [HEADER]
    for group, names in GROUPS.items():
        listed.append(f"## {group}\n")
        listed += [part for name in names for part in _described(metadata.tables[name])]
    assert {name for names in GROUPS.values() for name in names} == set(metadata.tables)
    return "\n".join(listed)


def _described(table: Table) -> Iterator[str]:
    yield f"### `{table.name}`\n"
    yield "| column | SQLite | PostgreSQL | what |\n|---|---|---|---|"
    for column in table.columns:
        kinds = (column.type.compile(dialect) for dialect in DIALECTS.values())
        yield f"| `{column.name}` | {' | '.join(kinds)} | {_meaning(column)} |"
    yield ""
    key = ", ".join(column.name for column in table.primary_key.columns)
    yield f"Primary key: ({key}).{''.join(_unique(table))}"
    for index in _indexes(table):
        text = str(CreateIndex(index).compile(dialect=DIALECTS["postgresql"]))
        yield f"\n`{text}`"
    yield ""


def _unique(table: Table) -> list[str]:
    constraints = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    return sorted(f" Unique: ({', '.join(column.name for column in one.columns)})." for one in constraints)


def _meaning(column: Column[object]) -> str:
    reference = "".join(f" → `{key.target_fullname}`" for key in column.foreign_keys)
    return f"{column.doc}{reference}{'; may be empty' if column.nullable else ''}"


def _indexes(table: Table) -> list[Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


if __name__ == "__main__":
    print(page() if sys.argv[1] == "page" else ";\n\n".join(statements(sys.argv[1])) + ";")
