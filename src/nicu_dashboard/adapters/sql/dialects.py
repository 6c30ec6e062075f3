"""The one file that knows how SQLite and PostgreSQL differ; everything else reads the same on both."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Index, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from nicu_dashboard.adapters.sql.columns import Instant

Row = Sequence[Any]
# Advisory locks of this program on PostgreSQL; babies share them, so that a large tick cannot fill the lock table.
_LOCK_SPACE = 0x4E494355
_LOCKS = 64
_NOTHING = " ON CONFLICT DO NOTHING"


def is_postgresql(connection: Connection) -> bool:
    """Return whether this is PostgreSQL; ask only where no function of this file will do."""
    return connection.dialect.name == "postgresql"


# Indexes


@compiles(CreateIndex, "sqlite")
def _create_covering_index(element: CreateIndex, compiler: DDLCompiler, **options: Any) -> str:  # noqa: ANN401
    """SQLite has no INCLUDE: the included columns follow the key."""
    statement = str(compiler.visit_create_index(element, **options))  # type: ignore[no-untyped-call]
    included = element.element.info.get("included")
    return statement.removesuffix(")") + f", {', '.join(included)})" if included else statement


def covering(name: str, table: Table, key: Sequence[str], included: Sequence[str]) -> Index:
    """Return an index on `key` that carries the values of `included`."""
    expressions = [text(part) if " " in part else table.c[part] for part in key]
    return Index(name, *expressions, postgresql_include=list(included), info={"included": included}, _table=table)


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
def _bucket_of_sqlite(element: bucket_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, step = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} - {column} % {step})"


@compiles(bucket_of, "postgresql")
def _bucket_of_postgresql(element: bucket_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, step = (compiler.process(part, **options) for part in element.clauses)
    return f"date_bin(interval '{step} milliseconds', {column}, timestamptz '1970-01-01 00:00:00+00')"


class has_key(FunctionElement[bool]):  # noqa: N801 (reads like a function in SQL)
    """Whether a JSON object has a key."""

    inherit_cache = True
    name = "has_key"


@compiles(has_key, "sqlite")
def _has_key_sqlite(element: has_key, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, key = (compiler.process(part, **options) for part in element.clauses)
    return f"(json_extract({column}, '$.' || {key}) IS NOT NULL)"


@compiles(has_key, "postgresql")
def _has_key_postgresql(element: has_key, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, key = (compiler.process(part, **options) for part in element.clauses)
    return f"jsonb_exists({column}, {key})"


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
    """Insert the rows whose key is not there yet; return for each whether it was new. No two rows may share a key."""
    if not rows:
        return []
    bound = _bound(connection.dialect, table, columns, rows)
    if not is_postgresql(connection):
        return _insert_new_sqlite(connection, _sqlite_insert(table, tuple(columns)) + _NOTHING, bound)
    returned = connection.exec_driver_sql(
        f"{_unnest(connection, table, tuple(columns))}{_NOTHING} RETURNING {', '.join(keys)}", _transposed(bound)
    )
    fresh = {tuple(row) for row in returned}
    places = [columns.index(key) for key in keys]
    return [tuple(row[place] for place in places) in fresh for row in bound]


def merge_buckets(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows (patient, bucket, parameter, min, max, sum, n_valid, n_expected) to what the buckets already hold."""
    if not rows:
        return
    columns = ("patient_id", "bucket_at", "parameter", "min", "max", "sum", "n_valid", "n_expected")
    bound = _bound(connection.dialect, table, columns, rows)
    if is_postgresql(connection):
        connection.exec_driver_sql(
            _unnest(connection, table, columns) + _merge(table, "LEAST({0}, {1})", "GREATEST({0}, {1})"),
            _transposed(bound),
        )
        return
    lower, higher = (f"{side}(coalesce({{0}}, {{1}}), coalesce({{1}}, {{0}}))" for side in ("min", "max"))
    connection.exec_driver_sql(_sqlite_insert(table, columns) + _merge(table, lower, higher), bound)


def lock_patients(connection: Connection, patient_ids: Iterable[int]) -> None:
    """Hold off other writers of these babies until the transaction ends (SQLite has one writer anyway)."""
    if is_postgresql(connection):
        slots = sorted({patient_id % _LOCKS for patient_id in patient_ids})
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, slot) FROM unnest(%s::int[]) AS slot", (slots,)
        ).all()


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


def _insert_new_sqlite(connection: Connection, statement: str, rows: Sequence[Row]) -> list[bool]:
    # One prepared statement and its row count per reading: 16 µs each, and the only exact way to learn which were new.
    cursor = connection.connection.cursor()
    try:
        return [cursor.execute(statement, row).rowcount == 1 for row in rows]
    finally:
        cursor.close()


@lru_cache
def _sqlite_insert(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


@lru_cache
def _unnest_statement(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in columns)
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"


def _unnest(connection: Connection, table: Table, columns: tuple[str, ...]) -> str:
    return _unnest_statement(table, columns, connection.dialect)


def _bound(dialect: Dialect, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return the rows as the driver takes them."""
    makers = [(place, maker) for place, name in enumerate(columns) if (maker := _binder(table.c[name], dialect))]
    if not makers:
        return [tuple(row) for row in rows]
    bound = []
    for row in rows:
        values = list(row)
        for place, maker in makers:
            if values[place] is not None:
                values[place] = maker(values[place])
        bound.append(tuple(values))
    return bound


def _binder(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    maker: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return maker


def _transposed(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
