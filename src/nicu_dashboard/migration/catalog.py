"""The schema of a SQLite file, read once into plain records."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field

from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.sqltext import TableText, keys_of_index, module_of, read_table_text, where_of_index

MARKS = ("auto_vacuum", "application_id", "user_version")
"""By `user_version` many a program tells how far its tables are: with 0 it would make them again."""
ROWID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True)
class SourceColumn:
    """One column: `key` is its place in the primary key from 1, or 0; `generated` its expression."""

    name: str
    declared: str
    affinity: str
    not_null: bool
    default: str | None
    key: int
    collation: str
    generated: str | None


@dataclass(frozen=True)
class SourceForeignKey:
    """One foreign key; `parent_columns` empty means the parent's primary key."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_update: str
    on_delete: str
    deferred: bool


@dataclass(frozen=True)
class SourceIndexKey:
    """One key of an index: a column, or an expression as it is written."""

    column: str | None
    expression: str
    descending: bool
    collation: str


@dataclass(frozen=True)
class SourceIndex:
    """One index: `origin` is c (CREATE INDEX), u (UNIQUE) or pk."""

    name: str
    unique: bool
    origin: str
    keys: tuple[SourceIndexKey, ...]
    where: str | None


@dataclass(frozen=True)
class SourceTable:
    """One table; `rowid` is a name that reaches its row id (None without), `alias` the column that is the row id."""

    name: str
    virtual: bool
    strict: bool
    rowid: str | None
    alias: str | None
    autoincrement: bool
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...]
    checks: tuple[str, ...]
    foreign_keys: tuple[SourceForeignKey, ...]
    indexes: tuple[SourceIndex, ...]

    def is_unique_alone(self, column: str) -> bool:
        """Return whether no two rows may hold the same value of one column."""
        keys = [tuple((key.column or "").lower() for key in index.keys) for index in self.indexes if index.unique]
        return (column.lower(),) in keys

    @property
    def sorted_columns(self) -> frozenset[str]:
        """Return the columns that a key or an index sorts, in lower case."""
        keys = [key.column or "" for index in self.indexes for key in index.keys]
        return frozenset(name.lower() for name in (*self.key, *keys))


@dataclass(frozen=True)
class SourceObject:
    """One row of sqlite_schema, as needed to build the file again."""

    kind: str
    name: str
    table: str
    sql: str


@dataclass(frozen=True)
class Catalog:
    """Everything the file declares."""

    tables: tuple[SourceTable, ...]
    objects: tuple[SourceObject, ...]
    sequences: dict[str, int]
    page_size: int
    encoding: str
    marks: dict[str, int] = field(default_factory=dict)
    """What programs write into the head of a file, by its pragma (see MARKS)."""


