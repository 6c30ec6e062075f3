"""Whether a move's memory depends on the rows: `python -m bench.migration_memory [--rows 100000 1000000]`.

Files of our own schema, of the earlier dashboard, and any file (--as-is), each moved, verified and brought back; the
peak proportional memory of the command and its workers, without the server.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.migration import make_source
from bench.processes import Figure, watched
from tests.migration.prisma_files import build
from tests.migration.wards import filled
from tests.postgres import PostgresServer, running_server

PROGRAM = "import sys; from nicu_dashboard.cli.migrate import app; app(sys.argv[1:])"
FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, heart_rate, spo2, resp_rate)
SELECT 1, 1800000000000 + 1000 * i, 1800000000500 + 1000 * i, 1, 90.0 + i % 100, 80.5 + i % 19, i * 0.37 FROM n
"""


def own(path: Path, rows: int) -> None:
    """Write a file of ours."""
    filled(path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(FILL, (rows,))


SOURCES: dict[str, tuple[Callable[[Path, int], object], list[str]]] = {
    "own": (own, []),
    "earlier": (lambda path, rows: build(path, seconds=rows // 2), []),
    "as-is": (lambda path, rows: make_source(path, rows, 1), ["--as-is"]),
}


def measure(server: PostgresServer, name: str, rows: int, folder: Path) -> dict[str, float]:
    """Return the peak memory in MB of each command."""
    make, options = SOURCES[name]
    source, back, found = folder / f"{name}-{rows}.db", folder / "back.db", dict[str, float]()
    make(source, rows)
    with server.database() as url:
        for command, one, other in (("run", source, url), ("verify", source, url), ("roll-back", url, back)):
            figure = Figure(command)
            watched([sys.executable, "-c", PROGRAM, command, str(one), str(other), *options], figure)
            found[command] = figure.memory_mb
    back.unlink()
    source.unlink()
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--only", choices=sorted(SOURCES), action="append")
    chosen = parser.parse_args()
    print("| file | rows | run | verify | roll-back |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        for name in chosen.only or SOURCES:
            for rows in chosen.rows:
                found = measure(server, name, rows, Path(folder))
                print(
                    f"| {name} | {rows:,} | {' | '.join(f'{value:.0f} MB' for value in found.values())} |", flush=True
                )


if __name__ == "__main__":
    main()
