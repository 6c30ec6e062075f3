"""What cannot be done is one line with the next step and exit code 2, and nothing was changed."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.backup import programs
from tests.operations.conftest import ask, run, set_up
from tests.postgres import PostgresServer, running_server

CARE = {
    "optimize": ("db", "optimize", "--partition"),
    "maintain": ("db", "maintain"),
    "roles": ("db", "roles", "--apply"),
}


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A store on PostgreSQL that is set up and empty."""
    with postgres_server.database(set_up(postgres_server)) as made:
        yield made


def refused(url: str, *command: str, **more: str) -> str:
    """The one line of a refused command, which named neither password nor host."""
    told = run(*command, DATABASE_URL=url, **more)
    assert (told.returncode, told.stdout) == (2, ""), told.stderr
    assert told.stderr.count("\n") == 1
    assert "127.0.0.1" not in told.stderr
    return told.stderr


@pytest.mark.parametrize("command", CARE.values(), ids=CARE)
def test_a_pooler_of_transactions_is_gone_past(url: str, command: tuple[str, ...]) -> None:
    line = refused(f"{url}?pgbouncer=true", *command)
    assert "leads through a pooler in transaction mode, which migrations cannot use; set DATABASE_DIRECT_URL" in line


@pytest.fixture(scope="module")
def standby() -> Iterator[str]:
    """A store on a server that follows another and takes no writes."""
    with running_server() as server:
        url = server.url("postgres")
        open_store(url).close()
        server.stop()
        signal = server.data / "standby.signal"
        signal.touch()
        if server.account:
            os.chown(signal, server.account.pw_uid, server.account.pw_gid)
        server.start()
        yield url


@pytest.mark.parametrize("command", CARE.values(), ids=CARE)
def test_a_server_that_takes_no_writes_is_named(standby: str, command: tuple[str, ...]) -> None:
    assert "takes no writes (a standby?); name the primary in DATABASE_URL" in refused(standby, *command)


def test_a_standby_can_be_measured(standby: str) -> None:
    assert run("db", "size", DATABASE_URL=standby).returncode == 0
    assert run("db", "slow", DATABASE_URL=standby).returncode == 0


@pytest.mark.parametrize("command", CARE.values(), ids=CARE)
@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("9999", "newer version; install that version"),
        (None, "this database is empty; set it up first: nicu db upgrade"),
    ],
)
def test_another_schema_is_left_alone(
    url: str, command: tuple[str, ...], revision: str | None, said: str, postgres_server: PostgresServer
) -> None:
    if revision:
        ask(url, f"UPDATE alembic_version SET version_num = '{revision}'")
        assert said in refused(url, *command)
        return
    with postgres_server.database() as empty:
        assert said in refused(empty, *command)


@pytest.mark.parametrize("command", CARE.values(), ids=CARE)
def test_a_user_without_rights_is_told_whom_to_ask(url: str, command: tuple[str, ...]) -> None:
    stranger = f"stranger_{uuid.uuid4().hex[:8]}"
    ask(url, f"CREATE ROLE {stranger} LOGIN; GRANT SELECT ON alembic_version TO {stranger}")
    try:
        line = refused(url.replace("postgres@", f"{stranger}@"), *command)
    finally:
        ask(url, f"DROP OWNED BY {stranger}; DROP ROLE {stranger}")
    assert (
        "only the owner of the tables may do this; use the user postgres" in line or "nicu db roles --print-sql" in line
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("db", "optimize", "--partition", "--timescale"), "two ways to the same end; choose one"),
        (("db", "optimize", "--timescale"), "this server has no TimescaleDB"),
        (("db", "roles", "--apply", "--print-sql"), "choose one"),
        (("db", "roles", "--grant", "nicu_readonly"), "--grant takes ROLE=UNIT, such as nicu_readonly=1"),
        (("db", "roles", "--grant", "nobody_here=1"), "row level security is not set up in this database"),
        (("db", "roles", "--prefix", "x; DROP"), "--prefix takes small letters, digits and _"),
        (("db", "maintain", "--retention", "1d"), "--retention takes how long readings are kept, a week at least"),
        (("db", "maintain", "--retention", "90d"), "divide it by time first: nicu db optimize --partition"),
        (("db", "size", "--plan", "--cots", "0"), "see: nicu db size --help"),
        (("db", "restore", "/nowhere/copy.dump"), "cannot be read (no such file or directory)"),
    ],
)
def test_what_makes_no_sense_is_refused(url: str, command: tuple[str, ...], said: str) -> None:
    assert said in refused(url, *command)


def test_a_broken_copy_leaves_the_target_as_it_was(
    url: str, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(programs.SETTING, str(postgres_server.bin_dir))
    told = run("db", "backup", str(tmp_path / "copy.dump"), DATABASE_URL=url)
    assert told.returncode == 0, told.stderr
    whole = (tmp_path / "copy.dump").read_bytes()
    (tmp_path / "half.dump").write_bytes(whole[: len(whole) // 2])
    with postgres_server.database() as target:
        line = refused(target, "db", "restore", str(tmp_path / "half.dump"))
        assert "pg_restore failed: the copy is damaged" in line
        assert ask(target, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]
