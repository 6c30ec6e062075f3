"""Filling a store for bench/store.py: readings and their roll-ups, made by the database itself from a seed."""

import time
from collections.abc import Sequence

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
    total = 0
    for baby in ids:
        step_s = 1 if baby == ids[0] else every_s
        count = days * DAY_MS // 1_000 // step_s
        for first in range(0, count, _AT_ONCE):
            with database.writing() as connection:
                last = min(count, first + _AT_ONCE) - 1
                _readings(connection, insert(database.engine_name, "vitals", baby, source, step_s, first, last))
        with database.writing() as connection:
            _roll_ups(connection, database.engine_name, baby, 60 // step_s)
        total += count
    return total


def settle(database: Database) -> None:
    """Let the database clear up and look at what it holds, as a night would."""
    statement = "ANALYZE" if database.engine_name == "sqlite" else "VACUUM (ANALYZE)"
    with database.writer.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


def insert(dialect: str, table: str, baby: int, source: int, step_s: int, first: int, last: int) -> str:
    """Return the INSERT of one baby's readings number `first` to `last`."""
    at = _AT[dialect].format(ms=f"{START} + n * {step_s * 1_000}")
    values = _VALUES.format(hash=_HASH.format(n="n", baby=baby))
    series = _SERIES[dialect].format(first=first, last=last)
    named = " AS tick (n)" if dialect == "postgresql" else ""
    return f"INSERT INTO {table} ({COLUMNS}) SELECT {baby}, {at}, {at}, {source}, {values} FROM {series}{named}"


def _readings(connection: Connection, statement: str) -> None:
    connection.execution_options(no_parameters=True).exec_driver_sql(statement)


def _roll_ups(connection: Connection, dialect: str, baby: int, expected: int) -> None:
    number = "double precision" if dialect == "postgresql" else "REAL"
    minute = _FLOOR[dialect].format(at="recorded_at", step=60_000)
    hour = _FLOOR[dialect].format(at="bucket_at", step=3_600_000)
    into = "(patient_id, parameter, bucket_at, min, max, sum, n_valid, n_expected)"
    for name in NAMES:
        connection.exec_driver_sql(
            f"INSERT INTO vitals_minute {into} SELECT {baby}, '{name}', {minute}, min({name}), max({name}),"
            f" CAST(sum({name}) AS {number}), count(*), {expected} FROM vitals WHERE patient_id = {baby} GROUP BY 3"
        )
    connection.exec_driver_sql(
        f"INSERT INTO vitals_hour {into} SELECT {baby}, parameter, {hour}, min(min), max(max), sum(sum), sum(n_valid),"
        f" sum(n_expected) FROM vitals_minute WHERE patient_id = {baby} GROUP BY 2, 3"
    )
