"""The target's disk really fills up: a small one is refused, a filling one stops the move, room lets it go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from nicu_dashboard.migration import api
from tests.cli.conftest import program
from tests.migration.files import make
from tests.postgres import PostgresServer


def namespace() -> list[str]:
    """Return the start of a command that may mount a disk which nobody else sees."""
    as_other = [] if os.getuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", "--mount", *as_other]


def test_a_disk_that_is_full_stops_the_move_and_room_lets_it_go_on(tmp_path: Path) -> None:
    rows = [("x" * 900,) for _ in range(60_000)]
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    source = make(tmp_path / "big.db", script, [("INSERT INTO t (v) VALUES (?)", rows)])
    disk = Path("/tmp") / f"nicu-full-{os.getpid()}"  # where the server's own account can reach it
    disk.mkdir()
    try:
        command = [*namespace(), sys.executable, "-m", "tests.migration.full_disk", str(source), str(disk)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    finally:
        disk.rmdir()
    small, full, again, verified, *roomy, narrow, also_narrow = map(json.loads, done.stdout.splitlines())
    assert (small["exit_code"], "the target's disk has" in small["summary"]) == (2, True), small["summary"]
    assert (full["exit_code"], full["really"]) == (2, True), full["summary"]  # a full log takes the server down too
    assert (again["exit_code"], again["tables"][0]["rows"]) == (0, 60_000), again["summary"]
    assert (verified["exit_code"], verified["tables"][0]["compared"]) == (0, 60_000)
    assert [(told["exit_code"], told["advice"]) for told in roomy] == [(0, [])] * 2  # the data directory's disk is full
    for told in (narrow, also_narrow):  # and here it has room
        assert (told["exit_code"], "disk of the tablespace narrow has" in told["summary"]) == (2, True), told["summary"]


def test_a_plan_says_that_it_could_not_look_at_the_disk(tmp_path: Path, postgres_server: PostgresServer) -> None:
    source = make(tmp_path / "x.db", "CREATE TABLE t (v INT)")
    with postgres_server.database() as url, role_in(postgres_server, url) as as_owner:
        said = api.plan(str(source), as_owner, api.Options(as_is=True))
        assert (said.exit_code, len(said.advice)) == (0, 1), said.summary
        assert "not looked at" in said.advice[0]
        assert "GRANT pg_read_all_settings" in said.advice[0]
        shown = program("migrate", "plan", source, as_owner, "--as-is", cwd=tmp_path)
        assert said.advice[0] in shown.out.splitlines()
        assert api.plan(str(source), url, api.Options(as_is=True)).advice == []


@contextmanager
def role_in(server: PostgresServer, url: str) -> Iterator[str]:
    """Yield the address for a role that owns a database and may see no settings of the server."""
    name = f"owner_{url[-12:]}"
    database = url.rpartition("/")[2]
    server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    server.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(name)))
    try:
        yield url.replace("postgres@", f"{name}@")
    finally:
        server.execute(sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(sql.Identifier(database)))
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
