"""One pass: what changed in a followed source since the last one goes into the target, and is compared."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from nicu_dashboard.migration.canonical import canonical_json
from nicu_dashboard.migration.comparing import NO_ROW, Difference
from nicu_dashboard.migration.copying import copy_in
from nicu_dashboard.migration.emptied import emptied
from nicu_dashboard.migration.errors import RowsRejected, Unfit
from nicu_dashboard.migration.exact import ExactRow, RowEncoder
from nicu_dashboard.migration.finish import set_sequences
from nicu_dashboard.migration.following import APPENDED, key_of, notes_of, sequences_of
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.kinds import SqliteValue, codec
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.reading_back import messages
from nicu_dashboard.migration.rejects import Reject, shown_key
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import HEADER, TRAILER, fields_of, row_bytes, rows_of

BATCH_ROWS = 20_000
FOREIGN = """
SELECT t.oid::regclass::text, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = %s AND c.contype = 'f' AND c.conparentid = 0
    ORDER BY 1, 2
"""
Key = tuple[SqliteValue, ...]


@dataclass
class Pass:
    """One pass over a source that stands still for it: a snapshot, or a connection inside a transaction."""

    source: sqlite3.Connection
    target: Connection
    run: Run
    changed: int = 0
    appended: int = 0
    brought: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many keys and rows this pass has brought."""
        return self.changed + self.appended

    def bring(self, compare: bool = True) -> None:
        """Bring everything and compare it; raises RowsRejected under `--on-reject stop`."""
        marks = Marks(self.target, self.run.id)
        with self.target.transaction():
            Journal(self.target).fence(self.run.id, self.run.epoch)
            before = marks.marks()
            gone = emptied(self.target, self.run.plan.tables)
            tables = [table for table in self.run.plan.tables if table not in gone]
            noted = {table.source: keys for table in tables if (keys := self._noted(table, before))}
            if noted:
                self._replace(noted)
            for table in gone:
                self._insert(table, all_rows(self.source, table))
        self.brought.update({name: len(keys) for name, keys in noted.items()})
        self.changed = self.brought.total()
        for table in self.run.plan.tables:
            if table.source in APPENDED:
                self._append(table, marks, before.get(table.source, 0))
        with self.target.transaction():
            Journal(self.target).fence(self.run.id, self.run.epoch)
            last = sequences_of(self.source)
            set_sequences(
                self.target, tuple(replace(item, sequence=last.get(item.source, 0)) for item in self.run.plan.tables)
            )
            marks.count_pass()
        if compare:
            self._compare(noted, before)

    def _noted(self, table: TablePlan, before: dict[str, int]) -> list[Key]:
        key = key_of(table.source)
        below = f" WHERE {quoted(key[0])} <= {before.get(table.source, 0)}" if table.source in APPENDED else ""
        return self.source.execute(f"SELECT {quoted_list(key)} FROM {notes_of(table.source)}{below}").fetchall()

    def _replace(self, noted: dict[str, list[Key]]) -> None:
        """Take the noted rows out of the target and put in what the source holds under these keys now."""
        with _deferred(self.target, self.run.plan.schema):
            tables = [table for table in self.run.plan.tables if table.source in noted]
            for table in tables:
                keep_keys(self.target, table, noted[table.source])
                same = " AND ".join(f"t.{quoted(part)} = k.{quoted(part)}" for part in key_of(table.source))
                self.target.execute(f"DELETE FROM {table.target} t USING {_keys_table(table)} k WHERE {same}".encode())
            for table in tables:
                below = 0 if table.source not in APPENDED else self._mark(table)
                self._insert(table, noted_rows(self.source, table, below))

    def _mark(self, table: TablePlan) -> int:
        return Marks(self.target, self.run.id).marks().get(table.source, 0)

    def _append(self, table: TablePlan, marks: Marks, after: int) -> None:
        rows = appended_rows(self.source, table, after)
        while batch := list(islice(rows, BATCH_ROWS)):
            with self.target.transaction():
                Journal(self.target).fence(self.run.id, self.run.epoch)
                self._insert(table, batch)
                marks.set_mark(table.source, batch[-1].row_id or 0)
            self.appended += len(batch)
            self.brought[table.source] += len(batch)

    def _insert(self, table: TablePlan, rows: Iterable[ExactRow]) -> None:
        good, bad = list[bytes](), list[Reject]()
        for row in rows:
            if row.wire is not None:
                good.append(row.wire)
            elif row.reject is not None:
                bad.append(row.reject)
        self.rejects += bad
        if bad and self.run.on_reject == "stop":
            raise RowsRejected(
                "rows were met that the target cannot hold; this pass brought nothing of them.",
                "Mend them in the source, and repeat.",
            )
        Journal(self.target).add_rejects(self.run.id, bad)
        if good:
            with self.target.cursor().copy(copy_in(table)) as copy:
                copy.write(b"".join([HEADER, *good, TRAILER]))

    def _compare(self, noted: dict[str, list[Key]], before: dict[str, int]) -> None:
        """Read back every row this pass was about, from both sides."""
        with self.target.transaction():
            for table in self.run.plan.tables:
                if keys := noted.get(table.source):
                    keep_keys(self.target, table, keys)
                    below = before.get(table.source, 0)
                    self.differences += differing(
                        table, noted_rows(self.source, table, below), read_noted(self.target, table)
                    )
                if table.source in APPENDED:
                    self._compare_appended(table, before.get(table.source, 0))

    def _compare_appended(self, table: TablePlan, after: int) -> None:
        number, rows = quoted(APPENDED[table.source]), appended_rows(self.source, table, after)
        while batch := list(islice(rows, BATCH_ROWS)):
            last = batch[-1].row_id or 0
            theirs = _read(self.target, table, f"WHERE {number} > {after} AND {number} <= {last}")
            self.differences += differing(table, batch, theirs)
            after = last
        self.differences += differing(table, (), _read(self.target, table, f"WHERE {number} > {after}"))

    def compare_whole(self, most_rows: int) -> list[str]:
        """Compare every row of the tables that hold few; return their names."""
        names = []
        with self.target.transaction():
            for table in self.run.plan.tables:
                count = f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table.source)} LIMIT {most_rows + 1})"
                if self.source.execute(count).fetchone()[0] <= most_rows:
                    self.differences += differing(table, all_rows(self.source, table), _read(self.target, table, ""))
                    names.append(table.source)
        return names


