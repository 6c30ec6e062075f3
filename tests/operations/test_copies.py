"""Backup, restore and drill on SQLite and on two versions of PostgreSQL."""

import itertools
import json
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.tables import vitals
from nicu_dashboard.operations.backup import api, manifest, programs
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from nicu_dashboard.operations.roles.script import DUTIES
from nicu_dashboard.operations.sessions import CannotCare
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill, run
from tests.operations.test_optimizing import TODAY
from tests.postgres import PostgresServer

pytestmark = pytest.mark.usefixtures("server_programs")


@pytest.fixture
def filled(sqlite_store: Database) -> Ward:
    """A SQLite store with some readings."""
    ward = Ward(sqlite_store)
    ward.store(*(ward.reading(second, heart_rate=140 + second % 7, spo2=95.5) for second in range(50)))
    return ward


def empty_sqlite(tmp_path: Path) -> Database:
    return connect(f"sqlite:///{tmp_path / 'target.db'}")


@contextmanager
def written_meanwhile(ward: Ward) -> Iterator[None]:
    """Let readings come in, one after the other, while the block runs."""
    over = threading.Event()

    def write() -> None:
        for second in itertools.count(100):
            if over.is_set():
                return
            ward.store(ward.reading(second, heart_rate=150))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_sqlite_file_is_copied_while_it_is_written_and_comes_back_whole(
    filled: Ward, tmp_path: Path, sqlite_store: Database
) -> None:
    with written_meanwhile(filled):
        copied = api.backup(sqlite_store, tmp_path, TODAY, Report())
    assert copied.path.name == "nicu-20261123T080000Z.db"
    assert stat.S_IMODE(copied.path.stat().st_mode) == 0o600
    target = empty_sqlite(tmp_path)
    found = api.restore(target, copied.path, Report())
    assert (found.wrong, found.rows) == ((), copied.manifest.rows)
    again = open_store(f"sqlite:///{tmp_path / 'target.db'}")
    assert len(Ward(again).rows(vitals)) == copied.manifest.tables["vitals"].rows >= 50
    again.close()


def test_a_copy_never_replaces_a_file(filled: Ward, sqlite_store: Database, tmp_path: Path) -> None:
    api.backup(sqlite_store, tmp_path / "copy.db", TODAY, Report())
    with pytest.raises(CannotCare, match=r"copy\.db is there already; name another file"):
        api.backup(sqlite_store, tmp_path / "copy.db", TODAY, Report())
    with pytest.raises(CannotCare, match="there is no folder"):
        api.backup(sqlite_store, tmp_path / "attic" / "copy.db", TODAY, Report())


def test_a_restore_goes_into_an_empty_store_only(filled: Ward, sqlite_store: Database, tmp_path: Path) -> None:
    copied = api.backup(sqlite_store, tmp_path / "copy.db", TODAY, Report())
    with pytest.raises(CannotCare, match=r"nicu\.db holds data already; name a new file in DATABASE_URL"):
        api.restore(sqlite_store, copied.path, Report())
    fresh = open_store(f"sqlite:///{tmp_path / 'fresh.db'}")  # set up, nobody admitted: empty too
    assert api.restore(fresh, copied.path, Report()).wrong == ()


