"""Single statements as the study asked them, beside our calls: like with like for the aims of bench/store.py."""

import random
from collections.abc import Iterator, Sequence
from itertools import count

from sqlalchemy import Connection

from bench.store_asking import AIMS, POINTS, VITALS_SENT, Figure, quantiles, timed
from bench.store_filling import START
from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.sending import Row, arrays
from nicu_dashboard.adapters.sql.tables import vitals
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.domain.trends import choose_tier

KEYS = ("patient_id", "recorded_at", "source_id")
NEWEST = {
    "sqlite": "SELECT v.* FROM patients AS p JOIN vitals AS v ON v.id ="
    " (SELECT id FROM vitals WHERE patient_id = p.id ORDER BY recorded_at DESC LIMIT 1) WHERE p.id IN ({ids})",
    "postgresql": "SELECT n.* FROM patients AS p, LATERAL (SELECT * FROM vitals WHERE patient_id = p.id"
    " AND recorded_at >= to_timestamp({begin}) ORDER BY recorded_at DESC LIMIT 1) AS n WHERE p.id IN ({ids})",
}
AIMS["alone"] = AIMS["newest"]
AIMS["readings"] = {"SQLite": "1.8-2.7", "PostgreSQL": "2.5"}
AIMS["one vital"] = {"SQLite": "6.8", "PostgreSQL": "7.8"}


def alike(
    database: Database, ids: Sequence[int], some: Sequence[int], source: int, days: int, runs: int
) -> list[Figure]:
    """Newest values and readings of a tick as one statement in an open transaction, and a week of one vital."""
    return [
        _newest(database, some, days, runs),
        _week(database, some[0], days, runs),
        *_tick(database, ids, source, runs),
    ]


def _newest(database: Database, ids: Sequence[int], days: int, runs: int) -> Figure:
    begin = (START + (days - 1) * DAY_MS) // 1_000
    statement = NEWEST[database.engine_name].format(ids=", ".join(map(str, ids)), begin=begin)
    with database.reading() as connection:
        cursor = connection.connection.cursor()
        p50, p95 = timed(lambda: cursor.execute(statement).fetchall(), 5 * runs)
    return Figure(f"newest of {len(ids)}, the statement alone", p50, p95, aim="alone")


def _week(database: Database, baby: int, days: int, runs: int) -> Figure:
    chart, end = SqlChart(database), START + days * DAY_MS
    begin = end - min(7, days) * DAY_MS
    tier = choose_tier(begin, end, POINTS)
    p50, p95 = timed(lambda: chart.buckets(baby, begin, end, tier.step_ms, tier.name, ("heart_rate",)), runs)
    return Figure(f"trend of {min(7, days)} d, one vital", p50, p95, aim="one vital")


def _tick(database: Database, ids: Sequence[int], source: int, runs: int) -> list[Figure]:
    """Readings of 8 vitals into the table alone: no roll-ups, neither making them nor the commit counted, undone at the
    end; on a server then what each part of the statement takes.
    """
    columns, what = (*KEYS, "received_at", *VITALS_SENT), f"the readings of a tick of {len(ids)} cots alone"
    ticks = (_rows(ids, source, START + 400 * DAY_MS + 1_000 * number) for number in count())
    with database.writing() as connection, connection.begin_nested() as undone:
        waiting = [next(ticks) for _ in range(5 * runs + 1)]
        p50, p95 = timed(lambda: dialects.insert_new(connection, vitals, KEYS, columns, waiting.pop()), 5 * runs)
        parts = _parts(connection, columns, ticks, runs) if database.engine_name == "postgresql" else []
        undone.rollback()
    return [Figure(what, p50, p95, aim="readings"), *parts]


def _rows(ids: Sequence[int], source: int, now: int) -> list[Row]:
    chance = random.Random(now)
    return [(i, now, source, now, *(chance.randint(200, 400) / 10 for _ in VITALS_SENT)) for i in ids]


def _parts(connection: Connection, columns: Sequence[str], ticks: Iterator[list[Row]], runs: int) -> list[Figure]:
    """Return what the server itself takes for the statement, as EXPLAIN ANALYZE tells: the rows, then the checks that
    each baby and source is there.
    """
    explain = "EXPLAIN (ANALYZE, FORMAT JSON) " + dialects.inserting_new(vitals, KEYS, columns)
    told = []
    for _ in range(runs):
        ((plan,),) = connection.exec_driver_sql(explain, arrays(vitals, columns, next(ticks)))
        checks = sum(float(trigger["Time"]) for trigger in plan[0]["Triggers"])
        told.append((float(plan[0]["Execution Time"]) - checks, checks))
    each = zip(
        ("  rows and indexes, in the server", "  two foreign keys, in the server"), zip(*told, strict=True), strict=True
    )
    return [Figure(what, *quantiles(times)) for what, times in each]
