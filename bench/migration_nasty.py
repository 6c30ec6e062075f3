"""What becomes of one nasty SQLite file, by ours and by pgloader: `python -m bench.migration_nasty`."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from tests.postgres import running_server

PROGRAM = "import sys; from nicu_dashboard.cli.migrate import app; app(sys.argv[1:])"
SCRIPT = """
CREATE TABLE patients (id INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT NOT NULL, name TEXT);
INSERT INTO patients (mrn, name) VALUES ('M1', 'Ann'), ('M2', 'gone'); DELETE FROM patients WHERE mrn = 'M2';
CREATE TABLE mixed (id INTEGER PRIMARY KEY, at DATETIME);
INSERT INTO mixed VALUES (1, 1700000000123), (2, '2024-01-01T00:00:00.456Z'), (3, '2024-01-01 00:00:00');
CREATE TABLE epoch (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO epoch VALUES (1, 1700000000123);
CREATE TABLE iso (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO iso VALUES (1, '2024-01-01 00:00:00.789');
CREATE TABLE nul (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO nul VALUES (1, 'a' || char(0) || 'b');
CREATE TABLE broken (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO broken VALUES (1, CAST(x'61ff' AS TEXT)), (2, 'fine');
CREATE TABLE floats (id INTEGER PRIMARY KEY, v REAL); INSERT INTO floats VALUES (1, 0.1), (2, 1.7976931348623157e308);
CREATE TABLE big (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO big VALUES (1, 9223372036854775807);
CREATE TABLE blobs (id INTEGER PRIMARY KEY, v BLOB); INSERT INTO blobs VALUES (1, x'00ff10');
CREATE TABLE child (id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patients (id));
INSERT INTO child VALUES (1, 1), (2, 99);
"""
KEYS_OF_CHILD = "conrelid = 'child'::regclass AND contype = 'f'"
FACTS = {
    "rows of mixed timestamps (3)": "SELECT count(*)::text FROM mixed",
    "epoch milliseconds 1700000000123": "SELECT at::text FROM epoch",
    "ISO text with milliseconds": "SELECT at::text FROM iso",
    "text with NUL": "SELECT coalesce((SELECT v::text FROM nul), 'no row')",
    "valid rows beside invalid UTF-8 (1)": "SELECT count(*)::text FROM broken WHERE id = 2",
    "reals 0.1 and 1.7976931348623157e308": "SELECT string_agg(v::text, ' and ' ORDER BY id) FROM floats",
    "integer 2^63 - 1": "SELECT v::text FROM big",
    "blob 00ff10": "SELECT v::text FROM blobs",
    "NOT NULL kept": "SELECT is_nullable = 'NO' FROM information_schema.columns WHERE column_name = 'mrn'",
    "foreign keys in force (1)": f"SELECT count(*) FROM pg_constraint WHERE {KEYS_OF_CHILD}",
    "next id after a deleted 2": "INSERT INTO patients (mrn) VALUES ('new') RETURNING id::text",
    "rejects kept in a table": "SELECT count(*)::text FROM nicu_migration.rejects",
}


def look(url: str) -> list[str]:
    """Return what became of each fact."""
    found = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FACTS.values():
            try:
                row = connection.execute(statement.encode()).fetchone()
                found.append("nothing" if row is None or row[0] is None else str(row[0]))
            except psycopg.Error as error:
                found.append(f"error {error.sqlstate}")
    return found


def ours(source: Path, url: str) -> int:
    """Move by this program and return the exit code."""
    command = [sys.executable, "-c", PROGRAM, "run", str(source), url, "--as-is", "--on-reject", "quarantine"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def pgloader(source: Path, url: str) -> int:
    """Move by pgloader and return the exit code."""
    return subprocess.run(["pgloader", f"sqlite://{source}", url], capture_output=True, check=False).returncode


def main() -> None:
    """Print a Markdown table."""
    ways: dict[str, Callable[[Path, str], int]] = {"nicu migrate": ours, "pgloader": pgloader}
    columns: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        source = Path(folder) / "nasty.db"
        with closing(sqlite3.connect(source)) as file:
            file.executescript(SCRIPT)
        for name, move in ways.items():
            with server.database() as url:
                code = move(source, url)
                columns[name] = [*look(url), str(code)]
    print("| |", " | ".join(columns), "|\n|---" + "|---" * len(columns) + "|")
    for place, fact in enumerate([*FACTS, "exit code"]):
        print("|", fact, "|", " | ".join(found[place] for found in columns.values()), "|")


if __name__ == "__main__":
    main()
