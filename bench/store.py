"""What one tick costs the store: `python bench/store.py [--url URL] [--cots 100] [--vitals 8] [--ticks 300]`.

Each tick is one transaction of one reading per cot with its roll-ups, committed as in service (SQLite: WAL, FULL).
Then 33,000 readings of one recording are imported, 2,000 a tick. Without --url: a SQLite file in a temporary folder.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import AuditEntry, Tick, VitalsRow

START = parse_instant("2024-01-01T00:00:00Z")
ENTRY = AuditEntry(START, "bench", "system", "build", "bench")
IMPORTED = 33_000


def ticks(database: Database, cots: int, vitals: int, count: int) -> None:
    """Print what a live tick takes, by the wall clock and by this process's own computing."""
    roster, journal, chance = SqlRoster(database), SqlJournal(database), random.Random(1)
    source = roster.source("bench", "simulated")
    run = time.time_ns()
    ids = [roster.add_patient(NewPatient(f"BENCH-{run}-{n}", synthetic=True), ENTRY).id for n in range(cots)]
    names = list(VITALS)[:vitals]
    wall, cpu = [], []
    for second in range(count):
        at = START + second * 1_000
        rows = [VitalsRow(i, source.id, at, at, {name: chance.randint(200, 400) / 10 for name in names}) for i in ids]
        began, computed = time.perf_counter(), time.process_time()
        journal.commit(Tick(readings=rows))
        wall.append((time.perf_counter() - began) * 1_000)
        cpu.append((time.process_time() - computed) * 1_000)
    print(f"{cots} readings of {vitals} vitals a tick, {count} ticks")
    for label, times in (("tick", wall), ("of which computing here", cpu)):
        times.sort()
        p50, p95, p99 = (times[int(len(times) * share)] for share in (0.5, 0.95, 0.99))
        print(f"  {label:26} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms")


def recording(database: Database) -> None:
    """Print how fast a recording of two vitals is imported, and imported again."""
    roster, journal = SqlRoster(database), SqlJournal(database)
    source = roster.source("recording", "import", 2.0)
    baby = roster.add_patient(NewPatient(f"BENCH-{time.time_ns()}", synthetic=True), ENTRY)
    rows = [
        VitalsRow(baby.id, source.id, START + n * 2_000, START, {"heart_rate": 140.0 + n % 9, "spo2": 90.0 + n % 7})
        for n in range(IMPORTED)
    ]
    for label in ("imported", "sent again, all duplicates"):
        began = time.perf_counter()
        for start in range(0, IMPORTED, 2_000):
            journal.commit(Tick(readings=rows[start : start + 2_000]))
        seconds = time.perf_counter() - began
        print(f"{IMPORTED:,} readings {label}: {seconds:.1f} s, {IMPORTED / seconds:,.0f} rows/s")


def main() -> None:
    """Measure on the store asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--cots", type=int, default=100)
    parser.add_argument("--vitals", type=int, default=8)
    parser.add_argument("--ticks", type=int, default=300)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_store(chosen.url or f"sqlite:///{Path(folder) / 'store.db'}")
        ticks(database, chosen.cots, chosen.vitals, chosen.ticks)
        recording(database)
        database.close()


if __name__ == "__main__":
    main()
