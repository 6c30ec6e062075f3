"""What the store costs and how fast it answers, beside naive SQL and COPY: `python -m bench store [--days 7]`.

SQLite, plain PostgreSQL in daily partitions (a server of its own, safe at power loss), and TimescaleDB where the server
has it. One baby has a reading a second, the others one every `--every` seconds; four vitals each, with roll-ups.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.store_asking import Figure, questions, ticks
from bench.store_filling import START, babies, fill, insert, settle
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, format_instant
from nicu_dashboard.operations.optimizing import partitions, timescale
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import DAILY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, in_a_quiet_moment, unfiltered
from nicu_dashboard.operations.sizes import sizes
from tests.postgres import running_server

# As a server in service is set: nothing here is faster than what survives a power cut.
IN_SERVICE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "1GB",
    "max_wal_size": "4GB",
}  # fmt: skip


def measure(name: str, database: Database, chosen: argparse.Namespace, shape: Callable[[Database, int], None]) -> None:
    """Fill one store, ask it everything, print a table."""
    ids, source = babies(database, 400)
    began = time.perf_counter()
    rows = fill(database, ids[: chosen.babies], source, chosen.days, chosen.every)
    end = START + chosen.days * DAY_MS
    shape(database, end)
    settle(database)
    print(f"\n{name}: {rows:,} readings of {chosen.babies} babies, made in {time.perf_counter() - began:.0f} s")
    print(f"  {'':48}{'p50 ms':>9}{'p95 ms':>9}{'naive p50':>11}")
    found = [*questions(database, ids[: chosen.babies], chosen.days, chosen.runs)]
    found += [ticks(database, ids[:count], source, chosen.ticks, end + HOUR_MS * count) for count in (40, 400)]
    for figure in found:
        _line(figure)
    vitals = next(table for table in sizes(database) if table.name == "vitals")
    print(f"  {'bytes per reading, indexes included':48}{vitals.bytes_per_row or 0:>9.0f}")
    _drop_a_day(database)
    if database.engine_name == "postgresql":
        _limit(database, ids[0], source)


def _line(figure: Figure) -> None:
    naive = "" if figure.naive is None else f"{figure.naive:.1f}"
    print(f"  {figure.what:48}{figure.p50:>9.2f}{figure.p95:>9.2f}{naive:>11}", flush=True)


def _drop_a_day(database: Database) -> None:
    """Take the oldest day away as retention does, then the next one by DELETE."""
    first, second = START + DAY_MS, START + 2 * DAY_MS
    if database.engine_name == "postgresql":
        ours, _ = _once(lambda: _retain(database, first))
        print(f"  {'a day dropped by retention':48}{ours:>9.1f}")
    at = f"'{format_instant(second)}'" if database.engine_name == "postgresql" else str(first)

    def delete() -> int:
        with database.writing() as connection:
            return connection.exec_driver_sql(f"DELETE FROM vitals WHERE recorded_at < {at}").rowcount

    took, count = _once(delete)
    print(f"  {f'a day of {count:,} readings by DELETE':48}{took:>9.1f}")


def _retain(database: Database, before: int) -> int:
    with unfiltered(database) as connection:
        kind = partitions.kind(connection)
    if kind == "hypertable":
        return len(in_a_quiet_moment(database, lambda connection: timescale.drop_before(connection, before)))
    return len(partitions.drop_before(database, before, Report()))


def _once(work: Callable[[], int]) -> tuple[float, int]:
    began = time.perf_counter()
    count = work()
    return (time.perf_counter() - began) * 1_000, count


def _limit(database: Database, baby: int, source: int) -> None:
    """Print how fast the server itself copies readings into a bare table: what no program can beat."""
    count = 500_000
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        file = Path(folder) / "readings.bin"
        with database.writing() as connection:
            plain = connection.execution_options(no_parameters=True)
            plain.exec_driver_sql("CREATE TABLE bare AS SELECT * FROM vitals WITH NO DATA")
            plain.exec_driver_sql(insert("postgresql", "bare", baby, source, 1, 0, count - 1))
            plain.exec_driver_sql(f"COPY bare TO '{file}' (FORMAT binary)")
            plain.exec_driver_sql("TRUNCATE bare")
            began = time.perf_counter()
            plain.exec_driver_sql(f"COPY bare FROM '{file}' (FORMAT binary)")
            rate = count / (time.perf_counter() - began)
            plain.exec_driver_sql("DROP TABLE bare")
    print(f"  {'limit: the server itself COPYs, readings a second':48}{rate:>9,.0f}")


def _as_it_is(_database: Database, _end: int) -> None:
    """Leave the readings in one plain table."""


def _by_day(database: Database, end: int) -> None:
    optimize(database, Wishes(partition=DAILY), end, Report())


def _by_chunk(database: Database, end: int) -> None:
    optimize(database, Wishes(timescale=True), end, Report())


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a store for the length of a measurement."""
    database = open_store(url)
    try:
        yield database
    finally:
        database.close()


def main() -> None:
    """Measure on every store at hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--babies", type=int, default=40)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument(
        "--every", type=int, default=10, help="seconds between two readings of all babies but the first"
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--ticks", type=int, default=200)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    if chosen.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{Path(folder) / 'store.db'}") as database:
            measure("SQLite", database, chosen, _as_it_is)
    if chosen.only != "sqlite":
        with running_server(**IN_SERVICE) as server:
            with server.database() as url, opened(url) as database:
                with database.reading() as connection:
                    version = connection.exec_driver_sql("SHOW server_version").scalar_one()
                measure(f"PostgreSQL {version}, daily partitions", database, chosen, _by_day)
            with server.database() as url, opened(url) as database:
                try:
                    with unfiltered(database) as connection:
                        timescale.must_be_there(connection)
                except CannotCare as reason:
                    print(f"\nTimescaleDB: not measured, {reason}")
                else:
                    measure("TimescaleDB", database, chosen, _by_chunk)
    print(f"\nload of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
