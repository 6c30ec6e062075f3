"""What the store costs and how fast it answers, beside naive SQL and COPY: `python -m bench store [--days 7]`.

SQLite, plain PostgreSQL in daily partitions (a server of its own, safe at power loss), and TimescaleDB on a server that
--timescale-url names. One baby has a reading a second, the others one every `--every` seconds; four vitals each, with
roll-ups.
"""

import argparse
import gc
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from bench.store_alike import alike
from bench.store_asking import AIMS, Figure, questions, ticks
from bench.store_filling import START, as_they_come, babies, bare, fill, insert, settle
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, format_instant
from nicu_dashboard.operations.optimizing import packing, partitions, timescale
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import DAILY, partition_name
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import alone, in_a_quiet_moment, unfiltered
from nicu_dashboard.operations.sizes import sizes
from tests.postgres import running_server

# As a server in service is set: nothing here is faster than what survives a power cut.
IN_SERVICE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "1GB",
    "max_wal_size": "4GB",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of store: its name, how it is divided before it is filled, what is done to its past days afterwards."""

    name: str
    divide: Callable[[Database], None]
    pack: Callable[[Database, int], None]


def measure(kind: Kind, title: str, database: Database, chosen: argparse.Namespace) -> None:
    """Fill one store, ask it everything, print a table."""
    kind.divide(database)
    ids, source = babies(database, 400)
    some, end, began = ids[: chosen.babies], START + chosen.days * DAY_MS, time.perf_counter()
    with bare(database) if kind.name == "PostgreSQL" else nullcontext():
        rows = fill(database, some, source, chosen.days, chosen.every)
    kind.pack(database, end)
    settle(database)
    print(f"\n{title}: {rows:,} readings of {chosen.babies} babies, made in {time.perf_counter() - began:.0f} s")
    print(f"  {'':48}{'p50 ms':>9}{'p95 ms':>9}{'naive p50':>11}  {'aim'}")
    vitals = next(table for table in sizes(database) if table.name == "vitals")
    found = [*questions(database, some, chosen.days, chosen.runs)]
    found += [ticks(database, ids[:count], source, chosen.ticks, end + HOUR_MS * count) for count in (40, 400)]
    found += alike(database, ids, some, source, chosen.days, chosen.runs)
    for figure in found:
        _line(kind, figure)
    if kind.name == "TimescaleDB":
        _one(kind, "bytes per reading in compressed chunks", _compressed_bytes(database), "bytes", 1)
    else:
        _one(kind, "bytes per reading, indexes included", vitals.bytes_per_row or 0, "bytes", 0)
    if kind.name == "PostgreSQL":
        _one(
            kind,
            "  of a day as it was written, before it is packed",
            _written(database, some, source, end, chosen),
            "",
            0,
        )
    _drop_a_day(kind, database)
    if database.engine_name == "postgresql":
        _limit(database, ids[0], source)


def _compressed_bytes(database: Database) -> float:
    with database.reading() as connection:
        size = connection.exec_driver_sql(
            "SELECT sum(after_compression_total_bytes)::float8 FROM chunk_compression_stats('vitals')"
        ).scalar_one()
        count = connection.exec_driver_sql(
            "SELECT count(*) FROM vitals WHERE recorded_at <"
            " (SELECT max(range_end) FROM timescaledb_information.chunks WHERE is_compressed)"
        ).scalar_one()
    return float(size) / int(count)


def _written(database: Database, ids: list[int], source: int, end: int, chosen: argparse.Namespace) -> float:
    count = as_they_come(database, ids, source, end, chosen.every)
    with database.reading() as connection:
        table = partition_name("vitals", end)
        size = connection.exec_driver_sql(f"SELECT pg_total_relation_size('{table}')").scalar_one()
    return float(size) / count


def _line(kind: Kind, figure: Figure) -> None:
    naive = "" if figure.naive is None else f"{figure.naive:.1f}"
    aim = AIMS.get(figure.aim, {}).get(kind.name, "")
    print(f"  {figure.what:48}{figure.p50:>9.2f}{figure.p95:>9.2f}{naive:>11}  {aim}".rstrip(), flush=True)


def _one(kind: Kind, what: str, value: float, aim: str, decimals: int = 1) -> None:
    print(f"  {what:48}{value:>9,.{decimals}f}{'':22}{AIMS.get(aim, {}).get(kind.name, '')}".rstrip(), flush=True)


def _drop_a_day(kind: Kind, database: Database) -> None:
    """Take the oldest day away as retention does, then the next one by DELETE."""
    first, second = START + DAY_MS, START + 2 * DAY_MS
    if kind.name == "TimescaleDB":
        ours, _ = _once(lambda: _retain(database, START + 14 * DAY_MS))
        _one(kind, "a chunk (a week) dropped by retention", ours, "dropped")
        return
    if kind.name == "PostgreSQL":
        with _watching(database) as waits:
            ours, _ = _once(lambda: _retain(database, first))
        _one(kind, "a day dropped by retention", ours, "dropped")
        _one(kind, "  the longest that a reader of the newest waited", max(waits), "")
    at = f"'{format_instant(second)}'" if database.engine_name == "postgresql" else str(first)

    def delete() -> int:
        with database.writing() as connection:
            return connection.exec_driver_sql(f"DELETE FROM vitals WHERE recorded_at < {at}").rowcount

    took, count = _once(delete)
    _one(kind, f"a day of {count:,} readings by DELETE", took, "deleted")


@contextmanager
def _watching(database: Database) -> Iterator[list[float]]:
    """Ask for the newest readings again and again, as who needs the table's lock; yield how long each took, ms."""
    took, over = [0.0], threading.Event()

    def ask() -> None:
        while not over.is_set():
            began = time.perf_counter()
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT id FROM vitals ORDER BY recorded_at DESC LIMIT 0").all()
            took.append((time.perf_counter() - began) * 1_000)

    watcher = threading.Thread(target=ask)
    watcher.start()
    time.sleep(0.5)
    took.clear()
    try:
        yield took
    finally:
        over.set()
        watcher.join()


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


