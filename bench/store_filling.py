"""Filling a store for bench/store.py: readings and their roll-ups, made by the database itself from a seed."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import DAY_MS, parse_instant
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import AuditEntry

START = parse_instant("2024-01-01T00:00:00Z")
ENTRY = AuditEntry(START, "bench", "system", "build", "bench")
NAMES = ("heart_rate", "spo2", "resp_rate", "temperature")
COLUMNS = "patient_id, recorded_at, received_at, source_id, heart_rate, spo2, resp_rate, temperature"

# So many in a statement: less than the server's patience with one, on a busy machine too.
_AT_ONCE = 100_000
# Values of no physiology, spread over each vital's usual range by a hash of baby and instant.
_HASH = "(({n} * 1103515245 + {baby} * 12345) & 2147483647)"
_VALUES = (
    "130 + {hash} / 1024 % 40, CASE WHEN {hash} / 65536 % 997 = 0 THEN 61 + {hash} / 1024 % 20"
    " ELSE 88 + {hash} / 2048 % 12 END, 30 + {hash} / 4096 % 40, 36 + ({hash} / 8192 % 15) / 10.0"
)
_AT = {
    "sqlite": "{ms}",
    "postgresql": "timestamptz 'epoch' + ({ms}) * interval '1 millisecond'",
}
_SERIES = {
    "sqlite": "(WITH RECURSIVE tick (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM tick WHERE n < {last}) "
    "SELECT n FROM tick)",
    "postgresql": "generate_series({first}::int8, {last}::int8)",
}
_FLOOR = {
    "sqlite": "{at} - {at} % {step}",
    "postgresql": "date_bin(interval '{step} milliseconds', {at}, timestamptz '1970-01-01 00:00:00+00')",
}


def babies(database: Database, count: int) -> tuple[list[int], int]:
    """Add synthetic babies and a source; return their ids and the source's."""
    roster, run = SqlRoster(database), time.time_ns()
    source = roster.source("bench", "simulated")
    return [
        roster.add_patient(NewPatient(f"BENCH-{run}-{n}", synthetic=True), ENTRY).id for n in range(count)
    ], source.id


def fill(database: Database, ids: Sequence[int], source: int, days: int, every_s: int) -> int:
    """Store the readings and roll-ups of so many days, the first baby's every second; return the count of readings."""
    server = database.engine_name == "postgresql"
    with ThreadPoolExecutor(2 if server else 1) as pool:
        counts = list(pool.map(lambda baby: _baby(database, baby, source, days, 1 if baby == ids[0] else every_s), ids))
    if server:
        with database.writing() as connection:
            _roll_ups(
                connection, "postgresql", "true", f"CASE patient_id WHEN {ids[0]} THEN 60 ELSE {60 // every_s} END"
            )
    return sum(counts)


def as_they_come(database: Database, ids: Sequence[int], source: int, at: int, every_s: int) -> int:
    """Store a day of readings in the order in which a ward sends them, all babies' side by side; return the count."""
    instant = _AT["postgresql"].format(ms=f"{at} + n * 1000")
    values = _VALUES.format(hash="((n * 1103515245 + baby * 12345) & 2147483647)")
    who = f"unnest(ARRAY[{', '.join(map(str, ids))}]) AS who (baby)"
    count = 0
    for hour in range(24):
        series = f"generate_series({hour * 3_600}::int8, {hour * 3_600 + 3_599}::int8) AS tick (n)"
        with database.writing() as connection:
            count += (
                connection.execution_options(no_parameters=True)
                .exec_driver_sql(
                    f"INSERT INTO vitals ({COLUMNS}) SELECT baby, {instant}, {instant}, {source}, {values}"
                    f" FROM {series}, {who} WHERE baby = {ids[0]} OR n % {every_s} = 0 ORDER BY n, baby"
                )
                .rowcount
            )
    return count


