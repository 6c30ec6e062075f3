"""The one file that knows how SQLite and PostgreSQL differ; everything else reads the same on both."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
    Text,
    bindparam,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from nicu_dashboard.adapters.sql.columns import Instant
from nicu_dashboard.adapters.sql.sending import Row, arrays, kind, with_json_as_text

# Advisory locks of this program on PostgreSQL; babies share them, so that a large tick cannot fill the lock table.
_LOCK_SPACE = 0x4E494355
_LOCKS = 64
_SQLITE_NOW = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


def is_postgresql(connection: Connection) -> bool:
    """Return whether this is PostgreSQL; ask only where no function of this file will do."""
    return connection.dialect.name == "postgresql"


# Expressions


class bucket_of(FunctionElement[int]):  # noqa: N801 (reads like a function in SQL)
    """The start of the bucket of `step_ms` that holds an instant; buckets count from 1970-01-01T00:00Z."""

    type = Instant
    inherit_cache = True
    name = "bucket_of"

    def __init__(self, column: ColumnElement[int], step_ms: int) -> None:
        """Take an instant column and the length of a bucket."""
        self.step_ms = int(step_ms)
        super().__init__(column, text(str(self.step_ms)))


@compiles(bucket_of, "sqlite")
def _bucket_of_sqlite(element: bucket_of, compiler: SQLCompiler, **options: Any) -> str:
    column, step = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} - {column} % {step})"


@compiles(bucket_of, "postgresql")
def _bucket_of_postgresql(element: bucket_of, compiler: SQLCompiler, **options: Any) -> str:
    column, step = (compiler.process(part, **options) for part in element.clauses)
    return f"date_bin(interval '{step} milliseconds', {column}, timestamptz '1970-01-01 00:00:00+00')"


class has_key(FunctionElement[bool]):  # noqa: N801 (reads like a function in SQL)
    """Whether a JSON object has a key."""

    inherit_cache = True
    name = "has_key"


@compiles(has_key, "sqlite")
def _has_key_sqlite(element: has_key, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(part, **options) for part in element.clauses)
    return f"(json_extract({column}, '$.' || {key}) IS NOT NULL)"


@compiles(has_key, "postgresql")
def _has_key_postgresql(element: has_key, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(part, **options) for part in element.clauses)
    return f"jsonb_exists({column}, {key})"


class _Ids(TypeDecorator[Sequence[int]]):
    """Ids as one parameter, however many: an array in PostgreSQL's writing, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str | None:
        """Return the ids as text."""
        listed = ",".join(map(str, value or ()))
        return f"{{{listed}}}" if dialect.name == "postgresql" else f"[{listed}]"


class is_one_of(FunctionElement[bool]):  # noqa: N801 (reads like a function in SQL)
    """Whether a column holds one of these ids: four hundred parameters cost the driver more than the query."""

    inherit_cache = True
    name = "is_one_of"

    def __init__(self, column: ColumnElement[int], ids: Iterable[int] | str) -> None:
        """Take an integer column and the ids, or the name under which they are given when the query is asked."""
        given = bindparam(ids, type_=_Ids) if isinstance(ids, str) else bindparam(None, list(ids), type_=_Ids)
        super().__init__(column, given)


