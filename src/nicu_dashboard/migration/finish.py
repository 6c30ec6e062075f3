"""After the load: rows that point nowhere, and sequences."""

from __future__ import annotations

from math import isqrt

from nicu_dashboard.migration.ddl import FOREIGN_KEYS, sequence_value
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.kinds import SqliteValue, codec
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import Step, TablePlan
from nicu_dashboard.migration.reading_back import messages
from nicu_dashboard.migration.rejects import Reject, image_of, shown_key
from nicu_dashboard.migration.target import Connection
from nicu_dashboard.migration.wire import fields_of, rows_of

LEAST_MEMORY, MOST_MEMORY = 16 << 20, 512 << 20
MERGED_AT_ONCE = 272 << 10
"""What the server's sort takes of its memory for each sorted run that it merges."""
LEAST_PER_HELPER = 32 << 20
"""With less the server sends no helper."""
REASON = "orphan: it points at a row that is not there"


def quarantine_orphans(connection: Connection, journal: Journal, run: Run) -> int:
    """Move rows whose parent is missing into the rejects, until none is left; return how many."""
    tables = {table.source: table for table in run.plan.tables}
    keys = [step for step in run.plan.steps if step.stage == FOREIGN_KEYS]
    total, moved = 0, 1
    while moved:
        with connection.transaction():
            journal.fence(run.id, run.epoch)
            moved = sum(_move(connection, journal, run.id, tables[key.table], key) for key in keys)
        total += moved
    return total


def _move(connection: Connection, journal: Journal, run_id: int, table: TablePlan, key: Step) -> int:
    columns = ", ".join(f"c.{quoted(column.name)}" for column in table.copied)
    statement = f"COPY (SELECT {columns} FROM {table.target} c WHERE {key.orphans}) TO STDOUT (FORMAT binary)"
    rejects = [_reject(table, wire) for wire in rows_of(messages(connection, statement.encode()))]
    if rejects:
        journal.add_rejects(run_id, rejects)
        connection.execute(f"DELETE FROM {table.target} c WHERE {key.orphans}".encode())
    return len(rejects)


def _reject(table: TablePlan, wire: bytes) -> Reject:
    values = [
        None if raw is None else codec(column.kind)[1](raw)
        for column, raw in zip(table.copied, fields_of(wire), strict=True)
    ]
    places = {column.source: place for place, column in enumerate(table.copied)}
    alias = next((place for place, column in enumerate(table.copied) if column.name == table.alias), None)
    row_id = values[alias] if alias is not None else None
    key: list[SqliteValue] = [values[places[name]] for name in table.key]
    number = row_id if isinstance(row_id, int) else None
    return Reject(table.source, shown_key(table.key, key, number), number, "", REASON, "null", b"", image_of(values))


def build_settings(table: TablePlan | None, helpers: int) -> str:
    """Return what a session sets for a statement of the build: memory in which one merge ends the largest sort.

    More makes a sort slower: its heap leaves the processor's cache.
    """
    size = table.rows * table.row_bytes if table else 0
    memory = min(MOST_MEMORY, max(LEAST_MEMORY, isqrt(size * MERGED_AT_ONCE)))
    if helpers:
        memory = max(memory, (1 + helpers) * LEAST_PER_HELPER)
    return (
        f"SET LOCAL maintenance_work_mem = '{memory >> 10}kB'; SET LOCAL jit = off;"
        f" SET LOCAL max_parallel_maintenance_workers = {helpers}"
    )


def set_sequences(connection: Connection, tables: tuple[TablePlan, ...]) -> None:
    """Set every identity past the largest id ever given, deleted ones included."""
    for table in tables:
        if statement := sequence_value(table):
            connection.execute(statement.encode())


def last_id(connection: Connection, table: TablePlan) -> int:
    """Return the largest id that the identity of a table has given, or 0."""
    identity = next((column for column in table.columns if column.identity), None)
    if identity is None:
        return 0
    row = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", (table.target, identity.name)).fetchone()
    if row is None or row[0] is None:
        return 0
    state = connection.execute(f"SELECT last_value - 1 + is_called::int FROM {row[0]}".encode()).fetchone()
    return int(str(state[0])) if state else 0


def wrong_sequences(connection: Connection, tables: tuple[TablePlan, ...]) -> list[str]:
    """Return the tables whose next id was given before."""
    found = []
    for table in tables:
        identity = next((column for column in table.columns if column.identity), None)
        if identity is None:
            continue
        row = connection.execute(f"SELECT max({quoted(identity.name)}) FROM {table.target}".encode()).fetchone()
        largest = int(str(row[0])) if row and row[0] is not None else 0
        if last_id(connection, table) < max(largest, table.sequence):
            found.append(table.source)
    return found