def affinity_of(declared: str) -> str:
    """Return SQLite's affinity of a declared type: INTEGER, TEXT, BLOB, REAL or NUMERIC."""
    upper = declared.upper()
    if "INT" in upper:
        return "INTEGER"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not upper or "BLOB" in upper:
        return "BLOB"
    return "REAL" if any(part in upper for part in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def column_affinity(declared: str, strict: bool) -> str:
    """Return the affinity of a column; the type ANY of a STRICT table has none."""
    return "BLOB" if strict and declared.upper() == "ANY" else affinity_of(declared)


def read_catalog(connection: sqlite3.Connection) -> Catalog:
    """Return the schema of the main database, tables in the order of their names."""
    objects = tuple(
        SourceObject(*row)
        for row in connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        )
    )
    texts = {item.name: item.sql for item in objects}
    listed = connection.execute(
        "SELECT name, type, wr, strict FROM pragma_table_list"
        " WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    ).fetchall()
    tables = tuple(
        _read_table(connection, name, kind == "virtual", bool(without_rowid), bool(strict), texts)
        for name, kind, without_rowid, strict in listed
    )
    page_size = connection.execute("PRAGMA page_size").fetchone()[0]
    encoding = connection.execute("PRAGMA encoding").fetchone()[0]
    marks = {name: int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in MARKS}
    return Catalog(tables, objects, _read_sequences(connection), page_size, encoding, marks)


def _read_sequences(connection: sqlite3.Connection) -> dict[str, int]:
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone()
    rows = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall() if known else []
    return {name: seq for name, seq in rows if isinstance(name, str) and isinstance(seq, int)}


def _read_table(
    connection: sqlite3.Connection, name: str, virtual: bool, without_rowid: bool, strict: bool, texts: dict[str, str]
) -> SourceTable:
    if virtual and not _can_be_read(connection, name):
        return SourceTable(name, True, False, None, None, False, (), (), (), (), ())
    text = TableText() if virtual else read_table_text(texts[name])
    columns = _read_columns(connection, name, strict, text)
    if virtual:
        columns = _with_row_id(tuple(column for column in columns if column.name), texts[name])
    key = tuple(column.name for column in sorted(columns, key=lambda column: column.key) if column.key)
    indexes = _read_indexes(connection, name, texts)
    taken = {column.name.lower() for column in columns}
    rowid = None if without_rowid else next((alias for alias in ROWID_NAMES if alias not in taken), None)
    keyed = any(index.origin == "pk" for index in indexes)
    is_alias = len(key) == 1 and not keyed and not without_rowid and _declared(columns, key[0]).upper() == "INTEGER"
    return SourceTable(
        name, virtual, strict, key[0] if is_alias and rowid is None else rowid, key[0] if is_alias else None,
        text.autoincrement, columns, key, tuple(text.checks),
        _read_foreign_keys(connection, name, text.deferred), indexes,
    )  # fmt: skip


def _can_be_read(connection: sqlite3.Connection, table: str) -> bool:
    """Return whether the module of a virtual table is at hand."""
    try:
        connection.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    except sqlite3.OperationalError:
        return False
    return True


def _with_row_id(columns: tuple[SourceColumn, ...], text: str) -> tuple[SourceColumn, ...]:
    """Return the columns of a virtual table; of a full-text search the row id too, by which others point at it."""
    if not module_of(text).startswith("fts") or any(column.name.lower() == "rowid" for column in columns):
        return columns
    return (SourceColumn("rowid", "INTEGER", "INTEGER", False, None, 0, "BINARY", None), *columns)


def _declared(columns: tuple[SourceColumn, ...], name: str) -> str:
    return next(column.declared for column in columns if column.name == name)


def _read_columns(
    connection: sqlite3.Connection, table: str, strict: bool, text: TableText
) -> tuple[SourceColumn, ...]:
    said = {column.name.lower(): column for column in text.columns}
    found = []
    for _, name, declared, not_null, default, key, hidden in connection.execute(f"PRAGMA table_xinfo({quoted(table)})"):
        if hidden == 1:
            continue
        own = said.get(name.lower())
        generated = (own.generated if own else None) if hidden in (2, 3) else None
        plain = re.sub(r"(?i)\s*generated\s+always\s*$", "", declared)
        found.append(
            SourceColumn(
                name, plain, column_affinity(plain, strict), bool(not_null), default, key,
                own.collation if own else "BINARY", generated,
            )
        )  # fmt: skip
    return tuple(found)


def _read_foreign_keys(connection: sqlite3.Connection, table: str, deferred: bool) -> tuple[SourceForeignKey, ...]:
    rows = connection.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
    found = []
    for number in sorted({row[0] for row in rows}):
        parts = sorted((row for row in rows if row[0] == number), key=lambda row: int(row[1]))
        to = tuple(row[4] for row in parts if row[4] is not None)
        found.append(
            SourceForeignKey(tuple(row[3] for row in parts), parts[0][2], to, parts[0][5], parts[0][6], deferred)
        )
    return tuple(found)


def _read_indexes(connection: sqlite3.Connection, table: str, texts: dict[str, str]) -> tuple[SourceIndex, ...]:
    found = []
    for _, name, unique, origin, _partial in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        text = texts.get(name, "")
        written = keys_of_index(text)
        keys = tuple(
            SourceIndexKey(column, written[place] if place < len(written) else "", bool(descending), collation)
            for place, _, column, descending, collation, is_key in connection.execute(
                f"PRAGMA index_xinfo({quoted(name)})"
            )
            if is_key
        )
        found.append(SourceIndex(name, bool(unique), origin, keys, where_of_index(text)))
    return tuple(sorted(found, key=lambda index: index.name))