class _deferred:  # noqa: N801 (reads like a clause)
    """Foreign keys are checked when the block ends, so that a row may be taken out and put in again."""

    def __init__(self, target: Connection, schema: str) -> None:
        self.target = target
        self.keys = [(str(table), str(name)) for table, name in target.execute(FOREIGN, (schema,)).fetchall()]

    def __enter__(self) -> None:
        self._alter("DEFERRABLE")
        self.target.execute("SET CONSTRAINTS ALL DEFERRED")

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.target.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self._alter("NOT DEFERRABLE")

    def _alter(self, how: str) -> None:
        for table, name in self.keys:
            self.target.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {quoted(name)} {how}".encode())


def _keys_table(table: TablePlan) -> str:
    return f"pg_temp.{quoted('moving_' + table.name)}"


def keep_keys(target: Connection, table: TablePlan, keys: Sequence[Key]) -> None:
    """Put keys into a temporary table of the target, in the caller's transaction."""
    parts = key_of(table.source)
    columns = [column for part in parts for column in table.columns if column.source == part]
    encoders = [codec(column.kind)[0] for column in columns]
    name = _keys_table(table)
    target.execute(f"DROP TABLE IF EXISTS {name}".encode())
    target.execute(
        f"CREATE TEMP TABLE {quoted('moving_' + table.name)} ON COMMIT DROP AS SELECT {quoted_list(parts)}"
        f" FROM {table.target} WITH NO DATA".encode()
    )
    pieces = []
    for key in keys:
        try:
            pieces.append(row_bytes([encode(value) for encode, value in zip(encoders, key, strict=True)]))
        except Unfit:
            continue  # such a key never came into the target
    with target.cursor().copy(f"COPY {name} FROM STDIN (FORMAT binary)".encode()) as copy:
        copy.write(b"".join([HEADER, *pieces, TRAILER]))
    target.execute(f"ANALYZE {name}".encode())


