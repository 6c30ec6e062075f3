"""A dashboard's own SQLite file goes into our PostgreSQL schema, and the dashboard works on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration import api
from tests.cli.conftest import program
from tests.cli.running import started
from tests.contracts.ward import Ward
from tests.migration.wards import everything, filled, live, opened


@pytest.fixture
def ward_file(tmp_path: Path) -> Path:
    return filled(tmp_path / "nicu.db")


@pytest.mark.parametrize("lane", ["auto", "plain", "exact"])
def test_every_value_arrives_and_reads_the_same(ward_file: Path, postgres_url: str, lane: str) -> None:
    before = everything(f"sqlite:///{ward_file}")
    assert [name for name, rows in before.items() if not rows] == []
    report = api.run(str(ward_file), postgres_url, api.Options(lane=lane))
    assert (report.exit_code, report.faults, report.differences) == (0, [], []), report.summary
    assert everything(postgres_url) == before
    assert api.verify(str(ward_file), postgres_url, api.Options(thorough=True)).exit_code == 0


def test_the_schema_is_the_one_that_our_history_makes(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    with opened(postgres_url) as database, database.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
        assert [difference for difference in found if "audit_log_first" not in str(difference)] == []
    with psycopg.connect(postgres_url) as connection:
        unsound = connection.execute("SELECT count(*) FROM pg_constraint WHERE NOT convalidated").fetchone()
        partial = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_alarms_active'").fetchone()
        covering = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_vitals_dashboard'"
        ).fetchone()
    assert unsound == (0,)
    assert "WHERE (status = 'active'::text)" in str(partial)
    assert "INCLUDE (heart_rate, spo2, resp_rate, temperature)" in str(covering)


def test_the_ward_goes_on_with_ids_never_given_before(ward_file: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(ward_file)) as file, file:
        newest = file.execute("SELECT max(id) FROM vitals").fetchone()[0]
        file.execute("DELETE FROM vitals WHERE id = ?", (newest,))
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    with opened(postgres_url) as database:
        live(Ward(database), 1_000, 1_010)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT min(id) FROM vitals WHERE id >= %s", (newest,)).fetchone() == (newest + 1,)


def test_a_changed_value_is_found_and_hidden(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE patients SET name = 'canary' WHERE mrn = 'MRN-ADA'")
        connection.execute('UPDATE vitals SET no_value = \'{"spo2": "x"}\' WHERE id = 7')
        connection.execute("UPDATE vitals_minute SET sum = sum + 0.001 WHERE parameter = 'spo2'")
    report = api.verify(str(ward_file), postgres_url)
    found = {(item["table"], item["column"]) for item in report.differences}
    assert report.exit_code == 1
    assert {("patients", "name"), ("vitals", "no_value"), ("vitals_minute", "")} <= found
    assert "canary" not in str(report.to_dict())


def test_an_older_schema_is_told_which_command_comes_first(tmp_path: Path, postgres_url: str) -> None:
    older = tmp_path / "older.db"
    with opened(f"sqlite:///{older}") as database:
        revisions.upgrade(database, "0001")
    for command in (api.plan, api.run):
        report = command(str(older), postgres_url)
        assert (report.exit_code, "older version" in report.summary) == (2, True)
        assert "`nicu db upgrade`" in report.next_step
    assert program("db", "upgrade", cwd=tmp_path, DATABASE_URL=f"sqlite:///{older}").code == 0
    assert api.run(str(older), postgres_url).exit_code == 0


def test_a_newer_schema_is_left_to_the_newer_program(ward_file: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(ward_file)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = 'from the future'")
    report = api.run(str(ward_file), postgres_url)
    assert (report.exit_code, "newer version" in report.summary) == (2, True)


def test_a_store_that_was_set_up_and_is_empty_may_take_it(ward_file: Path, postgres_url: str) -> None:
    revisions.open_store(postgres_url, environ={}).close()
    assert api.plan(str(ward_file), postgres_url).exit_code == 0
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    again = api.plan(str(ward_file), postgres_url)
    assert (again.exit_code, "already holds a dashboard's data" in again.summary) == (2, True)


def test_begun_again_it_makes_its_tables_anew(ward_file: Path, postgres_url: str) -> None:
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    assert api.run(str(ward_file), postgres_url, api.Options(restart=True)).exit_code == 0
    assert everything(postgres_url) == everything(f"sqlite:///{ward_file}")


def test_what_does_not_fit_is_told_by_the_plan_and_kept_by_the_run(ward_file: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(ward_file)) as file, file:
        file.execute("UPDATE patients SET name = 'a' || char(0) WHERE mrn = 'MRN-ADA'")
        file.execute("DROP TRIGGER audit_log_keeps_content")
        file.execute("UPDATE audit_log SET detail = '{broken' WHERE seq = 2")
        file.execute("UPDATE vitals SET received_at = 'yesterday' WHERE id = 3")
    planned = api.plan(str(ward_file), postgres_url)
    reasons = {(item["table"], item["column"]) for item in planned.rejects}
    assert planned.exit_code == 1
    assert reasons == {("patients", "name"), ("audit_log", "detail"), ("vitals", "received_at")}
    assert api.run(str(ward_file), postgres_url).exit_code == 1
    kept = api.run(str(ward_file), postgres_url, api.Options(on_reject="quarantine"))
    assert kept.exit_code == 1
    assert {("audit_log", "detail"), ("vitals", "received_at")} <= {(i["table"], i["column"]) for i in kept.rejects}
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM vitals").fetchone() == (0,)  # Ada's own: she is in the rejects


def test_the_dashboard_runs_on_what_arrived(ward_file: Path, postgres_url: str, tmp_path: Path) -> None:
    assert api.run(str(ward_file), postgres_url).exit_code == 0
    history = [
        (program("events", "--mrn", "MRN-ADA", "--json", cwd=tmp_path, DATABASE_URL=url),
         program("alarms", "--json", cwd=tmp_path, DATABASE_URL=url))
        for url in (f"sqlite:///{ward_file}", postgres_url)
    ]  # fmt: skip
    assert [said.code for pair in history for said in pair] == [0] * 4
    assert history[0] == history[1]
    assert "startedAt" in history[0][0].out or "started_at" in history[0][0].out
    with started("serve", "--port", "0", cwd=tmp_path, DATABASE_URL=postgres_url) as running:
        report = running.eventually("/api/health", lambda found: found["status"] == "healthy")
        assert (report["database"]["engine"], report["database"]["schema"]) == ("postgresql", "head")
        assert (report["engine"]["cots"], report["engine"]["babies"]) == (2, 1)
        assert running.stop()[0] == 0
