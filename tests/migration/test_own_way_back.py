"""From PostgreSQL back to a SQLite file that the dashboard works on, with everything written since."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.errors import StoreMoved
from nicu_dashboard.migration import api
from tests.contracts.ward import Ward, by_nurse
from tests.migration.wards import everything, filled, live, opened


@pytest.fixture
def moved(tmp_path: Path, postgres_url: str) -> str:
    """A database that took a ward over and was in service since."""
    path = filled(tmp_path / "nicu.db")
    assert api.run(str(path), postgres_url, api.Options(follow=True)).exit_code == 0
    assert api.cut_over(str(path), postgres_url).exit_code == 0
    with opened(postgres_url) as database:
        live(Ward(database), 4_000, 4_100)
    return postgres_url


def test_everything_written_since_comes_back_while_the_dashboard_works(moved: str, tmp_path: Path) -> None:
    before = everything(moved)
    report = api.roll_back(moved, str(tmp_path / "back.db"))
    assert (report.exit_code, report.differences) == (0, []), report.summary
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert everything(back) == before
    with closing(revisions.open_store(back, environ={})) as database:
        live(Ward(database), 5_000, 5_010)
    with opened(moved) as database:
        live(Ward(database), 5_000, 5_010)
    with closing(sqlite3.connect(tmp_path / "back.db")) as file, psycopg.connect(moved) as connection:
        newest = "SELECT max(id) FROM vitals"
        assert file.execute(newest).fetchone() == connection.execute(newest).fetchone()


def test_closed_on_the_way_back_the_database_names_its_new_home(moved: str, tmp_path: Path) -> None:
    before = everything(moved)
    report = api.roll_back(moved, str(tmp_path / "back.db"), api.Options(close=True))
    assert (report.exit_code, report.setting) == (0, f"DATABASE_URL=sqlite:///{tmp_path / 'back.db'}"), report.summary
    assert everything(f"sqlite:///{tmp_path / 'back.db'}") == before
    with pytest.raises(StoreMoved, match=r"set DATABASE_URL=sqlite:///.*back.db"):
        revisions.open_store(moved, environ={})
    with opened(moved) as database, pytest.raises(StoreMoved):
        Ward(database).roster.add_cot("NICU-77", by_nurse())
    assert api.abort(moved).summary == "the database serves again."
    with opened(moved) as database:
        Ward(database).roster.add_cot("NICU-77", by_nurse())


def test_a_database_in_service_is_not_closed(moved: str, tmp_path: Path) -> None:
    with opened(moved) as database, database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
        report = api.roll_back(moved, str(tmp_path / "back.db"), api.Options(close=True))
    assert (report.exit_code, "at work" in report.summary, "spool" in report.next_step) == (2, True, True)
    assert not (tmp_path / "back.db").exists()


def test_a_row_that_was_rejected_comes_back_as_it_was(tmp_path: Path, postgres_url: str) -> None:
    path = filled(tmp_path / "nicu.db")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE annotations SET text = 'a' || char(0) || 'b'")
    assert api.run(str(path), postgres_url, api.Options(on_reject="quarantine")).exit_code == 1
    assert api.roll_back(postgres_url, str(tmp_path / "back.db")).exit_code == 0
    assert everything(f"sqlite:///{tmp_path / 'back.db'}") == everything(f"sqlite:///{path}")


def test_a_database_that_was_never_moved_can_go_back_too(tmp_path: Path, postgres_url: str) -> None:
    revisions.open_store(postgres_url, environ={}).close()
    with opened(postgres_url) as database:
        live(Ward(database), 0, 30)
    before = everything(postgres_url)
    assert api.roll_back(postgres_url, str(tmp_path / "back.db")).exit_code == 0
    assert everything(f"sqlite:///{tmp_path / 'back.db'}") == before


def test_closed_twice_it_says_what_the_second_file_does_not_hold(moved: str, tmp_path: Path) -> None:
    close = api.Options(close=True)
    first = api.roll_back(moved, str(tmp_path / "back.db"), close)
    assert (first.exit_code, first.also_set) == (0, [f"NICU_AUDIT_KEY_FILE={tmp_path / 'nicu.db.audit-key'}"])
    assert {table.compared == table.rows for table in first.tables} == {True}
    second = api.roll_back(moved, str(tmp_path / "again.db"), close)
    assert (second.exit_code, f"what {first.setting} has taken since is not in it" in second.summary) == (0, True)


def test_a_way_back_is_refused_where_it_could_only_fail(moved: str, tmp_path: Path) -> None:
    said = {
        api.roll_back(moved, str(tmp_path / "none/back.db")).summary: "is not there",
        api.roll_back(moved, str(tmp_path / "back.db"), api.Options(close=True, as_is=True)).summary: "no new home",
        api.roll_back(str(tmp_path / "back.db"), moved.replace("postgres@", "postgres:s3cret@")).summary: "SQLite file",
        api.roll_back(moved, str(tmp_path / "nicu.db")).summary: "is already there",
    }
    assert [words for summary, words in said.items() if words not in summary or "s3cret" in summary] == []
    assert not list(tmp_path.glob("*back.db*"))
