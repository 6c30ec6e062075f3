"""What takes long: the dashboard's own questions asked now, and what the server remembers of all of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS, floor_to
from nicu_dashboard.operations.shapes import shape

_POINTS = 1_000
_SHOWN = ("heart_rate", "spo2", "resp_rate", "temperature")
_ASKED = 3
_EXTENSION = """
SELECT quote_ident(nspname), (SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS offered
FROM (SELECT 1) AS one LEFT JOIN pg_extension ON extname = 'pg_stat_statements'
LEFT JOIN pg_namespace ON pg_namespace.oid = extnamespace
"""
_TOP = """
SELECT query, calls, total_exec_time, mean_exec_time, max_exec_time, rows FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY total_exec_time DESC LIMIT {limit}
"""
_HIDDEN = "<insufficient privilege>"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the dashboard and how long its answer took now: the best and the worst of three, in ms."""

    name: str
    best_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """A statement's shape and what the server counted: calls, times in ms, rows."""

    shape: str
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What the server remembers, or (empty) why it does not and what to do."""

    statements: tuple[Remembered, ...]
    hint: str | None


def ask(database: Database) -> list[Question]:
    """Ask what the wall and the cot page ask, for the baby with the newest reading; nothing is written."""
    roster, chart, journal = SqlRoster(database), SqlChart(database), SqlJournal(database)
    stays = roster.stays()
    babies = [stay.patient.id for stay in stays] or [baby.id for baby in roster.patients(limit=100)]
    units = {stay.cot.unit_id for stay in stays} or {1}
    questions: list[tuple[str, Callable[[], object]]] = [
        ("who lies where", roster.stays),
        ("alarms that stand", lambda: [journal.open_alarms(unit) for unit in units]),
        ("the alarm log", lambda: chart.alarms(limit=100)),
        ("the newest reading of every baby", lambda: chart.latest(babies)),
    ]
    latest = chart.latest(babies) if babies else {}
    if latest:
        baby = max(latest, key=lambda each: latest[each][0])
        questions += _charts(chart, babies, baby, latest[baby][0])
    return [_timed(name, question) for name, question in questions]


def remembered(database: Database, limit: int) -> Memory:
    """Return the statements that took most time in all, by pg_stat_statements where it is there."""
    if database.engine_name != "postgresql":
        return Memory((), None)
    with database.reading() as connection:
        schema, offered = connection.exec_driver_sql(_EXTENSION).one()
        if schema is None:
            return Memory((), _how_to_get_it(offered))
        try:
            with connection.begin_nested():
                rows = connection.exec_driver_sql(_TOP.format(schema=schema, limit=int(limit))).all()
        except DBAPIError:
            return Memory(
                (), "pg_stat_statements is not loaded; add it to shared_preload_libraries, restart the server"
            )
    hidden = sum(row[0] == _HIDDEN for row in rows)
    hint = f"{hidden} statements of other users are hidden; GRANT pg_read_all_stats to this user" if hidden else None
    return Memory(tuple(Remembered(shape(row[0]), *row[1:]) for row in rows if row[0] != _HIDDEN), hint)


def _charts(chart: SqlChart, babies: Sequence[int], baby: int, newest: int) -> list[tuple[str, Callable[[], object]]]:
    def trend(hours: int, tier: str) -> Callable[[], object]:
        step = max(MINUTE_MS if tier != "reading" else 1_000, hours * HOUR_MS // _POINTS)
        step = floor_to(step, HOUR_MS) or HOUR_MS if tier == "hour" else step
        begin = newest - hours * HOUR_MS
        return lambda: chart.buckets(baby, begin, newest + 1, step, tier, _SHOWN)  # type: ignore[arg-type]

    return [
        ("15 minutes of every tile", lambda: chart.spark(babies, newest - 15 * MINUTE_MS, 15_000)),
        ("a chart of 1 hour, from readings", trend(1, "reading")),
        ("a chart of 24 hours, from minutes", trend(24, "minute")),
        ("a chart of 7 days, from minutes", trend(7 * 24, "minute")),
        ("a chart of 30 days, from hours", trend(30 * 24, "hour")),
        ("events of a baby", lambda: chart.spells(baby)),
    ]


def _timed(name: str, question: Callable[[], object]) -> Question:
    took = []
    for _ in range(_ASKED):
        began = time.perf_counter()
        question()
        took.append((time.perf_counter() - began) * 1_000)
    return Question(name, min(took), max(took))


def _how_to_get_it(offered: int) -> str:
    if not offered:
        return "this server has no pg_stat_statements; install its contrib package to see what takes time over days"
    return (
        "pg_stat_statements is not set up here; add it to shared_preload_libraries, restart, then run: CREATE EXTENSION"
        " pg_stat_statements"
    )


def tables_read_in_full(connection: Connection) -> list[tuple[str, int, int]]:
    """Return large tables that were read from end to end: name, how often, rows each time. PostgreSQL only."""
    rows = connection.exec_driver_sql(
        "SELECT relname, seq_scan, seq_tup_read / seq_scan FROM pg_stat_user_tables"
        " WHERE schemaname = current_schema() AND seq_scan > 0 AND seq_tup_read / seq_scan > 50000"
        " ORDER BY seq_tup_read DESC LIMIT 5"
    )
    return [(row[0], row[1], row[2]) for row in rows]
