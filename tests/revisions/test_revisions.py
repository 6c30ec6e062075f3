"""The schema's history: one head, and it builds exactly what the tables' definitions say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.domain.errors import Told
from nicu_dashboard.services.actor import Actor
from tests.postgres import PostgresServer, newest_postgres_server, oldest_postgres_server

__all__ = ["newest_postgres_server", "oldest_postgres_server"]
_REVISIONS = Path(revisions.__file__).parent


def down(database: Database, to: str) -> None:
    """Take revisions back, down to and without those after this one."""
    with database.writing() as connection:
        config = revisions._config()
        config.attributes["connection"] = connection
        command.downgrade(config, to)


@pytest.fixture(params=["sqlite", "oldest postgresql", "newest postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where there is a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nicu.db'}"
        return
    server: PostgresServer = request.getfixturevalue(request.param.replace(" postgresql", "_postgres_server"))
    with server.database() as fresh:
        yield fresh


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    """A database without any table."""
    store = connect(url)
    yield store
    store.close()


def catalogue(database: Database) -> list[tuple[str, str]]:
    """Every table, column, constraint and index as the database itself describes it."""
    query = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL",
        "postgresql": (
            "SELECT table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '')"
            " || is_identity FROM information_schema.columns WHERE table_schema = 'public' AND table_name !~ 'alembic'"
            " UNION ALL SELECT indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' AND indexname !~ 'alembic'"
            " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conname !~ 'alembic'"
            " UNION ALL SELECT tgrelid::regclass || '.' || tgname, tgenabled::text || tgtype FROM pg_trigger"
            " WHERE tgname ~ '^audit_log'"
            " UNION ALL SELECT relname || ' room', reloptions::text FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reloptions IS NOT NULL"
        ),
    }[database.engine_name]
    with database.reading() as connection:
        # SQLite puts the name of a table that was written anew in quotes.
        found = connection.execute(text(query))
        return sorted((str(name), " ".join(str(sql).replace('"', "").split())) for name, sql in found)


def test_there_is_one_head() -> None:
    scripts = ScriptDirectory(str(_REVISIONS))
    assert scripts.get_heads() == [revisions.head()]
    assert {script.revision for script in scripts.walk_revisions()} == revisions.known()


def test_the_revisions_build_what_the_tables_say(empty: Database) -> None:
    revisions.upgrade(empty)
    built = catalogue(empty)
    with empty.writing() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
        # The names of sequences and tables go with the tables: the same database, made the other way.
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert built == catalogue(empty)
    known = ("idx_vitals_dashboard", "audit_log_first")
    assert [difference for difference in found if not any(name in str(difference) for name in known)] == []


def test_people_sessions_and_keys_survive_the_way_up_and_down(empty: Database) -> None:
    revisions.upgrade(empty, "0001")
    at = 1_700_000_000_000 if empty.engine_name == "sqlite" else "2023-11-14T22:13:20Z"
    with empty.writing() as connection:
        person = {"name": "eva", "role": "charge nurse", "at": at}
        connection.execute(text("INSERT INTO units (name) VALUES ('NICU')"))
        connection.execute(
            text(
                "INSERT INTO users (name, display_name, role, password_hash, created_at)"
                " VALUES (:name, :name, :role, 'hash', :at)"
            ),
            person,
        )
        connection.execute(
            text(
                "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at)"
                " VALUES ('token', 1, :at, :at, :at)"
            ),
            person,
        )
        connection.execute(
            text("INSERT INTO device_keys (name, key_hash, created_at) VALUES ('gateway', 'key', :at)"), person
        )
    before = catalogue(empty)
    revisions.upgrade(empty, "0002")
    people = SqlPeople(empty)
    eva = people.user_by_name("eva")
    assert (eva.role, eva.units) == ("charge nurse", None)
    found = people.session("token")
    assert found is not None
    assert found.method == "password"
    with empty.reading() as connection:
        assert connection.scalar(text("SELECT scope FROM device_keys")) == "send readings"
    entry = Actor("test", "operator").entry(1_700_000_000_000, "user.add", "user")
    people.add_user("rob", "Rob", "researcher", "hash", entry, units=frozenset({1}), external_id="issuer rob")
    down(empty, "0001")
    assert catalogue(empty) == before
    with empty.reading() as connection:
        rows = connection.execute(text("SELECT name, role, disabled_at IS NULL FROM users ORDER BY name")).all()
    assert [tuple(row) for row in rows] == [("eva", "charge nurse", True), ("rob", "nurse", False)]
    revisions.upgrade(empty)
    assert [key.units for key in people.device_keys()] == [frozenset({1})]  # the only unit there is


def test_before_the_first_version_there_is_no_way_and_nothing_is_lost(empty: Database) -> None:
    revisions.upgrade(empty, "0001")
    before = catalogue(empty)
    with pytest.raises(Told, match="delete the database instead"):
        down(empty, "base")
    assert catalogue(empty) == before


def test_an_empty_database_is_set_up_when_it_is_opened(empty: Database, url: str) -> None:
    assert revisions.current(empty) is None
    store = open_store(url)
    assert revisions.current(store) == revisions.head()
    store.close()


def test_an_upgrade_at_the_head_changes_nothing(empty: Database) -> None:
    revisions.upgrade(empty)
    before = catalogue(empty)
    revisions.upgrade(empty)
    assert catalogue(empty) == before


def test_the_index_of_the_dashboard_carries_its_values(empty: Database) -> None:
    revisions.upgrade(empty)
    index = dict(catalogue(empty))["idx_vitals_dashboard"].lower()
    assert index.startswith("create unique index")
    assert "(patient_id, recorded_at desc, source_id)" in index
    assert ("include (heart_rate, spo2, resp_rate, temperature)" in index) == (empty.engine_name == "postgresql")
    active = dict(catalogue(empty))["idx_alarms_active"].lower()
    assert active.replace("(", "").replace(")", "").replace("::text", "").endswith("where status = 'active'")


def test_an_instant_is_an_integer_or_a_timestamptz(empty: Database) -> None:
    revisions.upgrade(empty)
    described = dict(catalogue(empty))
    if empty.engine_name == "sqlite":
        assert "recorded_at INTEGER NOT NULL" in described["vitals"]
    else:
        assert described["vitals.recorded_at"].startswith("timestamp with time zone")


def test_roll_ups_have_room_to_grow_on_a_filled_server_and_give_it_up_on_the_way_down(empty: Database) -> None:
    revisions.upgrade(empty, "0006")
    before = catalogue(empty)
    revisions.upgrade(empty, "0007")
    if empty.engine_name == "postgresql":
        assert ("vitals_minute room", "{fillfactor=70}") in catalogue(empty)
    down(empty, "0006")
    assert catalogue(empty) == before