def test_a_copy_that_was_changed_is_refused(filled: Ward, sqlite_store: Database, tmp_path: Path) -> None:
    copied = api.backup(sqlite_store, tmp_path / "copy.db", TODAY, Report())
    with copied.path.open("r+b") as file:
        file.seek(copied.size // 2)
        file.write(b"\xff" * 64)
    with pytest.raises(CannotCare, match="was changed or damaged since it was made"):
        api.restore(empty_sqlite(tmp_path), copied.path, Report())
    manifest.beside(copied.path).write_text("{")
    with pytest.raises(CannotCare, match=r"copy\.db\.json cannot be read or was damaged"):
        api.restore(empty_sqlite(tmp_path), copied.path, Report())


def test_what_is_no_copy_is_refused(tmp_path: Path, filled: Ward, store_url: str, sqlite_store: Database) -> None:
    (tmp_path / "letter.db").write_text("Dear colleagues")
    with pytest.raises(CannotCare, match=r"letter\.db is no copy made by nicu db backup"):
        api.restore(empty_sqlite(tmp_path), tmp_path / "letter.db", Report())
    with pytest.raises(CannotCare, match="cannot be read"):
        api.restore(empty_sqlite(tmp_path), tmp_path / "nothing.db", Report())
    copied = api.backup(sqlite_store, tmp_path / "copy.db", TODAY, Report())
    server = connect(store_url)
    with pytest.raises(CannotCare, match="is a copy of a sqlite store, and DATABASE_URL names a postgresql one"):
        api.restore(server, copied.path, Report())
    server.close()


def test_a_drill_on_sqlite_compares_every_table(filled: Ward, sqlite_store: Database) -> None:
    done = api.drill(sqlite_store, None, TODAY, Report())
    assert done.wrong == ()
    assert done.rows > 50
    assert done.total_s > 0


def test_a_server_is_copied_while_it_is_written_and_comes_back_whole(
    any_server: PostgresServer, database: Database, store_url: str, tmp_path: Path
) -> None:
    fill(database, 2_000)
    ward = Ward(database)
    with written_meanwhile(ward):
        copied = api.backup(database, tmp_path, TODAY, Report())
    assert copied.path.name == "nicu-20261123T080000Z.dump"
    assert stat.S_IMODE(copied.path.stat().st_mode) == 0o600
    with any_server.database() as url:
        target = connect(url)
        found = api.restore(target, copied.path, Report())
        assert found.wrong == ()
        assert ask(url, "SELECT count(*) FROM vitals")[0][0] == copied.manifest.tables["public.vitals"].rows
        with pytest.raises(CannotCare, match="the target is not empty"):
            api.restore(target, copied.path, Report())
        target.close()


def test_a_restored_server_counts_on_and_keeps_its_policies(
    any_server: PostgresServer, database: Database, tmp_path: Path
) -> None:
    fill(database, 20)
    prefix = "restored"
    roles.apply(database, prefix, Report())
    copied = api.backup(database, tmp_path / "copy.dump", TODAY, Report())
    with any_server.database() as url:
        target = connect(url)
        assert api.restore(target, copied.path, Report()).wrong == ()
        forced = "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'vitals'::regclass"
        assert ask(url, forced) == [(True,)]
        ward = Ward(target)
        ward.store(ward.reading(1, heart_rate=150))
        assert ask(url, "SELECT max(id) FROM vitals") == [(21,)]
        roles.apply(target, prefix, Report())
        target.close()
        for duty in DUTIES:
            ask(url, f"DROP OWNED BY {prefix}_{duty} CASCADE")
    with psycopg.connect(_url(database), autocommit=True) as connection:
        for duty in DUTIES:
            connection.execute(f"DROP OWNED BY {prefix}_{duty} CASCADE")
            connection.execute(f"DROP ROLE {prefix}_{duty}")


def _url(database: Database) -> str:
    address = database.address
    return f"postgresql://postgres@127.0.0.1:{address.port}/{address.database}"


def test_a_user_from_whom_rows_are_hidden_makes_no_copy(database: Database, tmp_path: Path) -> None:
    fill(database, 20)
    roles.apply(database, "hidden", Report())
    owner = connect(_url(database).replace("postgres@", "hidden_owner@"))
    with pytest.raises(
        CannotCare, match="row level security hides rows from this user, so the copy would be incomplete"
    ):
        api.backup(owner, tmp_path / "copy.dump", TODAY, Report())
    with pytest.raises(CannotCare, match="row level security hides rows"):
        api.drill(owner, None, TODAY, Report())
    owner.close()
    assert list(tmp_path.iterdir()) == []
    for duty in DUTIES:
        ask(_url(database), f"DROP OWNED BY hidden_{duty} CASCADE; DROP ROLE hidden_{duty}")


def test_programs_older_than_the_server_are_not_used(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.4'\n")
    old.chmod(0o755)
    monkeypatch.setenv(programs.SETTING, str(tmp_path))
    with pytest.raises(
        CannotCare, match="pg_dump of PostgreSQL 17 or newer was not found; install postgresql-client-17"
    ):
        programs.find("pg_dump", 17)


def test_no_secret_is_on_a_command_line_or_readable_by_others(database: Database) -> None:
    address = replace(database.address, password="p:a\\ss w'rd", user="postgres")
    with programs.connected(address) as environment:
        assert "p:a" not in str(environment)
        for name in ("PGSERVICEFILE", "PGPASSFILE"):
            assert stat.S_IMODE(Path(environment[name]).stat().st_mode) == 0o600
            assert stat.S_IMODE(Path(environment[name]).parent.stat().st_mode) == 0o700
        assert Path(environment["PGPASSFILE"]).read_text() == "*:*:*:*:p\\:a\\\\ss w'rd\n"
    assert not Path(environment["PGSERVICEFILE"]).exists()


def test_a_password_with_odd_characters_reaches_the_server(any_server: PostgresServer, tmp_path: Path) -> None:
    with any_server.database() as url:
        # This server trusts whoever comes; that the program accepts the file is what is shown.
        address = replace(connect(url).address, password="p:a\\ss w'rd#")
        programs.run((programs.find("pg_dump", 14), f"--file={tmp_path / 'x'}", "--no-password"), address, Report())
    assert (tmp_path / "x").stat().st_size > 0


def test_the_commands_say_what_they_did(any_server: PostgresServer, store_url: str, tmp_path: Path) -> None:
    told = run("db", "backup", str(tmp_path / "copy.dump"), DATABASE_URL=store_url)
    assert (told.returncode, told.stdout.strip()) == (0, str(tmp_path / "copy.dump"))
    done = run("db", "drill", "--json", DATABASE_URL=store_url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True
    noted = ask(store_url, "SELECT action FROM audit_log ORDER BY seq")
    assert noted == [("database backed up",), ("backup drill",)]
    with any_server.database() as url:
        back = run("db", "restore", str(tmp_path / "copy.dump"), DATABASE_URL=url)
        assert back.returncode == 0, back.stderr
        assert "Every table has the rows and the checksum it had" in back.stderr


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("missing folder", "there is no folder"),
        ("pooler", "leads through a pooler in transaction mode"),
        ("full disk", "the disk is full"),
        ("no programs", "pg_dump of PostgreSQL"),
    ],
)
def test_what_cannot_be_copied_is_one_line(
    asked: str, line: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    where, more = str(tmp_path / "copy.dump"), {programs.SETTING: str(postgres_server.bin_dir)}
    with postgres_server.database() as url:
        store = open_store(url)
        fill(store, 3_000)
        store.close()
        if asked == "missing folder":
            where = str(tmp_path / "attic" / "copy.dump")
        elif asked == "no programs":
            more = {programs.SETTING: str(tmp_path)}
        more["DATABASE_URL"] = f"{url}?pgbouncer=true" if asked == "pooler" else url
        with limited_files() if asked == "full disk" else nullcontext():
            told = run("db", "backup", where, **more)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert line in told.stderr
    assert list(tmp_path.iterdir()) == []


@contextmanager
def limited_files() -> Iterator[None]:
    """No file may grow beyond 16 kB, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