def _as_it_is(_database: Database) -> None:
    """Leave the readings in one plain table."""


def _by_day(database: Database) -> None:
    optimize(database, Wishes(partition=DAILY), START, Report())


def _by_chunk(database: Database) -> None:
    optimize(database, Wishes(timescale=True), START, Report())


def _packed(database: Database, end: int) -> None:
    """Do to past days what `nicu db maintain` does every night."""
    packing.pack(database, end + 2 * DAY_MS, Report())


def _compressed(database: Database, end: int) -> None:
    """Do to past chunks what TimescaleDB's own worker does once they are a week old."""
    chunks = f"show_chunks('vitals', older_than => to_timestamp({end / 1_000}))"
    with alone(database) as connection:
        for chunk in connection.exec_driver_sql(f"SELECT {chunks}::text").scalars().all():
            connection.exec_driver_sql(f"SELECT compress_chunk('{chunk}', true)")


def _untouched(_database: Database, _end: int) -> None:
    """Leave it as filling made it."""


SQLITE = Kind("SQLite", _as_it_is, _untouched)
DIVIDED = Kind("PostgreSQL", _by_day, _packed)
CHUNKED = Kind("TimescaleDB", _by_chunk, _compressed)


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
    parser.add_argument("--only", choices=("sqlite", "postgresql", "timescale"))
    parser.add_argument(
        "--timescale-url", help="a superuser of a server with TimescaleDB; a database is made and dropped"
    )
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    gc.collect()
    gc.freeze()  # as the server does
    if chosen.only in {None, "sqlite"}:
        with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{Path(folder) / 'store.db'}") as database:
            measure(SQLITE, "SQLite", database, chosen)
    if chosen.only in {None, "postgresql"}:
        with running_server(**IN_SERVICE) as server, server.database() as url, opened(url) as database:
            measure(DIVIDED, f"PostgreSQL {_version(database)}, daily partitions", database, chosen)
    if chosen.timescale_url:
        with _beside(chosen.timescale_url) as url, opened(url) as database:
            measure(CHUNKED, f"TimescaleDB on PostgreSQL {_version(database)}, compressed", database, chosen)
    else:
        print("\nTimescaleDB: not measured; name a server that has it with --timescale-url")
    print(f"\nload of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")


def _version(database: Database) -> str:
    with database.reading() as connection:
        return str(connection.exec_driver_sql("SHOW server_version").scalar_one()).split()[0]


@contextmanager
def _beside(given: str) -> Iterator[str]:
    """Yield the URL of an empty database on somebody's server, dropped at the end."""
    name = "nicu_bench_store"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield make_url(given).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":
    main()
