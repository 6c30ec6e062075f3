"""A target whose readings and audit trail are divided by time: before the move, after it, and on the way back."""

from __future__ import annotations

from pathlib import Path

import psycopg

from nicu_dashboard.migration import api
from tests.cli.conftest import program
from tests.contracts.ward import Ward
from tests.migration.wards import everything, filled, live, opened


def test_a_ward_moves_into_divided_tables_and_back(tmp_path: Path, postgres_url: str) -> None:
    path = filled(tmp_path / "nicu.db")
    for command in (("db", "upgrade"), ("db", "optimize", "--partition")):
        assert program(*command, cwd=tmp_path, DATABASE_URL=postgres_url).code == 0
    report = api.run(str(path), postgres_url, api.Options(follow=True))
    assert (report.exit_code, report.differences) == (0, []), report.summary
    with opened(f"sqlite:///{path}") as database:
        live(Ward(database), 1_000, 1_060)
    assert api.cut_over(str(path), postgres_url).exit_code == 0
    assert everything(postgres_url) == everything(f"sqlite:///{path}")
    with psycopg.connect(postgres_url) as connection:
        kinds = connection.execute(
            "SELECT relname, relkind::text FROM pg_class WHERE relname IN ('audit_log', 'vitals') ORDER BY 1"
        ).fetchall()
    assert kinds == [("audit_log", "p"), ("vitals", "p")]
    back = api.roll_back(postgres_url, str(tmp_path / "back.db"))
    assert (back.exit_code, back.not_carried) == (0, []), back.summary
    assert everything(f"sqlite:///{tmp_path / 'back.db'}") == everything(postgres_url)


def test_tables_divided_after_the_cut_over_are_verified_and_come_back(tmp_path: Path, postgres_url: str) -> None:
    path = filled(tmp_path / "nicu.db")
    assert api.run(str(path), postgres_url, api.Options(follow=True)).exit_code == 0
    assert api.cut_over(str(path), postgres_url).exit_code == 0
    assert program("db", "optimize", "--partition", cwd=tmp_path, DATABASE_URL=postgres_url).code == 0
    verified = api.verify(str(path), postgres_url)
    assert verified.exit_code == 0, (verified.summary, verified.differences)
    with opened(postgres_url) as database:
        live(Ward(database), 4_000, 4_060)
    back = api.roll_back(postgres_url, str(tmp_path / "back.db"), api.Options(close=True))
    assert (back.exit_code, back.not_carried) == (0, []), back.summary
    assert everything(f"sqlite:///{tmp_path / 'back.db'}") == everything(postgres_url)
    assert api.abort(postgres_url).exit_code == 0


def test_tables_of_others_are_named(tmp_path: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        for name in ("a", "b", "c", "d"):
            connection.execute(f"CREATE TABLE {name} (v int)".encode())
    report = api.run(str(filled(tmp_path / "nicu.db")), postgres_url)
    assert (report.exit_code, "(a, b, c and 1 more)" in report.summary, "?schema=" in report.summary) == (2, True, True)