@compiles(is_one_of, "sqlite")
def _is_one_of_sqlite(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


@compiles(is_one_of, "postgresql")
def _is_one_of_postgresql(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY (CAST({ids} AS bigint[]))"


def newest_rows(
    postgres: bool, table: Table, key: Column[Any], at: Column[Any], owner: Column[Any], windowed: bool
) -> Select[Any]:
    """Return the query for the row of the greatest `at` of each owner: one descent of an index for each.

    A window, given as `newest_from` and `newest_to` when it is asked, leaves out what is earlier or later: PostgreSQL
    then opens the partitions of that time alone.
    """
    mine = select(table).where(key == owner).order_by(at.desc()).limit(1)
    if windowed:
        mine = mine.where(at >= bindparam("newest_from"), at < bindparam("newest_to"))
    if postgres:
        newest = mine.correlate(owner.table).lateral("newest")
        return select(newest).select_from(owner.table).join(newest, true())
    found = mine.with_only_columns(table.c.id).correlate(owner.table).scalar_subquery()
    return select(table).join(owner.table, table.c.id == found)


class from_now(FunctionElement[int]):  # noqa: N801 (reads like a function in SQL)
    """The instant so many ms from now by the clock of the database, which all its clients share."""

    type = Instant
    inherit_cache = True
    name = "from_now"

    def __init__(self, ms: int = 0) -> None:
        """Take how far ahead, ms."""
        super().__init__(text(str(int(ms))))


@compiles(from_now, "sqlite")
def _from_now_sqlite(element: from_now, compiler: SQLCompiler, **options: Any) -> str:
    (ms,) = (compiler.process(part, **options) for part in element.clauses)
    return f"({_SQLITE_NOW} + {ms})"


@compiles(from_now, "postgresql")
def _from_now_postgresql(element: from_now, compiler: SQLCompiler, **options: Any) -> str:
    (ms,) = (compiler.process(part, **options) for part in element.clauses)
    return f"(date_trunc('milliseconds', clock_timestamp()) + interval '{ms} milliseconds')"


# Writing


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if is_postgresql(connection) else sqlite.insert(table)


def replace(
    connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[dict[str, Any]], keep: Iterable[str] = ()
) -> None:
    """Insert rows, or give the row of the same key the new values, except those of the columns to keep."""
    if not rows:
        return
    statement = insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {*keys, *keep}}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=keys),
        rows,
    )


def insert_new(
    connection: Connection, table: Table, keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]
) -> list[bool]:
    """Insert the rows whose key is not there yet; return for each whether it was new. No two rows may share a key.

    The key is named: where the index that keeps it unique is missing the database refuses, and nothing is stored twice.
    """
    if not rows:
        return []
    if not is_postgresql(connection):
        return _insert_new_sqlite(connection, table, tuple(columns), _unless_there(keys), rows)
    inserted = connection.exec_driver_sql(inserting_new(table, keys, columns), arrays(table, columns, rows))
    if inserted.rowcount == len(rows):  # nearly always; to look at each of the keys takes longer than to send them
        inserted.close()
        return [True] * len(rows)
    fresh = {tuple(row) for row in inserted}
    places = [columns.index(key) for key in keys]
    return [tuple(row[place] for place in places) in fresh for row in rows]


def inserting_new(table: Table, keys: Sequence[str], columns: Sequence[str]) -> str:
    """Return the statement of PostgreSQL that inserts arrays where their key is not there, and returns the new keys."""
    return f"{_insertarrays(table, tuple(columns))}{_unless_there(keys)} RETURNING {_as_sent(table, keys)}"


def _unless_there(keys: Sequence[str]) -> str:
    return f" ON CONFLICT ({', '.join(keys)}) DO NOTHING"


