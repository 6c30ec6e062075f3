"""Databases that this project did not make go there and back."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg

from nicu_dashboard.migration import api
from tests.migration.files import contents, schema
from tools.ensure import ensure


def test_the_caches_of_a_type_checker_come_back_the_same(tmp_path: Path, postgres_url: str) -> None:
    cache = tmp_path / "cache"
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file=",
        "--sqlite-cache",
        "--cache-dir",
        str(cache),
        "-c",
        "x = 1",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    source = max(cache.rglob("*.db"), key=lambda path: path.stat().st_size)

    report = api.run(str(source), postgres_url, api.Options(as_is=True))
    assert report.exit_code == 0, report.summary
    assert sum(table.rows for table in report.tables) > 0
    back = tmp_path / "back.db"
    assert api.roll_back(postgres_url, str(back)).exit_code == 0
    assert contents(back) == contents(source)
    assert schema(back) == schema(source)


def test_the_register_of_coordinate_systems_comes_back_the_same(tmp_path: Path, postgres_url: str) -> None:
    """PROJ's own database: 35 tables, composite keys of numbers and text in one column, 50 foreign keys."""
    source = Path(shutil.copy(ensure("proj.db"), tmp_path / "proj.db"))
    report = api.run(str(source), postgres_url, api.Options(as_is=True))
    assert (report.exit_code, len(report.tables)) == (0, 35), report.summary
    assert {item["what"] for item in report.not_carried} == {"view", "trigger", "rule"}
    with closing(sqlite3.connect(source)) as file, psycopg.connect(postgres_url) as connection:
        listed = [file.execute(f'PRAGMA foreign_key_list("{table.name}")').fetchall() for table in report.tables]
        made = connection.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated AND conrelid::regclass::text"
            " NOT LIKE 'nicu_migration.%'"
        ).fetchone()
    assert made == (sum(len({row[0] for row in rows}) for rows in listed),) == (50,)
    back = tmp_path / "back.db"
    assert api.roll_back(postgres_url, str(back)).exit_code == 0
    found, wanted = contents(back), contents(source)
    wanted.pop("sqlite_stat1", None)  # the planner's statistics of SQLite
    assert found == wanted
    assert schema(back) == [item for item in schema(source) if item[1] != "sqlite_stat1"]


def test_the_files_of_a_browser_come_back_the_same(tmp_path: Path, postgres_url: str) -> None:
    """Chromium's history and forms: 60 tables with times of its own kind and keys of text."""
    profile = tmp_path / "profile"
    command = [str(ensure("chromium")), "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    subprocess.run([*command, f"--user-data-dir={profile}"], check=True, capture_output=True, timeout=120)
    for schema_name, name in (("history", "History"), ("forms", "Web Data")):
        source = profile / "Default" / name
        options = api.Options(as_is=True, schema=schema_name)
        report = api.run(str(source), postgres_url, options)
        assert (report.exit_code, len(report.tables) > 10) == (0, True), report.summary
        back = tmp_path / f"{schema_name}.db"
        assert api.roll_back(postgres_url, str(back), options).exit_code == 0
        assert contents(back) == contents(source)
        assert schema(back) == schema(source)
        with psycopg.connect(postgres_url) as connection:
            connection.execute("DROP SCHEMA nicu_migration CASCADE")
