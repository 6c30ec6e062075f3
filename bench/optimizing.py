"""How long a ward's ticks wait while `nicu db optimize` works on its filled store: `python -m bench optimizing`.

A store of plain readings on PostgreSQL lacks the dashboard's index. A ward of 40 cots commits ticks without a pause
while the index is made, the readings are divided by day and the indexes of past days are packed.
"""

import argparse
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.store import IN_SERVICE, opened
from bench.store_asking import VITALS_SENT
from bench.store_filling import START, babies, bare, fill, settle
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import DAILY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import LOCK_WAIT_MS
from nicu_dashboard.ports.tick import Tick, VitalsRow
from tests.postgres import running_server


@dataclass
class Ward:
    """Ticks of these babies, one after the other, and how long each took."""

    journal: SqlJournal
    babies: list[int]
    source: int
    at: int
    took_ms: list[float] = field(default_factory=list)
    refused: int = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Tick until the end of the block."""
        over = threading.Event()
        thread = threading.Thread(target=self._tick, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _tick(self, over: threading.Event) -> None:
        chance = random.Random(1)
        while not over.wait(0.02):
            self.at += 1_000
            values = {name: chance.randint(200, 400) / 10 for name in VITALS_SENT}
            rows = [VitalsRow(baby, self.source, self.at, self.at, values) for baby in self.babies]
            began = time.perf_counter()
            fates = self.journal.commit(Tick(readings=rows))
            self.took_ms.append((time.perf_counter() - began) * 1_000)
            self.refused += sum(fate != "accepted" for fate in fates)

    def said(self, what: str) -> None:
        """Print how long the ticks since the last word took."""
        times = sorted(self.took_ms)
        p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
        print(f"{what:44}{len(times):>7}{p50:>9.1f}{p99:>9.1f}{times[-1]:>9.1f}{self.refused:>9}", flush=True)
        self.took_ms.clear()


def measure(database: Database, days: int, every_s: int) -> None:
    """Fill the store, let the ward work alone for a while, then beside each kind of care."""
    ids, source = babies(database, 40)
    with bare(database):
        rows = fill(database, ids, source, days, every_s)
    settle(database)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP INDEX idx_vitals_dashboard")
    end = START + days * DAY_MS
    ward = Ward(SqlJournal(database), ids, source, end)
    print(f"{rows:,} readings; a tick is 40 cots of 8 vitals; whoever needs a lock gives up after {LOCK_WAIT_MS} ms")
    print(f"{'':44}{'ticks':>7}{'p50 ms':>9}{'p99 ms':>9}{'longest':>9}{'refused':>9}")
    with ward.at_work():
        time.sleep(10)
    ward.said("the ward alone")
    for what, wishes in (("while the index is made", Wishes()), ("while it is divided by day", Wishes(DAILY))):
        began, report = time.perf_counter(), Report()
        with ward.at_work():
            optimize(database, wishes, end + 2 * DAY_MS, report)
        ward.said(f"{what}, {time.perf_counter() - began:.0f} s")
        for deed in report.deeds:
            print(f"  {deed}")


def main() -> None:
    """Measure on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--every", type=int, default=10, help="seconds between two readings of all babies but one")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    with running_server(**IN_SERVICE) as server, server.database() as url, opened(url) as database:
        measure(database, chosen.days, chosen.every)
    print(f"load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
