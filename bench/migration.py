"""Moving 5,000,000 vitals rows from SQLite to PostgreSQL: ours, the server's limit, sqlite3 | psql, pgloader.

    python -m bench.migration [--rows 5000000] [--seed 1] [--only ours,limit,csv,pgloader] [--json]

Needs `sqlite3` and `psql` (Debian: sqlite3, postgresql-client) and `pgloader` for the peers that are asked for.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.postgres import PostgresServer, running_server

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
PATIENTS, ALARMS, AUDIT = 40, 50_000, 100_000
PROGRAM = "import sys; from nicu_dashboard.cli.migrate import app; app(sys.argv[1:])"


@dataclass
class Figure:
    """One measured way: seconds by phase, peak memory of all its processes in MB, remarks."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    memory_mb: float = 0.0
    note: str = ""


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


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [below for child in task.read_text().split() for below in tree(int(child))]
    return found


def memory_mb(pid: int) -> float:
    """Return the proportional memory of a process and all below it, in MB."""
    total = 0
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


def watched(command: list[str], figure: Figure) -> str:
    """Run a command, note its seconds and peak memory, return its standard output; raises on failure."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                figure.memory_mb = max(figure.memory_mb, round(memory_mb(process.pid), 1))
            except OSError:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        out, err = process.communicate()
    finally:
        done.set()
        watcher.join()
    figure.seconds["all"] = round(time.perf_counter() - begun, 2)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {(err or out)[-800:]}")
    return out


def ours(server: PostgresServer, source: Path, *options: str) -> Figure:
    """Measure `nicu migrate run`."""
    figure = Figure(f"nicu migrate run {' '.join(options)}".strip())
    with server.database() as url:
        command = [sys.executable, "-c", PROGRAM, "run", str(source), url, "--as-is", "--json", *options]
        report = json.loads(watched(command, figure))
    figure.seconds |= {name: value for name, value in report["seconds"].items() if name != "all"}
    figure.note = ", ".join(f"{rows:,} rows by the {lane} lane" for lane, rows in report["lanes"].items())
    return figure


def limit(server: PostgresServer, source: Path) -> Figure:
    """Measure the server's own COPY FROM a binary file of the vitals rows."""
    figure = Figure("limit: server-side COPY FROM a binary file")
    with server.database() as url, psycopg.connect(url, autocommit=True) as connection:
        file = server.folder / "vitals.bin"
        connection.execute(b"CREATE TABLE made (%s)" % _columns())
        _fill_by_csv(url, source, "made", Figure(""))
        connection.execute(f"COPY made TO '{file}' (FORMAT binary)".encode())
        connection.execute(b"DROP TABLE made; CREATE TABLE vitals (%s); CHECKPOINT" % _columns())
        begun = time.perf_counter()
        connection.execute(f"COPY vitals FROM '{file}' (FORMAT binary)".encode())
        figure.seconds["copy"] = round(time.perf_counter() - begun, 3)
        file.unlink()
    return figure


def _columns() -> bytes:
    real = ", ".join(
        f"{name} double precision"
        for name in ("heart_rate", "spo2", "resp_rate", "temperature", "bp_systolic", "bp_diastolic")
    )
    return f"id bigint, patient_id bigint, recorded_at bigint, {real}, source text".encode()


def _fill_by_csv(url: str, source: Path, table: str, figure: Figure) -> None:
    pipe = (
        f"sqlite3 -csv '{source}' 'SELECT * FROM vitals' | psql -qX '{url}' -c '\\copy {table} FROM STDIN (FORMAT csv)'"
    )
    watched(["sh", "-c", pipe], figure)


def csv(server: PostgresServer, source: Path) -> Figure:
    """Measure sqlite3 -csv | psql, vitals alone, without keys and indexes."""
    figure = Figure("sqlite3 -csv | psql (vitals alone, no keys)")
    with server.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(b"CREATE TABLE vitals (%s)" % _columns())
        _fill_by_csv(url, source, "vitals", figure)
    figure.seconds["copy"] = figure.seconds["all"]
    return figure


def pgloader(server: PostgresServer, source: Path) -> Figure:
    """Measure pgloader's own SQLite migration with its defaults."""
    figure = Figure("pgloader (unverified)")
    with server.database() as url:
        out = watched(["pgloader", "--with", "prefetch rows = 10000", f"sqlite://{source}", url], figure)
    copied = [line for line in out.splitlines() if line.strip().startswith("vitals ")]
    figure.note = " ".join(copied[0].split()) if copied else ""
    return figure


def run(rows: int, seed: int, only: list[str], keep: Path | None) -> list[Figure]:
    """Measure everything asked for on one source and one server."""
    ways: dict[str, list[Callable[[PostgresServer, Path], Figure]]] = {
        "limit": [limit],
        "ours": [lambda server, source: ours(server, source, "--no-verify"), ours],
        "plain": [lambda server, source: ours(server, source, "--no-verify", "--lane", "plain")],
        "csv": [csv],
        "pgloader": [pgloader],
    }
    with tempfile.TemporaryDirectory() as folder, running_server(**SERVER) as server:
        source = keep or Path(folder) / "ward.db"
        if not source.exists():
            make_source(source, rows, seed)
        return [way(server, source) for name in only for way in ways[name]]


def show(rows: int, figures: list[Figure]) -> None:
    """Print the figures side by side and what they come to against the goals."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        phases = "  ".join(f"{name} {value:.2f} s" for name, value in figure.seconds.items())
        print(f"{figure.name:{width}}  {phases}  {figure.memory_mb:.0f} MB  {figure.note}")
    found = {figure.name.split(":")[0].split(" (")[0]: figure for figure in figures}
    bare, full = found.get("nicu migrate run --no-verify"), found.get("nicu migrate run")
    top, peer, plain = found.get("limit"), found.get("pgloader"), found.get("nicu migrate run --no-verify --lane plain")
    if top:
        rate = rows / top.seconds["copy"]
        print(f"\nlimit: {rate / 1e6:.2f} M rows/s")
        for label, one, goal in (("load", bare, 75), ("load without the columnar packages", plain, 40)):
            if one:
                share = (rows + ALARMS + AUDIT) / one.seconds["copy"] / rate
                print(f"{label}: {share * rate / 1e6:.2f} M rows/s, {share:.0%} of the limit (goal {goal} %)")
    if peer and bare and full:
        print(f"end to end, unverified: {peer.seconds['all'] / bare.seconds['all']:.1f} x pgloader (goal 5 x)")
        print(
            f"end to end, verified:   {peer.seconds['all'] / full.seconds['all']:.1f} x pgloader unverified (goal 3 x)"
        )
    if full:
        print(f"peak memory, all processes: {full.memory_mb:.0f} MB (goal 400 MB)")


def main() -> None:
    """Read the options, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="limit,ours,plain,csv,pgloader")
    options.add_argument("--source", type=Path, help="keep the source here, and use it again")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    missing = [name for name in ("sqlite3", "psql", "pgloader") if shutil.which(name) is None]
    only = [name for name in chosen.only.split(",") if name != "pgloader" or "pgloader" not in missing]
    figures = run(chosen.rows, chosen.seed, only, chosen.source)
    if chosen.json:
        print(json.dumps([vars(figure) for figure in figures], indent=2))
    else:
        show(chosen.rows, figures)


if __name__ == "__main__":
    main()
