"""Commands in the wrong order, twice at once, on the wrong file or target: one clear line each, and nothing is lost."""

from __future__ import annotations

import dataclasses
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.alone import alone_on
from nicu_dashboard.migration.options import reported
from nicu_dashboard.migration.progress import Silent
from nicu_dashboard.migration.report import Report
from tests.adapters.addresses.pooler import pgbouncer
from tests.cli.conftest import NICU, clean_environment, program
from tests.contracts.ward import Ward
from tests.migration.files import make
from tests.migration.prisma_files import build
from tests.migration.wards import everything, filled, live, opened
from tests.postgres import PostgresServer

FOLLOW = api.Options(follow=True)
STOPPED = b"nicu: stopped; run the same command again to go on.\n"
RESTART = dataclasses.replace(FOLLOW, restart=True)


@pytest.fixture
def ward_file(tmp_path: Path) -> Path:
    return filled(tmp_path / "nicu.db")


def test_begun_again_a_move_never_drops_what_a_ward_has_written_since(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    assert api.cut_over(str(ward_file), postgres_url).exit_code == 0
    before = everything(postgres_url)
    report = api.run(str(ward_file), postgres_url, RESTART)
    assert (report.exit_code, "in service since" in report.summary, "roll-back" in report.next_step) == (2, True, True)
    with opened(postgres_url) as database, database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "at work on this target" in api.run(str(ward_file), postgres_url, RESTART).summary
    assert everything(postgres_url) == before


def test_nor_where_the_source_stood_still(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    assert api.run(str(ward_file), postgres_url, api.Options(restart=True)).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE nicu_migration.runs SET finished_at = '2020-01-01'")
    with opened(postgres_url) as database:
        live(Ward(database), 9_000, 9_003)
    report = api.run(str(ward_file), postgres_url, api.Options(restart=True))
    assert (report.exit_code, "in service since" in report.summary) == (2, True), report.summary


@pytest.mark.parametrize("command", ["run", "catch-up", "cut-over", "abort"])
def test_a_second_command_on_the_same_file_waits_its_turn(ward_file: Path, postgres_url: str, command: str) -> None:
    with alone_on(ward_file):
        said = program("migrate", command, ward_file, postgres_url, cwd=ward_file.parent)
    assert (said.code, "another `nicu migrate` is at work on nicu.db" in " ".join(said.err.split())) == (2, True)
    assert not list(ward_file.parent.glob(".*"))


def test_every_command_says_which_comes_first(ward_file: Path, postgres_url: str) -> None:
    source = str(ward_file)
    for command in (api.catch_up, api.cut_over, api.verify):
        report = command(source, postgres_url)
        assert (report.exit_code, report.next_step) == (2, "Run `nicu migrate run` first."), command
    report = api.roll_back(postgres_url, str(ward_file.with_name("back.db")))
    assert (report.exit_code, "no finished move" in report.summary) == (2, True)
    assert api.abort(source, postgres_url).summary == "nicu.db was followed by no move; nothing to do."
    assert not ward_file.with_name("back.db").exists()


def test_a_target_with_the_move_of_another_file_is_not_continued(
    ward_file: Path, postgres_url: str, tmp_path: Path
) -> None:
    other = make(tmp_path / "other.db", "CREATE TABLE t (v INT)", [("INSERT INTO t VALUES (?)", [(1,), (2,)])])
    assert api.run(str(other), postgres_url, api.Options(as_is=True)).exit_code == 0
    for state in ("done", "loading"):
        with psycopg.connect(postgres_url) as connection:
            connection.execute("UPDATE nicu_migration.runs SET state = %s", (state,))
        report = api.run(str(ward_file), postgres_url)
        assert (report.exit_code, f"another file ({other})" in report.summary) == (2, True), report.summary
        assert "another file" in api.run(str(ward_file), postgres_url, api.Options(as_is=True)).summary


@pytest.mark.parametrize("as_is", [True, False])
def test_two_moves_into_one_target_at_once_do_not_mix(tmp_path: Path, postgres_url: str, as_is: bool) -> None:
    options, script = (
        api.Options(as_is=as_is, follow=None if as_is else True),
        "CREATE TABLE {} (v); INSERT INTO {} VALUES (1)",
    )
    files = [
        make(tmp_path / f"{name}.db", script.format(name, name)) if as_is else filled(tmp_path / f"{name}.db")
        for name in ("first", "second")
    ]

    class SomebodyElse(Silent):
        """Moves another file there, just after the target was found empty."""

        def start(self, stage: str, total: int, unit: str) -> None:
            if stage == "snapshot":
                assert api.run(str(files[1]), postgres_url, options).exit_code == 0

    report = api.run(str(files[0]), postgres_url, options, SomebodyElse())
    assert (report.exit_code, report.summary) == (2, "another move to this target has begun meanwhile.")
    assert api.verify(str(files[1]), postgres_url, options).exit_code == 0
    assert not list(tmp_path.glob(".*"))
    with closing(sqlite3.connect(files[0])) as file:
        assert file.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'nicu_migration%'").fetchall() == []


def test_a_file_that_has_moved_is_not_moved_again(ward_file: Path, postgres_server: PostgresServer) -> None:
    with postgres_server.database() as first, postgres_server.database() as second:
        assert api.run(str(ward_file), first, FOLLOW).exit_code == 0
        assert api.cut_over(str(ward_file), first).exit_code == 0
        report = api.run(str(ward_file), second)
        assert (report.exit_code, first in report.summary, "roll-back" in report.next_step) == (2, True, True)


def test_every_command_refuses_a_pooler(ward_file: Path, postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url, pgbouncer(postgres_server, 4) as port:
        assert api.run(str(ward_file), url, FOLLOW).exit_code == 0
        pooled = url.replace(f":{postgres_server.port}/", f":{port}/") + "?pgbouncer=true"
        for command in (api.plan, api.run, api.catch_up, api.verify, api.cut_over, api.abort):
            report = command(str(ward_file), pooled)
            assert (report.exit_code, "pooler" in report.summary) == (2, True), (command, report.summary)
            if command is api.abort:  # the source itself was let go
                assert "let go" in report.summary
        assert "pooler" in api.roll_back(pooled, str(ward_file.with_name("back.db"))).summary


def test_a_folder_that_cannot_be_written_is_named(ward_file: Path, postgres_url: str) -> None:
    folder = ward_file.with_name("a file")
    folder.write_text("in the way")
    report = api.run(str(ward_file), postgres_url, api.Options(work_dir=folder))
    assert (report.exit_code, str(folder) in report.summary, "--work-dir" in report.next_step) == (2, True, True)


def test_a_move_that_is_refused_before_it_has_begun_leaves_no_copy_of_the_source(
    tmp_path: Path, postgres_url: str
) -> None:
    source = make(tmp_path / "t.db", "CREATE TABLE t (v INT)", [("INSERT INTO t VALUES (?)", [(1,)])])
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TYPE t AS ENUM ('in the way')")
    report = api.run(str(source), postgres_url, api.Options(as_is=True))
    assert (report.exit_code, "already exists" in report.summary) == (2, True), report.summary
    assert [path.name for path in tmp_path.iterdir()] == ["t.db"]


def test_other_types_for_a_move_that_has_begun_are_not_passed_over(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "t.db", "CREATE TABLE t (v)", [("INSERT INTO t VALUES (?)", [("a",), (1,)])])
    begun = api.run(str(source), postgres_url, api.Options(as_is=True, kinds={"t.v": "text"}))
    assert (begun.exit_code, "--type and --restart" in begun.next_step) == (1, True), begun.next_step
    for chosen in ({"kinds": {"t.v": "any_json"}}, {"schema": "elsewhere"}):
        report = api.run(str(source), postgres_url, api.Options(as_is=True, **chosen))
        assert (report.exit_code, "--restart" in report.next_step) == (2, True), report.summary
    anew = api.Options(as_is=True, kinds={"t.v": "any_json"}, restart=True)
    assert api.run(str(source), postgres_url, anew).exit_code == 0


WORKED_ON = {
    "INSERT INTO t VALUES (3, 'only there')": "written to since",
    "UPDATE t SET v = 'mended' WHERE id = 1": "written to since",
    "DELETE FROM t WHERE id = 1": "written to since",
    "CREATE VIEW mine AS SELECT * FROM t": "more than the move has written",
    "CREATE SCHEMA their; CREATE VIEW their.mine AS SELECT * FROM t": "depend on",
}


@pytest.mark.parametrize("work", WORKED_ON)
def test_begun_again_a_plain_copy_drops_nothing_that_people_made_of_it(
    tmp_path: Path, postgres_url: str, work: str
) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE TABLE u (w);"
    source, options = make(tmp_path / "t.db", script), api.Options(as_is=True)
    assert api.run(str(source), postgres_url, options).exit_code == 0
    assert api.run(str(source), postgres_url, dataclasses.replace(options, restart=True)).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute(work.encode())
        before = connection.execute("SELECT * FROM t ORDER BY id").fetchall()
    report = api.run(str(source), postgres_url, dataclasses.replace(options, restart=True))
    assert (report.exit_code, WORKED_ON[work] in report.summary) == (2, True), report.summary
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == before


def test_begun_again_nothing_is_dropped_for_a_source_that_cannot_be_moved(tmp_path: Path, postgres_url: str) -> None:
    source, options = make(tmp_path / "t.db", "CREATE TABLE t (v); INSERT INTO t VALUES (1)"), api.Options(as_is=True)
    assert api.run(str(source), postgres_url, options).exit_code == 0
    wrong = dataclasses.replace(options, restart=True, kinds={"t.v": "nonsense"})
    assert api.run(str(source), postgres_url, wrong).exit_code == 2
    raw = source.read_bytes()
    source.write_bytes(raw[:4096] + b"\xff" * 64 + raw[4160:])
    assert "damaged" in api.run(str(source), postgres_url, dataclasses.replace(options, restart=True)).summary
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT * FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize("name", ["two words.db", "it's.db", "what?.db", "50%.db", "#1.db", 'q"q.db'])
def test_any_name_of_a_file_will_do(tmp_path: Path, postgres_url: str, name: str) -> None:
    source = make(tmp_path / name, "CREATE TABLE t (v INT)", [("INSERT INTO t VALUES (?)", [(1,), (2,)])])
    assert api.run(str(source), postgres_url, api.Options(as_is=True)).exit_code == 0
    assert api.verify(str(source), postgres_url, api.Options(as_is=True)).exit_code == 0
    back = tmp_path / f"back {name}"
    assert api.roll_back(postgres_url, str(back)).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, back.name])


def kept(folder: Path) -> list[str]:
    """What lies in a folder but for what SQLite keeps beside a file while it is read."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-shm", "-wal")))


@pytest.mark.parametrize("kind", ["own", "earlier"])
def test_a_folder_named_for_the_work_keeps_all_that_lies_in_it(tmp_path: Path, postgres_url: str, kind: str) -> None:
    source = filled(tmp_path / "nicu.db") if kind == "own" else build(tmp_path / "dev.db")
    (tmp_path / "snapshot-of-grandma.jpg").write_text("precious")
    before = kept(tmp_path)
    options = api.Options(work_dir=tmp_path, follow=True if kind == "own" else None)
    commands = [api.plan, api.run, api.verify] + ([api.cut_over] if kind == "own" else [])
    for command in commands:
        report = command(str(source), postgres_url, options)
        assert (report.exit_code, kept(tmp_path)) == (0, before), report.summary
    deeper = dataclasses.replace(options, work_dir=tmp_path / "new")
    assert api.verify(str(source), postgres_url, deeper).exit_code == 0
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_one_line_and_the_next_start_goes_on(
    ward_file: Path, postgres_url: str, sign: signal.Signals
) -> None:
    command = [str(NICU), "migrate", "run", str(ward_file), postgres_url, "--follow"]
    lock = ward_file.with_name(f".{ward_file.name}.migration-lock")
    stopped = 130 if sign == signal.SIGINT else -sign
    for wait_s in (0.0, 0.2, 0.5):
        process = subprocess.Popen(command, env=clean_environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        while process.poll() is None and not lock.exists():
            time.sleep(0.01)
        time.sleep(wait_s)
        process.send_signal(sign)
        out, err = process.communicate(timeout=30)
        assert process.returncode in (0, stopped, -sign), (out, err)  # the sign may find it when it has done all
        assert process.returncode != 130 or err == STOPPED, err
        assert b"Traceback" not in err + out
    done = subprocess.run(command, env=clean_environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert everything(postgres_url) == everything(f"sqlite:///{ward_file}")


def test_what_the_driver_says_after_a_stop_does_not_hide_the_stop() -> None:
    def work(report: Report) -> None:
        with suppress(KeyboardInterrupt):  # as a driver may do while it waits
            signal.raise_signal(signal.SIGINT)
        raise psycopg.OperationalError("the connection is lost")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born deaf to it
    try:
        with pytest.raises(KeyboardInterrupt):
            reported("run", work)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_stop_while_the_program_is_still_loading_is_one_line_too(ward_file: Path, postgres_url: str) -> None:
    command = [str(NICU), "migrate", "run", str(ward_file), postgres_url]
    process = subprocess.Popen(command, env=clean_environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    while b"pydantic_core" not in Path(f"/proc/{process.pid}/maps").read_bytes():
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", STOPPED)


def test_a_file_that_cannot_be_followed_says_so(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "x.db", "CREATE TABLE t (v INT)")
    asked = api.run(str(source), postgres_url, dataclasses.replace(FOLLOW, as_is=True))
    assert (asked.exit_code, "this dashboard's own" in asked.summary) == (2, True)
    assert api.run(str(source), postgres_url, api.Options(as_is=True)).exit_code == 0
    for command in (api.catch_up, api.cut_over):
        assert "--follow" not in command(str(source), postgres_url).next_step


def test_json_goes_alone_to_standard_output(ward_file: Path, postgres_url: str) -> None:
    shell = f"'{NICU}' migrate run '{ward_file}' '{postgres_url}' --json | '{sys.executable}' -m json.tool"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, '"exit_code": 0' in done.stdout, done.stderr) == (0, True, "")


def test_a_file_that_is_written_by_a_program_of_no_wal_is_named(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url, FOLLOW).exit_code == 0
    with closing(sqlite3.connect(ward_file, isolation_level=None)) as file:
        file.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        report = api.catch_up(str(ward_file), postgres_url)
    assert (report.exit_code, "locked" in report.summary) == (2, True), report.summary
    assert time.monotonic() - started < 60
