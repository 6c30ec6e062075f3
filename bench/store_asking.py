"""What bench/store.py asks: our own way, and the way one would write down first (naive)."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.store_filling import NAMES, START
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS
from nicu_dashboard.domain.trends import choose_tier
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.ports.tick import Tick, VitalsRow

POINTS = 1_000
VITALS_SENT = tuple(VITALS)[:8]


@dataclass(frozen=True)
class Figure:
    """One line: what was asked, p50 and p95 in ms, of the naive way p50 (None: no such way), and its name in AIMS."""

    what: str
    p50: float
    p95: float
    naive: float | None = None
    aim: str = ""


# What plain SQL reached in a study of five million rows of ten columns, without roll-ups, merging or a second key; ms,
# bytes. Of a trend it asked one vital, of a tick it stored the readings alone.
AIMS = {
    "newest": {"SQLite": "0.06", "PostgreSQL": "0.28"},
    "7 d": {"SQLite": "6.8 for one vital", "PostgreSQL": "7.8 for one vital"},
    "tick of 400": {"SQLite": "1.8-2.7, readings alone", "PostgreSQL": "2.5, readings alone"},
    "bytes": {"SQLite": "70", "PostgreSQL": "133", "TimescaleDB": "19 compressed"},
    "dropped": {"PostgreSQL": "31", "TimescaleDB": "6"},
    "deleted": {"PostgreSQL": "773"},
}


def timed(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return p50 and p95 in ms, after one warm-up where there are many."""
    if runs > 2:
        work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1_000)
    return quantiles(times)


def quantiles(times: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p95."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def ticks(database: Database, ids: Sequence[int], source: int, count: int, at: int) -> Figure:
    """A reading of 8 vitals from every cot a second: one transaction with roll-ups, beside one INSERT a reading."""
    journal, chance = SqlJournal(database), random.Random(1)
    moments = iter(range(at, at + 10**9, 1_000))

    def rows() -> list[VitalsRow]:
        now = next(moments)
        return [VitalsRow(i, source, now, now, {n: chance.randint(200, 400) / 10 for n in VITALS_SENT}) for i in ids]

    p50, p95 = timed(lambda: journal.commit(Tick(readings=rows())), count)
    naive, _ = timed(lambda: _row_by_row(database, rows()), max(5, count // 10))
    return Figure(f"a tick of {len(ids)} cots, with roll-ups", p50, p95, naive, f"tick of {len(ids)}")


def _row_by_row(database: Database, rows: Sequence[VitalsRow]) -> None:
    """Store a tick as a loop would: an INSERT and a commit for each reading, no roll-ups."""
    marks = {"sqlite": "?", "postgresql": "%s"}[database.engine_name]
    instant = "to_timestamp(%s / 1000.0)" if database.engine_name == "postgresql" else "?"
    columns = ", ".join(("patient_id", "recorded_at", "received_at", "source_id", *VITALS_SENT))
    values = ", ".join((marks, instant, instant, *[marks] * (1 + len(VITALS_SENT))))
    for row in rows:
        given = (row.patient_id, row.recorded_at, row.received_at, row.source_id, *(row.values[n] for n in VITALS_SENT))
        with database.writing() as connection:
            connection.exec_driver_sql(f"INSERT INTO vitals ({columns}) VALUES ({values})", given)


def questions(database: Database, ids: Sequence[int], days: int, runs: int) -> list[Figure]:
    """What the wall and the cot page ask, of the baby with a reading a second."""
    chart, end = SqlChart(database), START + days * DAY_MS
    naive = _Naive(database)
    found = [_figure(f"newest of {len(ids)} babies", lambda: chart.latest(ids), naive.latest, runs, "newest")]
    for label, length in (("24 h", DAY_MS), ("7 d", 7 * DAY_MS), ("30 d", 30 * DAY_MS)):
        if length > days * DAY_MS:
            continue
        tier = choose_tier(end - length, end, POINTS)

        def ours(begin: int = end - length, step: int = tier.step_ms, name: object = tier.name) -> object:
            return chart.buckets(ids[0], begin, end, step, name, NAMES)  # type: ignore[arg-type]

        def theirs(begin: int = end - length, step: int = tier.step_ms) -> object:
            return naive.trend(ids[0], begin, end, step)

        found.append(_figure(f"trend of {label}, {len(NAMES)} vitals ({tier.name})", ours, theirs, runs, label))
    begin = end - HOUR_MS
    found.append(
        _figure("one hour of all cots", lambda: chart.spark(ids, begin, 15_000), lambda: naive.hour(begin), runs)
    )
    return found


def _figure(what: str, ours: Callable[[], object], naive: Callable[[], object], runs: int, aim: str = "") -> Figure:
    p50, p95 = timed(ours, runs)
    other, _ = timed(naive, 2)  # seconds each: two must do
    return Figure(what, p50, p95, other, aim)


class _Naive:
    """The same questions as one would ask them of the readings at first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._server = database.engine_name == "postgresql"

    def latest(self) -> object:
        if self._server:
            return self._ask("SELECT DISTINCT ON (patient_id) * FROM vitals ORDER BY patient_id, recorded_at DESC")
        return self._ask("SELECT *, max(recorded_at) FROM vitals GROUP BY patient_id")

    def trend(self, baby: int, begin: int, end: int, step: int) -> object:
        step_s = step / 1_000
        at = f"floor(extract(epoch FROM recorded_at) / {step_s})" if self._server else f"recorded_at / {step}"
        values = ", ".join(f"min({name}), max({name}), avg({name})" for name in NAMES)
        window = f"recorded_at >= {self._at(begin)} AND recorded_at < {self._at(end)}"
        return self._ask(
            f"SELECT {at}, {values} FROM vitals WHERE patient_id = {baby} AND {window} GROUP BY 1 ORDER BY 1"
        )

    def hour(self, begin: int) -> object:
        values = "patient_id, recorded_at, heart_rate, spo2"
        return self._ask(f"SELECT {values} FROM vitals WHERE recorded_at >= {self._at(begin)} ORDER BY 1, 2")

    def _at(self, ms: int) -> str:
        return f"to_timestamp({ms} / 1000.0)" if self._server else str(ms)

    def _ask(self, statement: str) -> object:
        with self._database.reading() as connection:
            return connection.exec_driver_sql(statement).fetchall()
