"""Upkeep and slowness, on real servers and on a file."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations import maintenance, slowness, sqlite_upkeep
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import DAILY, DAY_MS, WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare
from nicu_dashboard.operations.shapes import shape
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill, run
from tests.operations.test_optimizing import TODAY
from tests.postgres import PostgresServer, running_server


def state_of(database: Database, table: str) -> maintenance.TableState:
    return next(state for state in maintenance.tables(database) if state.name == table)


def test_dead_rows_are_seen_and_cleared(database: Database, store_url: str) -> None:
    fill(database, 5_000)
    ask(store_url, "UPDATE vitals SET spo2 = 90 WHERE id <= 4000")
    ask(store_url, "SELECT pg_stat_force_next_flush()") if _major(store_url) > 14 else None
    state = state_of(database, "vitals")
    assert (state.live, state.dead, state.stale_vacuum, state.stale_statistics) == (5_000, 4_000, True, True)
    assert 0.3 < state.bloat / state.size < 0.6
    report = Report()
    maintenance.refresh(database, maintenance.tables(database), report)
    assert any(line.startswith("cleared dead rows of vitals") for line in report.deeds)
    after = state_of(database, "vitals")
    assert (after.dead, after.stale_vacuum, after.stale_statistics) == (0, False, False)


def _major(url: str) -> int:
    return int(str(ask(url, "SHOW server_version_num")[0][0])) // 10_000


def test_a_long_transaction_is_named_with_the_way_to_end_it(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "_TRANSACTIONS", maintenance._TRANSACTIONS.replace("300 s", "0 s"))
    with psycopg.connect(store_url) as forgotten:
        forgotten.execute("SELECT 1")
        (line,) = maintenance.hindrances(database)
        pid = forgotten.info.backend_pid
    assert line.startswith(f"the transaction of postgres (process {pid}, idle in transaction) is 0 min old")
    assert line.endswith(f"end it: SELECT pg_terminate_backend({pid})")
    assert maintenance.hindrances(database) == []


def test_what_a_user_may_not_see_is_unknown_and_never_well(database: Database, store_url: str) -> None:
    ask(store_url, "DROP ROLE IF EXISTS short_sighted; CREATE ROLE short_sighted LOGIN")
    user = connect(store_url.replace("postgres@", "short_sighted@"))
    (line,) = maintenance.hindrances(user)
    user.close()
    ask(store_url, "DROP ROLE short_sighted")
    assert line.startswith("unknown: transactions of other users")


def test_old_readings_go_only_when_asked_and_roll_ups_stay(database: Database, store_url: str) -> None:
    fill(database, 3_000, every="30 minutes", since="2026-09-20 00:00:00+00")
    ward = Ward(database)
    ward.store(ward.reading(0, heart_rate=140))
    optimize(database, Wishes(DAILY), TODAY, Report())
    assert maintenance.keep_partitions(database, TODAY, None, Report()) == []
    assert ask(store_url, "SELECT count(*) FROM vitals") == [(3_001,)]
    dropped = maintenance.keep_partitions(database, TODAY, 60 * DAY_MS, Report())
    assert dropped[0] == "vitals_past"
    assert dropped[-1] == "vitals_p20260923"
    assert ask(store_url, "SELECT min(recorded_at)::date::text FROM vitals") == [("2026-09-24",)]
    assert ask(store_url, "SELECT count(*) FROM vitals_minute") == [(1,)]


def test_retention_needs_partitions(database: Database) -> None:
    with pytest.raises(CannotCare, match="divide it by time first: nicu db optimize --partition"):
        maintenance.keep_partitions(database, TODAY, 60 * DAY_MS, Report())


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("26w", 182), ("2y", 730)])
def test_a_retention_is_written_with_its_unit(text: str, days: int) -> None:
    assert maintenance.retention_ms(text) == days * DAY_MS


@pytest.mark.parametrize("text", ["", "1d", "0y", "-90d", "90", "forever", "9999999d"])
def test_a_retention_that_would_empty_the_store_is_refused(text: str) -> None:
    with pytest.raises(CannotCare, match="--retention takes how long readings are kept, a week at least"):
        maintenance.retention_ms(text)


def test_the_command_looks_after_a_divided_store_and_notes_what_it_dropped(database: Database, store_url: str) -> None:
    fill(database, 1_000, every="1 hour", since="2026-09-01 00:00:00+00")
    optimize(database, Wishes(WEEKLY), TODAY, Report())
    told = run("db", "maintain", "--retention", "7d", DATABASE_URL=store_url)
    assert told.returncode == 0, told.stderr
    assert "dropped the readings of vitals_p20260907" in told.stderr
    noted = ask(store_url, "SELECT action, detail -> 'partitions' ->> 0 FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert noted == [("readings dropped by retention", "vitals_p20260831")]


def test_a_file_is_looked_after(sqlite_store: Database) -> None:
    ward = Ward(sqlite_store)
    ward.store(ward.reading(1, heart_rate=140))
    report = Report()
    assert sqlite_upkeep.look_after(sqlite_store, report) == []
    assert report.deeds == [
        "looked for damage: none found",
        "looked at the contents of the tables, for the planner",
        "put the log into the file",
    ]
    assert Path(f"{sqlite_store.address.database}-wal").stat().st_size == 0
    told = run("db", "maintain", "--retention", "90d", DATABASE_URL=f"sqlite:///{sqlite_store.address.database}")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


def test_a_damaged_file_is_found_wrong(sqlite_store: Database) -> None:
    path = Path(sqlite_store.address.database)
    ward = Ward(sqlite_store)
    ward.store(*(ward.reading(second, heart_rate=140.0) for second in range(2_000)))
    sqlite_upkeep.look_after(sqlite_store, Report())
    sqlite_store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\x00" * 4_096)
    told = run("db", "maintain", DATABASE_URL=f"sqlite:///{path}")
    assert told.returncode in {1, 2}
    assert "nicu db restore" in told.stderr


@pytest.fixture(scope="module")
def watched() -> Iterator[PostgresServer]:
    """A server that remembers its statements."""
    with running_server(shared_preload_libraries="pg_stat_statements") as server:
        yield server


def test_statements_are_remembered_by_shape_and_never_by_value(watched: PostgresServer) -> None:
    with watched.database() as url:
        ask(url, "CREATE EXTENSION pg_stat_statements")
        store = open_store(url)
        ask(url, "SELECT count(*) FROM patients WHERE mrn = 'MRN-CANARY' AND 777123 = 777123")
        ask(url, "ALTER ROLE postgres SET search_path = 'public'")
        memory = slowness.remembered(store, 200)
        told = run("db", "slow", "--json", "--limit", "200", DATABASE_URL=url)
        store.close()
    assert memory.hint is None
    text = "\n".join(one.shape for one in memory.statements)
    assert "SELECT count(*) FROM patients WHERE mrn = $1 AND $2 = $3" in text
    assert "ALTER ROLE" in text
    assert "search_path" not in text.split("ALTER ROLE")[1].splitlines()[0]
    for secret in ("CANARY", "777123"):
        assert secret not in text + told.stdout + told.stderr
    assert json.loads(told.stdout)["remembered"]


def test_without_the_extension_the_command_says_how_to_get_it(watched: PostgresServer, database: Database) -> None:
    with watched.database() as url:
        store = connect(url)
        memory = slowness.remembered(store, 5)
        store.close()
    assert memory.statements == ()
    assert "CREATE EXTENSION pg_stat_statements" in (memory.hint or "")
    ask_for_it = "CREATE EXTENSION pg_stat_statements"
    with database.writing() as connection:
        connection.exec_driver_sql(ask_for_it)
    assert "add it to shared_preload_libraries" in (slowness.remembered(database, 5).hint or "")


def test_the_dashboards_own_questions_are_timed(database: Database, sqlite_store: Database) -> None:
    fill(database, 500)
    for store in (database, sqlite_store):
        ward = Ward(store)
        ward.store(ward.reading(1, heart_rate=140, spo2=95))
        asked = slowness.ask(store)
        assert len(asked) == 10
        assert all(0 < each.best_ms <= each.worst_ms for each in asked)


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("SELECT * FROM patients WHERE mrn = 'MRN-1' -- Ada", "SELECT * FROM patients WHERE mrn = ?"),
        ("SELECT x1, 12.5 FROM t2\n  WHERE a IN ($1, $2, $3)", "SELECT x1, ? FROM t2 WHERE a IN (…)"),
        ("INSERT INTO t VALUES ('O''Brien', $$it's$$, 5e3)", "INSERT INTO t VALUES (…)"),
        ("ALTER ROLE nicu_app PASSWORD 'secret'", "ALTER ROLE"),
        ("SELECT /* MRN-7 */ E'a\\'b' || X", "SELECT ? || X"),
    ],
)
def test_a_shape_has_no_literal(statement: str, left: str) -> None:
    assert shape(statement) == left
