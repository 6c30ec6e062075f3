"""Revision 0009 on filled stores: every row, number, trigger and view stays; readings are unique before and after."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy.exc import IntegrityError

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.tables import vitals
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.operations.optimizing import conversion, partitions, shadow
from nicu_dashboard.operations.optimizing.periods import WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import unfiltered
from nicu_dashboard.ports.tick import StoreRefused
from tests.contracts.ward import NIGHT, Ward
from tests.postgres import PostgresServer, newest_postgres_server, oldest_postgres_server
from tests.revisions.test_revisions import catalogue

__all__ = ["newest_postgres_server", "oldest_postgres_server"]
SHAPE = shadow.Shape(WEEKLY, tuple(WEEKLY.starts(NIGHT, NIGHT + 1)))
TODAY = parse_instant("2024-01-02T00:00:00Z")


@pytest.fixture(params=["sqlite", "oldest", "newest"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store of the revision before."""
    if request.param == "sqlite":
        store = connect(f"sqlite:///{tmp_path / 'nicu.db'}")
        revisions.upgrade(store, "0008")
        yield store
        store.close()
        return
    server: PostgresServer = request.getfixturevalue(f"{request.param}_postgres_server")
    with server.database() as url:
        store = connect(url)
        revisions.upgrade(store, "0008")
        yield store
        store.close()


def filled(database: Database) -> Ward:
    """Ada's night of a hundred readings, the last of them gone again."""
    ward = Ward(database)
    ward.store(*[ward.reading(second, heart_rate=120.0 + second % 9, spo2=95.0) for second in range(100)])
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM vitals WHERE id = 100")
    return ward


def down(database: Database) -> None:
    with database.writing() as connection:
        config = revisions._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")


def must_be_unique(ward: Ward) -> None:
    """A reading that is there is a duplicate, and no other program can store it twice."""
    assert ward.store(ward.reading(5, heart_rate=125.0, spo2=95.0)) == ["duplicate"]
    with pytest.raises((StoreRefused, IntegrityError)), ward.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id)"
            " SELECT patient_id, recorded_at, received_at, source_id FROM vitals WHERE id = 6"
        )


def test_every_row_and_number_stays_on_the_way_up_and_down(database: Database) -> None:
    ward = filled(database)
    before, rows = catalogue(database), ward.rows(vitals)
    assert revisions.bring_up(database)
    must_be_unique(ward)
    assert ward.rows(vitals) == rows
    ward.store(ward.reading(200, heart_rate=1.0))
    assert max(row["id"] for row in ward.rows(vitals)) > 100
    down(database)
    must_be_unique(ward)
    assert (catalogue(database), ward.rows(vitals)[:99]) == (before, rows)
    assert revisions.bring_up(database)
    must_be_unique(ward)


def test_what_others_hung_on_the_table_of_a_file_stays(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'nicu.db'}")
    revisions.upgrade(database, "0008")
    ward = filled(database)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE seen (id INTEGER)")
        connection.exec_driver_sql(
            "CREATE TRIGGER sees AFTER INSERT ON vitals BEGIN INSERT INTO seen VALUES (new.id); END"
        )
        connection.exec_driver_sql("CREATE VIEW pulse AS SELECT id, heart_rate FROM vitals")
    assert revisions.bring_up(database)
    ward.store(ward.reading(200, heart_rate=1.0))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM seen").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM pulse").scalar_one() == 100
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    database.close()


@pytest.mark.parametrize("database", ["oldest", "newest"], indirect=True)
def test_a_table_that_was_divided_before_works_on(database: Database) -> None:
    ward = filled(database)
    conversion.convert(database, SHAPE, Report())
    assert revisions.bring_up(database)
    must_be_unique(ward)
    assert partitions.make_ahead(database, TODAY, Report())
    must_be_unique(ward)
    down(database)
    must_be_unique(ward)


@pytest.mark.parametrize("database", ["oldest", "newest"], indirect=True)
def test_a_division_that_was_interrupted_before_goes_on(database: Database) -> None:
    ward = filled(database)
    with unfiltered(database) as connection:
        shadow.prepare(connection, SHAPE)
        shadow.mirror(connection)
    down_and_up = catalogue(database)
    assert revisions.bring_up(database)
    down(database)
    assert catalogue(database) == down_and_up
    assert revisions.bring_up(database)
    conversion.convert(database, SHAPE, Report())
    must_be_unique(ward)
    with database.reading() as connection:
        named = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'vitals'::regclass ORDER BY 1"
        assert list(connection.exec_driver_sql(named).scalars()) == [
            "idx_vitals_dashboard", "idx_vitals_no_value", "pk_vitals",
        ]  # fmt: skip
