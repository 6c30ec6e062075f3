"""Databases that this project did not make go there and back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nicu_dashboard.migration import api
from tests.migration.files import contents, schema


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
