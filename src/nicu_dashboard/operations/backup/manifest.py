"""What a copy must hold: rows and a checksum of every table, kept beside it as FILE.json."""

import hashlib
import json
import marshal
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nicu_dashboard.adapters.sql.addresses.dialling import Connection
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare

_TABLES = """
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence = 'p'
  AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' AND nspname NOT LIKE '\\_timescaledb%'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY 1, 2
"""
# A row's text must be the same wherever it is read.
_SAME_TEXT = {
    "timezone": "UTC", "datestyle": "ISO, MDY", "intervalstyle": "postgres", "extra_float_digits": "1",
    "bytea_output": "hex",
}  # fmt: skip
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows of a table and a checksum over them that no order can change."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A copy in numbers; `file_sha256` is over the file itself, `taken_at` ISO 8601."""

    engine: str
    version: str
    taken_at: str
    schema: str | None
    file_sha256: str
    tables: Mapping[str, Contents]

    @property
    def rows(self) -> int:
        """Return all rows."""
        return sum(table.rows for table in self.tables.values())

    def differences(self, found: Mapping[str, Contents]) -> list[str]:
        """Return the tables whose contents are not these, in words without values."""
        wrong = []
        for name in sorted({*self.tables, *found}):
            here, there = self.tables.get(name), found.get(name)
            if here is None or there is None:
                wrong.append(f"{name} is {'not in the copy' if here is None else 'missing'}")
            elif here.rows != there.rows:
                wrong.append(f"{name} has {there.rows:,} rows instead of {here.rows:,}")
            elif here != there:
                wrong.append(f"{name} has {there.rows:,} rows, but other contents")
        return wrong


def beside(copy: Path) -> Path:
    """Return where the manifest of a copy lies."""
    return copy.with_name(f"{copy.name}.json")


def write(manifest: Manifest, copy: Path) -> None:
    """Put the manifest beside its copy."""
    path = beside(copy)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")


def read(copy: Path) -> Manifest | None:
    """Return the manifest beside a copy, None where there is none; raises CannotCare for one that says nothing."""
    try:
        said: dict[str, Any] = json.loads(beside(copy).read_text("utf-8"))
        tables = {name: Contents(**each) for name, each in said.pop("tables").items()}
        return Manifest(**said, tables=tables)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise CannotCare(f"{beside(copy).name} cannot be read or was damaged; take another copy") from None


def of_file(path: Path, report: Report) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    report.stage(f"reading {path.name}", path.stat().st_size)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            report.at(file.tell())
    return digest.hexdigest()


def of_postgresql(connection: Connection, report: Report) -> dict[str, Contents]:
    """Return the contents of every table as the transaction of this connection sees them."""
    connection.execute("SET LOCAL row_security = off")
    for name, value in _SAME_TEXT.items():
        connection.execute("SELECT set_config(%s, %s, true)", (name, value))
    tables = connection.execute(_TABLES).fetchall()
    report.stage("counting and adding up", len(tables))
    found = {}
    for place, (schema, name, quoted) in enumerate(tables, start=1):
        row = connection.execute(
            # The sum of sixty bits of each row's digest: the same on every version and machine, in any order.
            "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::int8::numeric), 0)"
            f" FROM {quoted} AS t"
        ).fetchone()
        assert row is not None
        found[f"{schema}.{name}"] = Contents(row[0], str(row[1]))
        report.at(place)
    return found


def of_sqlite(connection: sqlite3.Connection, report: Report) -> dict[str, Contents]:
    """Return the contents of every table as this connection sees them."""
    listed = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    names = [row[0] for row in connection.execute(listed)]
    report.stage("counting and adding up", len(names))
    found = {}
    for place, name in enumerate(names, start=1):
        found[name] = _sqlite_table(connection, name)
        report.at(place)
    return found


def _sqlite_table(connection: sqlite3.Connection, name: str) -> Contents:
    digest, count = hashlib.sha256(), 0
    # A copy has its rows in the order of the file it was made from, so a digest over all of them in turn will do.
    for rows in _batches(connection.execute(f'SELECT * FROM "{name}"')):
        count += len(rows)
        # Version 2 writes equal values as equal bytes, however they are shared in memory.
        digest.update(marshal.dumps(rows, 2))
    return Contents(count, digest.hexdigest())


def _batches(cursor: sqlite3.Cursor) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_BATCH):
        yield rows
