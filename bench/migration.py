"""Moving 5,000,000 vitals rows from SQLite to PostgreSQL: ours, the server's limit, sqlite3 | psql, pgloader.

    python -m bench.migration [--rows 5000000] [--seed 1] [--only limit,ours,plain,csv,pgloader] [--repeat 3] [--json]

Needs `sqlite3`, `psql` and `pgloader`, which tools/ensure.py installs where Debian's packages are at hand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg

from bench.migration_figures import BARE, FULL, PLAIN, line_of, show
from bench.processes import Figure, busy_seconds, cpu_seconds, wait_for_quiet, watched
from tests.postgres import PostgresServer, running_server
from tools.ensure import ensure

SERVER = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB",
    "max_wal_size": "8GB", "checkpoint_timeout": "30min", "autovacuum": "off",
}  # fmt: skip
SCHEMA = """
CREATE TABLE patients (id INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT NOT NULL UNIQUE, name TEXT);
CREATE TABLE vitals (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER NOT NULL REFERENCES patients (id),
    recorded_at INTEGER NOT NULL, heart_rate REAL, spo2 REAL, resp_rate REAL, temperature REAL, bp_systolic REAL,
    bp_diastolic REAL, source TEXT NOT NULL);
CREATE TABLE alarms (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER NOT NULL REFERENCES patients (id),
    triggered_at INTEGER NOT NULL, status TEXT NOT NULL, details JSON);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT, action TEXT, detail TEXT);
CREATE INDEX idx_vitals_dashboard ON vitals (patient_id, recorded_at DESC);
CREATE INDEX idx_alarms_active ON alarms (triggered_at) WHERE status = 'active';
"""
QUIET_CORES = 0.3
PATIENTS, ALARMS, AUDIT = 40, 50_000, 100_000


def make_source(path: Path, rows: int, seed: int) -> None:
    """Write the source: the same bytes for the same seed."""
    chance = random.Random(seed)
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA}")
        patients = [(f"MRN{number:06d}", f"Baby {number}") for number in range(PATIENTS)]
        file.executemany("INSERT INTO patients (mrn, name) VALUES (?, ?)", patients)
        file.executemany(f"INSERT INTO vitals VALUES (NULL, {', '.join('?' * 9)})", vitals(chance, rows))
        file.executemany(
            "INSERT INTO alarms VALUES (NULL, ?, ?, ?, ?)",
            (
                (number % PATIENTS + 1, 1_700_000_000_000 + number * 977, "active" if number % 500 == 0 else "resolved",
                 json.dumps({"parameter": "spo2", "value": chance.randint(60, 84), "limit": 85, "steps": [1, 2.5]}))
                for number in range(ALARMS)
            ),
        )  # fmt: skip
        file.executemany(
            "INSERT INTO audit_log VALUES (NULL, ?, ?, ?, ?)",
            (
                (f"2024-01-{number % 28 + 1:02d}T00:00:00.000Z", f"nurse{number % 30}", "acknowledge", "ward Ü")
                for number in range(AUDIT)
            ),
        )


def vitals(chance: random.Random, rows: int) -> Iterator[tuple[object, ...]]:
    """Yield vitals rows with gaps, as a ward of 40 cots makes them."""
    draw = chance.random
    for number in range(rows):
        yield (
            number % PATIENTS + 1, 1_700_000_000_000 + number * 25, round(120 + 60 * draw(), 1),
            round(85 + 15 * draw(), 1) if number % 17 else None, round(30 + 40 * draw(), 1),
            round(36 + 2 * draw(), 2), round(45 + 30 * draw(), 1) if number % 3 == 0 else None,
            round(25 + 20 * draw(), 1) if number % 3 == 0 else None, "device",
        )  # fmt: skip


def ours(server: PostgresServer, source: Path, name: str, lane: str = "auto", verify: bool = True) -> Figure:
    """Measure a move of ours, stage by stage."""
    figure = Figure(name)
    shutil.rmtree(source.parent / f".{source.name}.migration", ignore_errors=True)  # an unverified move keeps it
    with server.database() as url:
        pid = pid_of(server)
        command = [sys.executable, "-m", "bench.migration_ours", str(pid), str(source), url, lane]
        report = json.loads(watched([*command, "verify" if verify else "no"], figure, pid))
    figure.seconds |= {stage: value for stage, value in report["seconds"].items() if stage != "all"}
    figure.cpu |= report["cpu"]
    figure.note = ", ".join(f"{rows:,} rows by the {lane} lane" for lane, rows in report["lanes"].items())
    return figure


def pid_of(server: PostgresServer) -> int:
    """Return the process that all of the server's others come from."""
    assert server.process is not None
    return server.process.pid


