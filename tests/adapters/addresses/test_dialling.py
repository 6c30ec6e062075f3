"""What stands between the dashboard and its server is named in one line that says what to do."""

import dataclasses
import signal
import time

import psycopg
import pytest

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.faults import SENTENCES, ConnectFault, recognised
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from tests.adapters.addresses import strangers
from tests.adapters.addresses.conftest import ESCAPED, PASSWORD, GuardedServer, fault
from tests.postgres import PostgresServer, free_port, running_server


def one(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> object:
    """Return the one value of a statement."""
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_password_with_every_awkward_character_opens_the_door(guarded: GuardedServer) -> None:
    with dial(read_address(guarded.url(), {})) as connection:
        assert one(connection, "SELECT current_user") == "nicu"


def test_a_key_value_form_opens_the_same_door(guarded: GuardedServer) -> None:
    text = f"host=localhost port={guarded.server.port} dbname=ward user=nicu password='{PASSWORD}'"
    with dial(read_address(text, {})) as connection:
        assert one(connection, "SELECT current_database()") == "ward"


@pytest.mark.parametrize(
    ("user", "database", "kind"),
    [
        ("nicu:wrong", "ward", "wrong password"),
        ("nobody_we_know:wrong", "ward", "wrong password"),
        ("nicu", "ward", "password missing"),
        ("banned:x", "ward", "refused by its rules"),
        (f"nicu:{ESCAPED}", "no_ward", "unknown database"),
        (f"nicu:{ESCAPED}", "private_ward", "missing privilege"),
    ],
)
def test_a_server_that_refuses_says_why(guarded: GuardedServer, user: str, database: str, kind: str) -> None:
    assert fault(guarded.url(user, database)) == kind


def test_an_unknown_user_is_named_where_no_password_is_asked_for(postgres_server: PostgresServer) -> None:
    assert fault(f"postgresql://stranger@127.0.0.1:{postgres_server.port}/postgres") == "unknown user"


def test_too_many_connections_are_named(guarded: GuardedServer) -> None:
    url = guarded.url(f"crowded:{ESCAPED}")
    with dial(read_address(url, {})):
        assert fault(url) == "too many connections"


def test_a_read_only_server_is_named_where_one_that_writes_is_asked_for(guarded: GuardedServer) -> None:
    url = guarded.url(database="standby", query="target_session_attrs=read-write")
    assert fault(url) == "read-only server"


def test_of_several_hosts_the_one_that_writes_is_found(guarded: GuardedServer) -> None:
    port = guarded.server.port
    url = f"postgresql://nicu:{ESCAPED}@localhost:{free_port()},localhost:{port}/ward"
    with dial(read_address(url, {})) as connection:
        assert one(connection, "SELECT pg_is_in_recovery()") is False


def test_a_closed_port_is_named() -> None:
    assert fault(f"postgresql://nicu@127.0.0.1:{free_port()}/ward") == "closed port"


def test_a_socket_that_nobody_listens_at_is_named() -> None:
    assert fault("postgresql://nicu@/ward?host=/nowhere") == "no socket"


def test_an_unknown_host_is_named() -> None:
    assert fault("postgresql://nicu@no-such-host.invalid/ward") == "unknown host"


def test_a_server_that_never_answers_is_given_up() -> None:
    with strangers.listener(strangers.never) as port:
        assert fault(f"postgresql://nicu@127.0.0.1:{port}/ward?connect_timeout=2") == "time-out"


def test_what_is_not_postgresql_is_named() -> None:
    with strangers.listener(strangers.web_page) as port:
        assert fault(f"postgresql://nicu@127.0.0.1:{port}/ward") == "not PostgreSQL"


def test_a_connection_that_breaks_off_is_named() -> None:
    with strangers.listener(strangers.hang_up) as port:
        assert fault(f"postgresql://nicu@127.0.0.1:{port}/ward?sslmode=disable") == "broken off"


@pytest.mark.parametrize("number", ["13.22", "9.6.24"])
def test_a_server_older_than_14_is_turned_down(number: str) -> None:
    with strangers.listener(strangers.version(number)) as port:
        assert fault(f"postgresql://nicu@127.0.0.1:{port}/ward") == "server too old"


def test_a_server_that_stops_is_named() -> None:
    with running_server() as server:
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        with dial(read_address(url, {})):
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)  # waits for its clients, takes no new ones
            deadline = time.monotonic() + 10
            while "received smart shutdown" not in server.log.read_text() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert fault(url) == "server starting or stopping"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("FATAL:  Tenant or user not found", "wrong password"),
        ("FATAL:  no more connections allowed (max_client_conn)", "too many connections"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "too many connections",
        ),
        ("FATAL:  the database system is not yet accepting connections", "server starting or stopping"),
        ("SSL error: tlsv1 alert unknown ca", "client certificate refused"),
        ("connection to server failed: No route to host", "no way"),
        ("something never seen before", None),
    ],
)
def test_the_words_of_servers_that_are_not_at_hand_are_understood(words: str, kind: str | None) -> None:
    assert recognised(words) == kind