def read_noted(target: Connection, table: TablePlan) -> Iterator[bytes]:
    """Yield the target's rows under the keys of keep_keys."""
    return _read(target, table, _by_key(table))


def _by_key(table: TablePlan) -> str:
    same = " AND ".join(f"t.{quoted(part)} = k.{quoted(part)}" for part in key_of(table.source))
    return f"WHERE EXISTS (SELECT FROM {_keys_table(table)} k WHERE {same})"


def _select(table: TablePlan, tail: str) -> str:
    row_id = f"t.{quoted(table.rowid)}" if table.rowid else "NULL"
    columns = ", ".join(f"t.{column.read}" for column in table.columns)
    return f"SELECT {row_id}, {columns} FROM {quoted(table.source)} t {tail}"


def _encoded(source: sqlite3.Connection, table: TablePlan, tail: str) -> Iterator[ExactRow]:
    encoder = RowEncoder(table)
    for row in source.execute(_select(table, tail)):
        yield encoder.row(row[0], row[1:])


def noted_rows(source: sqlite3.Connection, table: TablePlan, mark: int) -> Iterator[ExactRow]:
    """Yield the source's rows whose key is noted; of an appended table those up to the mark."""
    key = key_of(table.source)
    same = " AND ".join(f"t.{quoted(part)} = n.{quoted(part)}" for part in key)
    below = f" WHERE t.{quoted(key[0])} <= {mark}" if table.source in APPENDED else ""
    return _encoded(source, table, f"JOIN {notes_of(table.source)} n ON {same}{below}")


def appended_rows(source: sqlite3.Connection, table: TablePlan, after: int) -> Iterator[ExactRow]:
    """Yield the rows of an appended table after a mark, in order."""
    number = f"t.{quoted(APPENDED[table.source])}"
    return _encoded(source, table, f"WHERE {number} > {after} ORDER BY {number}")


def all_rows(source: sqlite3.Connection, table: TablePlan) -> Iterator[ExactRow]:
    """Yield every row of the source."""
    return _encoded(source, table, "")


def _read(target: Connection, table: TablePlan, tail: str) -> Iterator[bytes]:
    columns = ", ".join(f"t.{quoted(column.name)}" for column in table.columns)
    return rows_of(
        messages(target, f"COPY (SELECT {columns} FROM {table.target} t {tail}) TO STDOUT (FORMAT binary)".encode())
    )


def differing(table: TablePlan, ours: Iterable[ExactRow], theirs: Iterable[bytes]) -> list[Difference]:
    """Return what is on one side only, rows taken as a bag; rejected rows are told elsewhere."""
    json_at = [place for place, column in enumerate(table.columns) if column.kind.name == "jsonb"]
    left = Counter(_canonical(wire, json_at) for wire in theirs)
    missing = list[ExactRow]()
    for row in ours:
        if row.wire is None:
            continue
        canonical = _canonical(row.wire, json_at)
        if left[canonical] > 0:
            left[canonical] -= 1
        else:
            missing.append(row)
    return [_missing(table, row) for row in missing] + [_extra(table, wire) for wire in left.elements()]


def _canonical(wire: bytes, json_at: Sequence[int]) -> bytes:
    """Return a row with JSON in one form: jsonb sorts keys and spaces anew."""
    if not json_at:
        return wire
    fields = fields_of(wire)
    for place in json_at:
        raw = fields[place]
        if raw is not None:
            fields[place] = canonical_json(raw[1:])
    return row_bytes(fields)


def _missing(table: TablePlan, row: ExactRow) -> Difference:
    places = {column.source: place for place, column in enumerate(table.columns)}
    key = shown_key(table.key, [row.values[places[part]] for part in table.key], row.row_id)
    return Difference(table.source, key, "", repr(row.values), NO_ROW)


def _extra(table: TablePlan, canonical: bytes) -> Difference:
    fields = dict(zip([column.source for column in table.columns], fields_of(canonical), strict=True))
    kinds = {column.source: column.kind for column in table.columns}
    key = [None if (raw := fields[part]) is None else codec(kinds[part])[1](raw) for part in table.key]
    return Difference(table.source, shown_key(table.key, key, None), "", NO_ROW, "(another row)")