@contextmanager
def bare(database: Database) -> Iterator[None]:
    """Take the keys and indexes of vitals away on PostgreSQL, and make them again once it is filled."""
    named = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'vitals'::regclass AND contype IN ('p', 'u')"
    )
    with database.writing() as connection:
        keys = connection.exec_driver_sql(named).all()
        for name, _ in keys:
            connection.exec_driver_sql(f"ALTER TABLE vitals DROP CONSTRAINT {name}")
        listed = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'vitals'"
        indexes = connection.exec_driver_sql(listed).all()
        for name, _ in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for statement in (
        *(f"ALTER TABLE vitals ADD CONSTRAINT {name} {definition}" for name, definition in keys),
        *(definition.replace(" ON ONLY ", " ON ") for _, definition in indexes),
    ):
        with database.writing() as connection:
            _in_peace(connection)
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
            connection.exec_driver_sql(statement)


def settle(database: Database) -> None:
    """Let the database clear up, look at what it holds and bring the filling to the disk, as a night would."""
    statements = ("ANALYZE",) if database.engine_name == "sqlite" else ("VACUUM (ANALYZE)", "CHECKPOINT")
    with database.writer.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            alone.exec_driver_sql(statement)
    os.sync()


def insert(dialect: str, table: str, baby: int, source: int, step_s: int, first: int, last: int) -> str:
    """Return the INSERT of one baby's readings number `first` to `last`."""
    at = _AT[dialect].format(ms=f"{START} + n * {step_s * 1_000}")
    values = _VALUES.format(hash=_HASH.format(n="n", baby=baby))
    series = _SERIES[dialect].format(first=first, last=last)
    named = " AS tick (n)" if dialect == "postgresql" else ""
    return f"INSERT INTO {table} ({COLUMNS}) SELECT {baby}, {at}, {at}, {source}, {values} FROM {series}{named}"


def _baby(database: Database, baby: int, source: int, days: int, step_s: int) -> int:
    count = days * DAY_MS // 1_000 // step_s
    for first in range(0, count, _AT_ONCE):
        with database.writing() as connection:
            last = min(count, first + _AT_ONCE) - 1
            _readings(connection, insert(database.engine_name, "vitals", baby, source, step_s, first, last))
    if database.engine_name == "sqlite":
        with database.writing() as connection:
            _roll_ups(connection, "sqlite", f"patient_id = {baby}", str(60 // step_s))
    return count


def _readings(connection: Connection, statement: str) -> None:
    plain = connection.execution_options(no_parameters=True)
    if connection.dialect.name == "postgresql":
        # Baby and source are there: judging that for each reading would take a third of the time.
        plain.exec_driver_sql("SET LOCAL session_replication_role = replica")
    plain.exec_driver_sql(statement)


def _in_peace(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _roll_ups(connection: Connection, dialect: str, which: str, expected: str) -> None:
    """Make the minutes of some readings in one pass over them, then the hours of those minutes."""
    _in_peace(connection)
    number = "double precision" if dialect == "postgresql" else "REAL"
    minute = _FLOOR[dialect].format(at="recorded_at", step=60_000)
    hour = _FLOOR[dialect].format(at="bucket_at", step=3_600_000)
    into = "(patient_id, parameter, bucket_at, min, max, sum, n_valid, n_expected)"
    four = ", ".join(
        f"min({n}) AS {n}_min, max({n}) AS {n}_max, CAST(sum({n}) AS {number}) AS {n}_sum, count({n}) AS {n}_count"
        for n in NAMES
    )
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE made AS SELECT patient_id, {minute} AS at, {expected} AS expected, {four}"
        f" FROM vitals WHERE {which} GROUP BY 1, 2"
    )
    for n in NAMES:
        connection.exec_driver_sql(
            f"INSERT INTO vitals_minute {into} SELECT patient_id, '{n}', at, {n}_min, {n}_max, {n}_sum, {n}_count,"
            " expected FROM made ORDER BY patient_id, at"
        )
    connection.exec_driver_sql("DROP TABLE made")
    connection.exec_driver_sql(
        f"INSERT INTO vitals_hour {into} SELECT patient_id, parameter, {hour}, min(min), max(max), sum(sum),"
        f" sum(n_valid), sum(n_expected) FROM vitals_minute WHERE {which} GROUP BY 1, 2, 3"
    )
