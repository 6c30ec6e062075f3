"""What keeps the program from running is one line with the remedy and exit code 2, tried with the real thing."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Said, program
from tests.templates import copy_of_empty_store


def one_line(said: Said) -> str:
    """The one line of a command that could not run."""
    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.count("\n") == 1
    return said.err


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken(tmp_path: Path, taken_port: int, command: str) -> None:
    extra = ("--no-browser",) if command == "demo" else ()
    line = one_line(program(command, "--port", str(taken_port), *extra, cwd=tmp_path))
    assert f"127.0.0.1:{taken_port}" in line
    assert "--port" in line


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("cot", "list"), ("db", "check"), ("db", "upgrade")])
def test_a_directory_that_cannot_be_written(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("no directory")
    line = one_line(program(*command, cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/file/nicu.db"))
    assert "cannot be written" in line
    assert "DATABASE_URL" in line


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("cot", "list"), ("db", "check"), ("db", "upgrade")])
def test_a_file_that_is_no_database(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "nicu.db").write_bytes(b"Dear diary, " * 999)
    assert "not a SQLite database" in one_line(program(*command, cwd=tmp_path))
    assert (tmp_path / "nicu.db").read_bytes() == b"Dear diary, " * 999


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("cot", "list")])
def test_a_database_that_is_damaged(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = copy_of_empty_store(tmp_path / "nicu.db")
    content = bytearray(path.read_bytes())
    content[100:8_000] = os.urandom(7_900)
    path.write_bytes(content)
    line = one_line(program(*command, cwd=tmp_path))
    assert "damaged" in line
    assert "nicu db" in line


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    path = copy_of_empty_store(tmp_path / "nicu.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (("serve", "--port", "0"), ("db", "check"), ("db", "upgrade")):
        assert "newer version" in one_line(program(*command, cwd=tmp_path))


def test_a_database_of_somebody_else(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "nicu.db")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    assert "holds other tables" in one_line(program("cot", "list", cwd=tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NICU_PORT", "eight thousand"),
        ("NICU_LOG_LEVEL", "loud"),
        ("NICU_DEFINITION", "mine"),
        ("NICU_SECOND_FACTOR", "nurses"),
        ("DB_POOL_SIZE", "0"),
        ("DATABASE_URL", "mysql://nurse:s3same@host/db"),
        ("DATABASE_URL", "postgresql://nurse:s3/s@me@host/db"),
        ("DATABASE_URL_FILE", "/no/such/file"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_secret(tmp_path: Path, name: str, value: str) -> None:
    line = one_line(program("serve", "--port", "0", cwd=tmp_path, **{name: value}))
    assert name.removesuffix("_FILE") in line
    assert "s3" not in line
    assert "Value error" not in line


def test_what_is_misspelt_names_the_help(tmp_path: Path) -> None:
    assert "nicu demo --help" in one_line(program("demo", "--cot", "3", cwd=tmp_path))
    assert "nicu --help" in one_line(program("dmeo", cwd=tmp_path))
    assert "Missing option" in one_line(program("transfer", cwd=tmp_path))


def test_a_demo_stays_away_from_real_babies(tmp_path: Path) -> None:
    url = f"sqlite:///{copy_of_empty_store(tmp_path / 'nicu.db')}"
    program("cot", "add", "NICU-01", cwd=tmp_path, DATABASE_URL=url)
    program("admit", "--mrn", "A-1", "--cot", "NICU-01", cwd=tmp_path, DATABASE_URL=url)
    line = one_line(program("demo", "--port", "0", "--no-browser", cwd=tmp_path, DATABASE_URL=url))
    assert "not simulated" in line
    assert "unset DATABASE_URL" in line


def test_a_demo_with_a_recording_that_is_not_there(tmp_path: Path) -> None:
    said = program("demo", "--port", "0", "--no-browser", "--replay", "none.csv", cwd=tmp_path)
    assert "none.csv cannot be read" in one_line(said)
