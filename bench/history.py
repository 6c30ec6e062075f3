"""How long one baby's history takes from SQLite: `python bench/history.py [--babies 40] [--days 30] [--keep FILE]`.

The database is built from a seed: one baby at 1 Hz, the others every 5 s, four vitals each, and for the first baby a
year of roll-ups whose readings are gone, as after retention. Times are those of the store, in the server's process.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

from sqlalchemy import text

from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from nicu_dashboard.domain.trends import choose_tier
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import AuditEntry

START = parse_instant("2024-01-01T00:00:00Z")
NAMES = ("heart_rate", "spo2", "resp_rate", "temperature")
WINDOWS = {
    "1 h": HOUR_MS,
    "4 h": 4 * HOUR_MS,
    "12 h": 12 * HOUR_MS,
    "24 h": DAY_MS,
    "7 d": 7 * DAY_MS,
    "30 d": 30 * DAY_MS,
    "1 year": 365 * DAY_MS,
}
POINTS = 1_000

# Values of no physiology: a sequence from a seed, spread over each vital's usual range.
FILL = """
    INSERT INTO arriving
    WITH RECURSIVE tick (n, hash) AS (
        SELECT 0, :seed UNION ALL SELECT n + 1, (hash * 1103515245 + 12345) & 2147483647 FROM tick WHERE n + 1 < :count
    )
    SELECT :baby, :start + n * :step, :start + n * :step, :source,
           130 + hash / 1024 % 40,
           CASE WHEN hash / 65536 % 997 = 0 THEN 61 + hash / 1024 % 20 ELSE 88 + hash / 2048 % 12 END,
           30 + hash / 4096 % 40,
           36 + (hash / 8192 % 15) / 10.0
    FROM tick
"""
ARRIVING = """
    CREATE TEMP TABLE arriving AS
    SELECT patient_id, recorded_at, received_at, source_id, heart_rate, spo2, resp_rate, temperature FROM vitals LIMIT 0
"""
# As a ward writes: the babies' readings side by side.
ARRIVE = """
    INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, heart_rate, spo2, resp_rate, temperature)
    SELECT * FROM arriving ORDER BY recorded_at
"""
ROLL_UP = """
    INSERT INTO vitals_minute (patient_id, parameter, bucket_at, min, max, sum, n_valid, n_expected)
    SELECT patient_id, '{name}', recorded_at - recorded_at % 60000,
           min({name}), max({name}), round(sum(round({name} * 1000))) / 1000.0, count(*), {expected}
    FROM vitals WHERE patient_id = {baby} GROUP BY recorded_at - recorded_at % 60000
"""
HOURS = """
    INSERT INTO vitals_hour (patient_id, parameter, bucket_at, min, max, sum, n_valid, n_expected)
    SELECT patient_id, parameter, bucket_at - bucket_at % 3600000,
           min(min), max(max), sum(sum), sum(n_valid), sum(n_expected)
    FROM vitals_minute GROUP BY patient_id, bucket_at - bucket_at % 3600000, parameter
"""
YEAR = """
    INSERT INTO vitals_minute (patient_id, parameter, bucket_at, min, max, sum, n_valid, n_expected)
    WITH RECURSIVE part (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM part WHERE n < :parts)
    SELECT old.patient_id, old.parameter, old.bucket_at - :days * 86400000 * part.n,
           old.min, old.max, old.sum, old.n_valid, old.n_expected
    FROM part CROSS JOIN vitals_minute AS old WHERE old.patient_id = :baby AND old.bucket_at >= :start
"""


def build(database: Database, babies: int, days: int, seed: int) -> None:
    """Fill an empty store; the roll-ups are made from the readings by the database."""
    roster = SqlRoster(database)
    entry = AuditEntry(START, "bench", "system", "build", "bench")
    source = roster.source("bench", "simulated")
    ids = [roster.add_patient(NewPatient(f"BENCH-{number}", synthetic=True), entry).id for number in range(babies)]
    with database.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        connection.exec_driver_sql("PRAGMA cache_size = -1000000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql(ARRIVING)
        for day in range(days):
            for baby in ids:
                step_s = 1 if baby == ids[0] else 5
                values = {
                    "seed": seed + 1_000 * day + baby,
                    "count": 86_400 // step_s,
                    "baby": baby,
                    "source": source.id,
                }
                connection.execute(text(FILL), values | {"start": START + day * DAY_MS, "step": step_s * 1_000})
            connection.exec_driver_sql(ARRIVE)
            connection.exec_driver_sql("DELETE FROM arriving")
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for baby, name in product(ids, NAMES):
            connection.exec_driver_sql(
                ROLL_UP.format(name=name, baby=baby, expected=60 // (1 if baby == ids[0] else 5))
            )
        year = {"days": days, "parts": 365 // days, "baby": ids[0], "start": START}
        connection.execute(text(YEAR), year)
        connection.exec_driver_sql(HOURS)
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def timed(work: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Return p50 and p95 by the wall clock and p50 of computing, in ms, after one warm-up."""
    work()
    times, computing = [], []
    for _ in range(runs):
        began, computed = time.perf_counter(), time.thread_time()
        work()
        times.append((time.perf_counter() - began) * 1_000)
        computing.append((time.thread_time() - computed) * 1_000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)], statistics.median(computing)


def report(database: Database, days: int, runs: int) -> None:
    """Print a line per question that the screens ask."""
    chart, babies = SqlChart(database), SqlRoster(database).patients(limit=1_000)
    end = START + days * DAY_MS
    print(f"{'question':30}{'tier':>9}{'points':>8}{'p50 ms':>9}{'p95 ms':>9}{'cpu ms':>9}")

    def line(question: str, tier: str, points: object, work: Callable[[], object]) -> None:
        p50, p95, computing = timed(work, runs)
        print(f"{question:30}{tier:>9}{points!s:>8}{p50:>9.1f}{p95:>9.1f}{computing:>9.1f}", flush=True)

    ids = [baby.id for baby in babies]
    line(f"latest of {len(ids)} babies", "reading", "", lambda: chart.latest(ids))
    line("15 min of every tile", "reading", "", lambda: chart.spark(ids, end - 15 * MINUTE_MS, 5_000))
    for names in (NAMES[:2], NAMES):
        for label, length in WINDOWS.items():
            tier = choose_tier(end - length, end, POINTS)

            def ask(length: int = length, tier: object = tier, names: tuple[str, ...] = names) -> object:
                chosen = choose_tier(end - length, end, POINTS)
                return chart.buckets(ids[0], end - length, end, chosen.step_ms, chosen.name, names)

            points = len(chart.buckets(ids[0], end - length, end, tier.step_ms, tier.name, names)["spo2"])
            line(f"{label}, {len(names)} vitals at 1 Hz", tier.name, points, ask)
    line("histogram of 12 h", "reading", "", lambda: chart.histogram(ids[0], "spo2", end - 12 * HOUR_MS, end))


def main() -> None:
    """Build or reuse the database, then print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--babies", type=int, default=40)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="build here, or use what was built here before")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = chosen.keep or Path(folder) / "history.db"
        fresh = not file.exists()
        database = open_store(f"sqlite:///{file}")
        if fresh:
            began = time.perf_counter()
            build(database, chosen.babies, chosen.days, chosen.seed)
            size = file.stat().st_size / 1e9
            seconds = time.perf_counter() - began
            print(f"built {chosen.babies} babies × {chosen.days} days in {seconds:.0f} s, {size:.2f} GB\n", flush=True)
        report(database, chosen.days, chosen.runs)
        database.close()


if __name__ == "__main__":
    main()
