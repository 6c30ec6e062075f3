"""`nicu migrate` at the command line: exit codes, JSON, and a word for a person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nicu_dashboard.cli.migrate import app
from nicu_dashboard.migration.report import Report
from tests.cli.conftest import program
from tests.migration.files import contents, make

SCRIPT = """
CREATE TABLE cots (id INTEGER PRIMARY KEY, label TEXT); INSERT INTO cots (label) VALUES ('NICU-01'), ('NICU-02');
"""


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    return make(tmp_path / "ward.db", SCRIPT)


def nicu(*arguments: object) -> tuple[int, str]:
    """Return the exit code and what was printed, its line breaks taken out."""
    result = CliRunner().invoke(app, [str(part) for part in arguments])
    return result.exit_code, " ".join(result.output.split())


def test_the_whole_way_there_and_back(ward: Path, postgres_url: str, tmp_path: Path) -> None:
    code, text = nicu("plan", ward, postgres_url, "--as-is")
    assert (code, "cots → public.cots" in text, "0 would be rejected" in text) == (0, True, True)
    code, text = nicu("run", ward, postgres_url, "--as-is")
    assert (code, "every value verified" in text) == (0, True)
    assert nicu("verify", ward, postgres_url)[0] == 0
    assert nicu("roll-back", postgres_url, tmp_path / "back.db")[0] == 0
    assert contents(tmp_path / "back.db") == contents(ward)
    code, text = nicu("roll-back", postgres_url, tmp_path / "back.db")
    assert (code, "already there" in text) == (2, True)


def test_the_report_as_json(ward: Path, postgres_url: str) -> None:
    code, text = nicu("run", ward, postgres_url, "--as-is", "--json")
    report = json.loads(text)
    assert (code, report["exit_code"], report["tables"][0]["rows"], report["lanes"]) == (0, 0, 2, {"plain": 2})


def test_a_file_that_is_not_the_dashboards_needs_as_is(ward: Path, postgres_url: str) -> None:
    code, text = nicu("run", ward, postgres_url)
    assert (code, "--as-is" in text) == (2, True)


def test_rejects_exit_1_and_what_cannot_run_exits_2(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "nul.db", "CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a' || char(0));")
    assert nicu("plan", source, postgres_url, "--as-is")[0] == 1
    assert nicu("run", source, postgres_url, "--as-is")[0] == 1
    assert nicu("run", tmp_path / "none.db", postgres_url, "--as-is", "--restart")[0] == 2
    assert nicu("run", source, "mysql://x/y", "--as-is")[0] == 2
    assert nicu("run", source, postgres_url, "--as-is", "--on-reject", "maybe")[0] == 2
    assert nicu("run", source, postgres_url, "--as-is", "--type", "t.v=nonsense", "--restart")[0] == 2


def test_a_person_can_choose_a_type(tmp_path: Path, postgres_url: str) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER); INSERT INTO t (at) VALUES (1700000000123);"
    source = make(tmp_path / "epoch.db", script)
    code, text = nicu("plan", source, postgres_url, "--as-is", "--type", "t.at=timestamptz:epoch_ms", "--json")
    column = json.loads(text)["tables"][0]["columns"][1]
    assert (code, column["becomes"]) == (0, "timestamptz (from epoch milliseconds)")
    assert nicu("run", source, postgres_url, "--as-is", "--type", "t.at=timestamptz:epoch_ms")[0] == 0


SHAPE = set(Report("").to_dict())


@pytest.mark.parametrize(
    ("line", "command", "said"),
    [
        ("run", "run", "Missing argument"), ("run x.db", "run", "Missing argument"),
        ("verify x.db postgresql:///y --thorogh", "verify", "No such option"), ("moov", "", "No such command"),
        ("run x.db postgresql:///y --type t=text", "run", "TABLE.COLUMN=TYPE"),
        ("run x.db postgresql:///y --lane fast", "run", "auto, plain or exact"),
        ("run x.db postgresql:///y --workers 0", "run", "--workers"),
        ("cut-over gone.db postgresql:///y", "cut-over", "cannot be used"),
        ("run gone.db mysql:///y --as-is", "run", "a database we do not know"),
        ("roll-back postgresql:///y test_commands.py", "roll-back", "cannot be used"),
    ],
)  # fmt: skip
def test_a_program_reads_one_shape_also_where_nothing_could_run(line: str, command: str, said: str) -> None:
    done = program("migrate", *line.split(), "--json", cwd=Path("/"))
    told = json.loads(done.out)
    assert (done.code, told["command"], told["exit_code"], set(told)) == (2, command, 2, SHAPE)
    assert (said in told["summary"], told["next_step"] != "") == (True, True), told
    plain = program("migrate", *line.split(), cwd=Path("/"))
    assert (plain.code, plain.out, said in plain.err) == (2, "", True)


def test_every_field_of_a_report_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/migration.md").read_text()
    assert [name for name in SHAPE if f"`{name}`" not in page] == []


def test_copying_any_file_loads_nothing_of_the_dashboards_own_tables() -> None:
    program = "import sys, nicu_dashboard.migration.running as r; print('sqlalchemy' in sys.modules, bool(r.run))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
