"""The drill on PostgreSQL: a copy restored beside the store, compared, and taken away whatever happens."""

import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.backup import api, dump
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare
from tests.cli.conftest import NICU, clean_environment
from tests.operations.conftest import ask, fill, run, set_up
from tests.operations.test_optimizing import TODAY
from tests.postgres import PostgresServer
from tests.waiting import within

pytestmark = pytest.mark.usefixtures("server_programs")


def test_a_drill_restores_beside_the_store_and_takes_it_away(database: Database, store_url: str) -> None:
    fill(database, 500)
    done = api.drill(database, None, TODAY, Report())
    assert (done.wrong, done.rows > 500) == ((), True)
    assert ask(store_url, "SELECT count(*) FROM pg_database WHERE datname LIKE 'nicu_drill_%'") == [(0,)]


def test_a_drill_takes_away_what_a_killed_one_of_its_store_left_behind(database: Database, store_url: str) -> None:
    (oid,) = ask(store_url, "SELECT oid FROM pg_database WHERE datname = current_database()")[0]
    left, of_another = f"nicu_drill_{oid}_0000beef", f"nicu_drill_1{oid}_0000beef"
    for name in (left, of_another):
        ask(store_url, f"CREATE DATABASE {name}")
    assert (
        f"dropped {left}, a copy that an interrupted drill had left"
        in run("db", "drill", DATABASE_URL=store_url).stderr
    )
    assert ask(store_url, "SELECT datname FROM pg_database WHERE datname LIKE 'nicu_drill_%'") == [(of_another,)]
    ask(store_url, f"DROP DATABASE {of_another}")
    with psycopg.connect(store_url) as other:
        other.execute("SELECT pg_advisory_lock(1313424214, hashtext('drill'))")
        with pytest.raises(CannotCare, match="another drill of this store is at work"):
            api.drill(database, None, TODAY, Report())


def test_a_drill_that_systemd_ends_takes_away_what_it_made(postgres_server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "pg_dump").symlink_to(postgres_server.bin_dir / "pg_dump")
    lasting = tmp_path / "pg_restore"
    real = postgres_server.bin_dir / "pg_restore"
    lasting.write_text(f'#!/bin/sh\ncase "$1" in --version|--list) exec {real} "$@";; esac\nexec sleep 60\n')
    lasting.chmod(0o755)
    places = {"NICU_POSTGRES_PROGRAMS": str(tmp_path), "TMPDIR": str(tmp_path)}
    with postgres_server.database(set_up(postgres_server)) as url:
        made = "SELECT count(*) FROM pg_database WHERE datname LIKE 'nicu_drill_%'"
        drill = subprocess.Popen(
            [NICU, "db", "drill"], env=clean_environment(DATABASE_URL=url, **places), stderr=subprocess.PIPE, text=True
        )
        try:
            within(
                30, lambda: list(tmp_path.glob("nicu-*/passwords")) and ask(url, made) == [(1,)], "a copy is restored"
            )
            drill.terminate()
            _, said = drill.communicate(timeout=30)
        finally:
            drill.kill()
        assert (drill.returncode, said) == (130, "nicu: stopped.\n")
        assert ask(url, made) == [(0,)]
        assert list(tmp_path.glob("nicu-*")) == []


def test_a_drill_writes_in_the_letters_of_the_store_whatever_the_server_takes_for_new_databases(
    database: Database, store_url: str
) -> None:
    takes = "UPDATE pg_database SET encoding = pg_char_to_encoding('{}') WHERE datname = 'template0'"
    ask(store_url, takes.format("SQL_ASCII"))
    try:
        assert api.drill(database, None, TODAY, Report()).wrong == ()
    finally:
        ask(store_url, takes.format("UTF8"))


def test_a_drill_finds_what_did_not_come_back(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 500)
    whole = dump.restore

    def lossy(copied: Path, address: object, report: Report) -> None:
        whole(copied, address, report)  # type: ignore[arg-type]
        url = store_url.rpartition("/")[0] + f"/{address.database}"  # type: ignore[attr-defined]
        ask(url, "DELETE FROM vitals WHERE id = 7")
        ask(url, "UPDATE patients SET name = 'x'")

    monkeypatch.setattr(dump, "restore", lossy)
    done = api.drill(database, None, TODAY, Report())
    assert done.wrong == ("public.patients has 1 rows, but other contents", "public.vitals has 499 rows instead of 500")


def test_a_drill_can_use_a_database_of_ones_own_and_leaves_it_empty(
    any_server: PostgresServer, database: Database
) -> None:
    fill(database, 20)
    with any_server.database() as url:
        own = replace(database.address, database=url.rpartition("/")[2])
        assert api.drill(database, own, TODAY, Report()).wrong == ()
        assert ask(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]
        ask(url, "CREATE TABLE letters (x int)")
        with pytest.raises(CannotCare, match="the target is not empty"):
            api.drill(database, own, TODAY, Report())
        assert ask(url, "SELECT count(*) FROM letters") == [(0,)]
