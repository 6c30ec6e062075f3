"""The way back: what PostgreSQL holds now into a new SQLite file of the old shape, verified value by value."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from nicu_dashboard.adapters.sql.moved import MOVED_TABLE
from nicu_dashboard.migration.catalog import SourceObject
from nicu_dashboard.migration.chunks import chunks_to_compare, is_broken
from nicu_dashboard.migration.comparing import NO_ROW, ChunkComparer, Difference, copy_out
from nicu_dashboard.migration.copying import ChunkCopier
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.finish import last_id
from nicu_dashboard.migration.kinds import SqliteValue, codec
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import ColumnPlan, NotCarried, Plan, TablePlan
from nicu_dashboard.migration.progress import Progress
from nicu_dashboard.migration.rejects import Reject, image_of, raw_of, shown_key, values_of
from nicu_dashboard.migration.source import faults_of, open_snapshot
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import fields_of, rows_of

BATCH_ROWS = 5_000


@dataclass
class WayBack:
    """One roll-back. The connection must be in one read-only REPEATABLE READ transaction."""

    connection: Connection
    plan: Plan
    rejects: Sequence[Reject]
    progress: Progress
    unfit: list[Reject] = field(default_factory=list)
    lost: list[NotCarried] = field(default_factory=list)
    counted: list[TablePlan] = field(default_factory=list)
    moved_from: str = ""
    """The path of the file that a dashboard's own tables came from, "" where none is known."""

    def write(self, path: Path) -> None:
        """Write the new file, which must not exist (mode 0600); what SQLite cannot hold is kept in `unfit`."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self.progress.start("copy", sum(table.rows for table in self.plan.tables), "rows")
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            for setting in (
                "synchronous = OFF",
                f"page_size = {self.plan.page_size}",
                f"encoding = '{self.plan.encoding}'",
                *(f"{name} = {value}" for name, value in self.plan.marks.items()),
            ):
                file.execute(f"PRAGMA {setting}")
            file.execute("BEGIN")
            self._create(file, ("table",))
            for table in self.plan.tables:
                self.counted.append(replace(table, rows=self._fill(file, table)))
            self._set_sequences(file)
            self._create(file, ("index", "trigger", "view"))
            file.execute("COMMIT")
        self.progress.finish("copy")

    def _create(self, file: sqlite3.Connection, kinds: tuple[str, ...]) -> None:
        for item in self.plan.objects:
            if item.kind in kinds and not item.name.startswith("sqlite_") and not self._exists(file, item):
                try:
                    file.execute(item.sql)
                except sqlite3.OperationalError as error:
                    if "no such module" not in str(error):
                        raise
                    _declare(file, item)

    def _exists(self, file: sqlite3.Connection, item: SourceObject) -> bool:
        """Return whether a virtual table has already made this one of its own."""
        found = file.execute("SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ?", (item.kind, item.name))
        return found.fetchone() is not None

    def _fill(self, file: sqlite3.Connection, table: TablePlan) -> int:
        columns = [column.source for column in _stored(table)]
        statement = (
            f"INSERT INTO {quoted(table.source)} ({quoted_list(columns)}) VALUES ({', '.join('?' * len(columns))})"
        )
        rows, source = 0, self._rows(table)
        while batch := list(islice(source, BATCH_ROWS)):
            rows += self._insert(file, statement, table, batch)
            self.progress.advance("copy", len(batch), table.source)
        for reject in (item for item in self.rejects if item.table == table.source):
            rows += self._restore(file, statement, table, reject)
        return rows

    def _insert(
        self, file: sqlite3.Connection, statement: str, table: TablePlan, batch: Sequence[list[SqliteValue]]
    ) -> int:
        """Insert rows and return how many; those that a rule of the file refuses are kept in `unfit`."""
        file.execute("SAVEPOINT batch")
        try:
            file.executemany(statement, batch)
        except sqlite3.IntegrityError:
            file.execute("ROLLBACK TO batch")
        else:
            file.execute("RELEASE batch")
            return len(batch)
        file.execute("RELEASE batch")
        return sum(self._insert_one(file, statement, table, values) for values in batch)

    def _insert_one(self, file: sqlite3.Connection, statement: str, table: TablePlan, values: list[SqliteValue]) -> int:
        try:
            return file.execute(statement, values).rowcount
        except sqlite3.IntegrityError as error:
            places = {column.source: place for place, column in enumerate(_stored(table))}
            key = shown_key(table.key, [values[places[name]] for name in table.key], None)
            reason = f"SQLite refuses the row: {error}"
            self.unfit.append(Reject(table.source, key, None, "", reason, "null", b"", image_of(values)))
            return 0

    def _rows(self, table: TablePlan) -> Iterator[list[SqliteValue]]:
        plain = replace(table, columns=_stored(table))
        decoders = [codec(column.kind)[1] for column in plain.columns]
        with self.connection.cursor().copy(copy_out(plain, None)) as copy:
            for wire in rows_of(copy):
                fields = fields_of(wire)
                try:
                    yield [None if raw is None else decode(raw) for decode, raw in zip(decoders, fields, strict=True)]
                except Unfit as reason:
                    self.unfit.append(self._unfit_row(plain, fields, str(reason)))

    def _unfit_row(self, table: TablePlan, fields: Iterable[bytes | None], reason: str) -> Reject:
        values, name = list[SqliteValue](), ""
        for column, raw in zip(table.copied, fields, strict=True):
            try:
                values.append(None if raw is None else codec(column.kind)[1](raw))
            except Unfit:
                values.append(raw)
                name = name or column.source
        places = {column.source: place for place, column in enumerate(table.copied)}
        key = shown_key(table.key, [values[places[part]] for part in table.key], None)
        return Reject(table.source, key, None, name, reason, "blob", b"", image_of(values))

    def _restore(self, file: sqlite3.Connection, statement: str, table: TablePlan, reject: Reject) -> int:
        """Put a rejected row back as it was; a row that was mended in PostgreSQL since is left as it is."""
        kept = zip(table.copied, values_of(reject.image), strict=True)
        values = [value for column, value in kept if not column.computed]
        marks = ", ".join(self._as_stored(value) if is_broken(value) else "?" for value in values)
        head = statement[: statement.rindex("(")]
        try:
            file.execute(f"{head}({marks})", [value for value in values if not is_broken(value)])
        except sqlite3.IntegrityError:
            self.lost.append(NotCarried("rejected row", f"{table.source} {reject.key}", "its key is taken by now"))
            return 0
        return 1

    def _as_stored(self, text: SqliteValue) -> str:
        """Return the expression of broken text, by the bytes that a file of this encoding keeps."""
        raw = raw_of(text)
        if self.plan.encoding != "UTF-8":
            raw = raw.decode("utf-8", "surrogatepass").encode(self.plan.encoding, "surrogatepass")
        return f"CAST(x'{raw.hex()}' AS TEXT)"  # written out: SQLite takes a bound blob for UTF-8 in any file

    def _set_sequences(self, file: sqlite3.Connection) -> None:
        if not file.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
            return
        for table in self.plan.tables:
            last = max(last_id(self.connection, table), table.sequence)
            known = file.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table.source))
            if known.rowcount == 0 and table.sequence:
                file.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.source, last))

    def verify(self, path: Path) -> list[Difference]:
        """Compare every value of the new file with the database it came from."""
        found = list[Difference]()
        self.progress.start("verify", sum(table.rows for table in self.counted), "rows")
        with ExitStack() as stack:
            file = stack.enter_context(closing(open_snapshot(path)))
            for fault in faults_of(file):
                found.append(Difference("", "", "file", fault, "sound"))
            comparer = ChunkComparer(stack.enter_context(ChunkCopier(path, self.connection, "exact")))
            for table in self.counted:
                own = [item for item in self.rejects if item.table == table.source]
                for chunk in chunks_to_compare(file, table):
                    found += comparer.compare(table, chunk, own, thorough=True).differences
                    self.progress.advance("verify", chunk.rows, table.source)
        self.progress.finish("verify")
        return found

    def is_unfit(self, difference: Difference) -> bool:
        """Return whether a missing row is one that SQLite cannot hold and that is told as such."""
        return difference.source == NO_ROW and any(
            item.table == difference.table and item.key == difference.key for item in self.unfit
        )


def _declare(file: sqlite3.Connection, item: SourceObject) -> None:
    """Write down a virtual table whose module is not at hand, for the program that has it."""
    file.execute("PRAGMA writable_schema = ON")
    file.execute("INSERT INTO sqlite_schema VALUES ('table', ?, ?, 0, ?)", (item.name, item.table, item.sql))
    file.execute("PRAGMA writable_schema = OFF")


def _stored(table: TablePlan) -> tuple[ColumnPlan, ...]:
    return tuple(column for column in table.copied if not column.computed)


def new_tables(connection: Connection, plan: Plan) -> list[NotCarried]:
    """Return the tables that came into the schema since the move: the file has no place for them."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition ORDER BY 1",
        (quoted(plan.schema),),
    ).fetchall()
    known = {*(table.name for table in plan.tables), "alembic_version", MOVED_TABLE}
    return [NotCarried("table", str(name), "it was made after the move") for (name,) in rows if name not in known]