def limit(server: PostgresServer, source: Path, sessions: int) -> Figure:
    """Measure the server's own COPY FROM binary files of the vitals rows, in one session or in two at once."""
    figure = Figure(f"limit: COPY FROM a binary file, {sessions} session(s)")
    with server.database() as url, psycopg.connect(url, autocommit=True) as connection:
        files = [server.folder / f"vitals{number}.bin" for number in range(sessions)]
        connection.execute(b"CREATE TABLE made (%s)" % _columns())
        _fill_by_csv(url, source, "made", Figure(""))
        for number, file in enumerate(files):
            part = f"(SELECT * FROM made WHERE id % {sessions} = {number})"
            connection.execute(f"COPY {part} TO '{file}' (FORMAT binary)".encode())
        connection.execute(b"DROP TABLE made; CREATE TABLE vitals (%s); CHECKPOINT" % _columns())
        begun, spent, busy = time.perf_counter(), cpu_seconds(pid_of(server)), busy_seconds()
        with ThreadPoolExecutor(sessions) as pool:
            list(pool.map(lambda file: _copy_file(url, file), files))
        figure.seconds["copy"] = round(time.perf_counter() - begun, 3)
        figure.cpu["copy"] = round(cpu_seconds(pid_of(server)) - spent, 2)
        rest = busy_seconds() - busy - figure.cpu["copy"]
        figure.others = round(max(0.0, rest) / figure.seconds["copy"], 2)
        for file in files:
            file.unlink()
    return figure


def _copy_file(url: str, file: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"COPY vitals FROM '{file}' (FORMAT binary)".encode())


def _columns() -> bytes:
    real = ", ".join(
        f"{name} double precision"
        for name in ("heart_rate", "spo2", "resp_rate", "temperature", "bp_systolic", "bp_diastolic")
    )
    return f"id bigint, patient_id bigint, recorded_at bigint, {real}, source text".encode()


def _fill_by_csv(url: str, source: Path, table: str, figure: Figure, server_pid: int | None = None) -> None:
    pipe = (
        f"sqlite3 -csv '{source}' 'SELECT * FROM vitals' | psql -qX '{url}' -c '\\copy {table} FROM STDIN (FORMAT csv)'"
    )
    watched(["sh", "-c", pipe], figure, server_pid)


def csv(server: PostgresServer, source: Path) -> Figure:
    """Measure sqlite3 -csv | psql, vitals alone, without keys and indexes."""
    figure = Figure("sqlite3 -csv | psql (vitals alone, no keys)")
    with server.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(b"CREATE TABLE vitals (%s)" % _columns())
        _fill_by_csv(url, source, "vitals", figure, pid_of(server))
    figure.seconds["copy"] = figure.seconds["all"]
    return figure


def pgloader(server: PostgresServer, source: Path) -> Figure:
    """Measure pgloader's own SQLite migration with its defaults."""
    figure = Figure("pgloader (unverified)")
    with server.database() as url:
        command = [str(ensure("pgloader")), "--with", "prefetch rows = 10000", f"sqlite://{source}", url]
        out = watched(command, figure, pid_of(server))
    copied = [line for line in out.splitlines() if line.strip().startswith("vitals ")]
    figure.note = " ".join(copied[0].split()) if copied else ""
    return figure


WAYS: dict[str, list[Callable[[PostgresServer, Path], Figure]]] = {
    "limit": [partial(limit, sessions=1), partial(limit, sessions=2)],
    "ours": [partial(ours, name=BARE, verify=False), partial(ours, name=FULL)],
    "plain": [partial(ours, name=PLAIN, lane="plain", verify=False)],
    "csv": [csv],
    "pgloader": [pgloader],
}


def run(rows: int, seed: int, only: list[str], keep: Path | None, repeat: int, patience_s: float) -> list[Figure]:
    """Measure everything asked for on one source and one server, `repeat` times in turn, each in a quiet moment."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, running_server(**SERVER) as server:
        source = keep or Path(folder) / "ward.db"
        if not source.exists():
            make_source(source, rows, seed)
        for way in (way for _ in range(repeat) for name in only for way in WAYS[name]):
            wait_for_quiet(QUIET_CORES, patience_s)
            figures.append(way(server, source))
            print(line_of(figures[-1]), file=sys.stderr, flush=True)
    return figures


def main() -> None:
    """Read the options, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default=",".join(WAYS))
    options.add_argument("--repeat", type=int, default=1, help="every way so many times in turn; the best counts")
    options.add_argument("--patience", type=float, default=0, help="seconds to wait for a quiet machine before each")
    options.add_argument("--source", type=Path, help="keep the source here, and use it again")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    for name in ("sqlite3", "psql", "pgloader"):
        ensure(name)
    before = os.getloadavg()[0]
    figures = run(chosen.rows, chosen.seed, chosen.only.split(","), chosen.source, chosen.repeat, chosen.patience)
    if chosen.json:
        print(json.dumps([vars(figure) for figure in figures], indent=2))
    else:
        show(chosen.rows, chosen.rows + ALARMS + AUDIT, figures)
        print(f"load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