def merge_buckets(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows (patient, bucket, parameter, min, max, sum, n_valid, n_expected) to what the buckets already hold."""
    if not rows:
        return
    columns = ("patient_id", "bucket_at", "parameter", "min", "max", "sum", "n_valid", "n_expected")
    if is_postgresql(connection):
        merge = _merge(table, "LEAST({0}, {1})", "GREATEST({0}, {1})")
        connection.exec_driver_sql(_insertarrays(table, columns) + merge, arrays(table, columns, rows))
        return
    lower, higher = (f"{side}(coalesce({{0}}, {{1}}), coalesce({{1}}, {{0}}))" for side in ("min", "max"))
    connection.exec_driver_sql(_insert_values(table, columns) + _merge(table, lower, higher), list(rows))


def lock_patients(connection: Connection, patient_ids: Iterable[int]) -> None:
    """Hold off other writers of these babies until the transaction ends (SQLite has one writer anyway)."""
    if is_postgresql(connection):
        slots = sorted({patient_id % _LOCKS for patient_id in patient_ids})
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, slot) FROM unnest(%s::int[]) AS slot", (slots,)
        ).all()


def wait_briefly(connection: Connection) -> None:
    """Have this transaction wait for locks no more than a moment (SQLite has the only lock already)."""
    if is_postgresql(connection):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")


# Processes


def hold_epoch(connection: Connection, unit_id: int, epoch: int, frozen_ms: int | None) -> bool:
    """Return whether the lease is of this epoch; it stays so until the transaction ends.

    A process that freezes here would keep others from the lease: PostgreSQL ends its session after `frozen_ms`.
    """
    if not is_postgresql(connection):
        held = "SELECT 1 FROM lease WHERE unit_id = ? AND epoch = ?"
        return connection.exec_driver_sql(held, (unit_id, epoch)).first() is not None
    limit = f"set_config('idle_in_transaction_session_timeout', '{frozen_ms}', true)" if frozen_ms else "1"
    held = f"SELECT {limit} FROM lease WHERE unit_id = %s AND epoch = %s FOR SHARE"
    return connection.exec_driver_sql(held, (unit_id, epoch)).first() is not None


def put_snapshot(connection: Connection, channel: str, unit_id: int, epoch: int, seq: int, packed: bytes) -> bool:
    """Replace the unit's snapshot if the lease is of this epoch, tell the channel, and return whether it was replaced.

    A snapshot lives for a second: on PostgreSQL its transaction waits for no disk.
    """
    postgres = is_postgresql(connection)
    mark, now = ("%s", "date_trunc('milliseconds', clock_timestamp())") if postgres else ("?", _SQLITE_NOW)
    put = (
        f"INSERT INTO live_snapshot (unit_id, seq, at, payload) SELECT unit_id, {mark}, {now}, {mark} FROM lease"
        f" WHERE unit_id = {mark} AND epoch = {mark} ON CONFLICT (unit_id) DO UPDATE"
        " SET seq = excluded.seq, at = excluded.at, payload = excluded.payload RETURNING unit_id"
    )
    if postgres:
        tell = f"pg_notify('{channel}', unit_id::text), set_config('synchronous_commit', 'off', true)"
        put = f"WITH put AS ({put}) SELECT {tell} FROM put"
    return connection.exec_driver_sql(put, (seq, packed, unit_id, epoch)).first() is not None


def _merge(table: Table, lower: str, higher: str) -> str:
    name = table.name
    smaller = f"{name}.n_expected < excluded.n_expected"
    return (
        " ON CONFLICT (patient_id, bucket_at, parameter) DO UPDATE SET"
        f" min = {lower.format(f'{name}.min', 'excluded.min')}, max = {higher.format(f'{name}.max', 'excluded.max')},"
        # Both sums are whole thousandths: added as integers they stay exact, whatever the order.
        f" sum = (round({name}.sum * 1000) + round(excluded.sum * 1000)) / 1000.0,"
        f" n_valid = {name}.n_valid + excluded.n_valid,"
        f" n_expected = CASE WHEN {smaller} THEN excluded.n_expected ELSE {name}.n_expected END"
    )


def _insert_new_sqlite(
    connection: Connection, table: Table, columns: tuple[str, ...], unless_there: str, rows: Sequence[Row]
) -> list[bool]:
    # One prepared statement and its row count per reading: 16 µs each, and the exact way to learn which were new.
    statement = _insert_values(table, columns) + unless_there
    cursor = connection.connection.cursor()
    try:
        return [cursor.execute(statement, row).rowcount == 1 for row in with_json_as_text(table, columns, rows)]
    finally:
        cursor.close()


@lru_cache
def _insert_values(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


@lru_cache
def _insertarrays(table: Table, columns: tuple[str, ...]) -> str:
    """Return INSERT … SELECT from one array per column: far less time than a row at a time."""
    arrays = ", ".join(f"%s::{_SENT_AS.get(kind(table.c[name]), 'float8')}[]" for name in columns)
    given = ", ".join(_RECEIVED.get(kind(table.c[name]), "{}").format(f"given.{name}") for name in columns)
    names = ", ".join(columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {given} FROM unnest({arrays}) AS given ({names})"


# Whole milliseconds times an interval stay exact: both are integers of microseconds below 2^53.
_RECEIVED = {"instant": "timestamptz 'epoch' + {} * interval '1 millisecond'", "json": "{}::jsonb"}
_SENT_AS = {"instant": "int8", "integer": "int8", "text": "text", "json": "text"}


def _as_sent(table: Table, columns: Sequence[str]) -> str:
    """Return the columns as we sent them: instants as epoch ms."""
    ms = "(extract(epoch FROM {0}) * 1000)::int8 AS {0}"
    return ", ".join(ms.format(name) if kind(table.c[name]) == "instant" else name for name in columns)