def asleep(port: int, sleeps: bool) -> Address:
    """Return the address of a server that may sleep."""
    address = read_address(f"postgresql://postgres@127.0.0.1:{port}/postgres", {})
    return dataclasses.replace(address, sleeps=sleeps)


def test_a_server_that_sleeps_is_tried_twice(postgres_server: PostgresServer) -> None:
    with (
        strangers.listener(strangers.asleep_at_first(postgres_server.port)) as port,
        dial(asleep(port, sleeps=True)) as connection,
    ):
        assert one(connection, "SELECT 1") == 1


def test_any_other_is_tried_once(postgres_server: PostgresServer) -> None:
    with strangers.listener(strangers.asleep_at_first(postgres_server.port)) as port, pytest.raises(ConnectFault):
        dial(asleep(port, sleeps=False))


def test_the_schema_and_the_time_outs_hold_for_the_session(guarded: GuardedServer) -> None:
    url = guarded.url(query="schema=Odd%22%20Name&options=-c%20statement_timeout%3D7s")
    with dial(read_address(url, {})) as connection:
        assert one(connection, "SHOW search_path") == '"Odd"" Name"'
        assert one(connection, "SHOW statement_timeout") == "7s"
        assert one(connection, "SHOW lock_timeout") == "10s"
        assert one(connection, "SHOW application_name") == "nicu-dashboard"


def test_behind_a_pooler_of_sessions_they_are_set_after_the_start(postgres_server: PostgresServer) -> None:
    address = read_address(f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres?schema=ward", {})
    with dial(dataclasses.replace(address, pool_mode="session")) as connection:
        assert one(connection, "SHOW search_path") == '"ward"'
        assert one(connection, "SHOW statement_timeout") == "1min"
        assert "-c" not in connection.info.options


def test_statements_are_prepared_as_the_url_says(postgres_server: PostgresServer) -> None:
    url = f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres?statement_cache_size="
    with dial(read_address(url + "0", {})) as unprepared, dial(read_address(url + "7", {})) as prepared:
        assert unprepared.prepare_threshold is None
        assert prepared.prepared_max == 7


def test_libpqs_own_environment_leads_nowhere_else(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "203.0.113.9")
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1")
    address = read_address(f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres", {})
    with dial(dataclasses.replace(address, pool_mode="transaction")) as connection:
        assert one(connection, "SHOW statement_timeout") == "0"


def test_a_service_of_the_environment_that_is_not_there_is_named(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICE", "nowhere")
    with pytest.raises(ConnectFault, match="PGSERVICE names a service that cannot be read"):
        dial(read_address(f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres", {}))


def test_every_sentence_is_one_short_line() -> None:
    assert all(len(sentence) < 130 and "\n" not in sentence for sentence in SENTENCES.values())
