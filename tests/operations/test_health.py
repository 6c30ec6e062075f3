"""What the health report says of the store is measured: the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations import latency as timing
from nicu_dashboard.operations.health import database_report
from nicu_dashboard.operations.latency import Latency
from tests.operations.conftest import ask, set_up
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Database]:
    """A store on either database."""
    if request.param == "sqlite":
        opened = open_store(f"sqlite:///{tmp_path / 'nicu.db'}")
        yield opened
        opened.close()
        return
    with postgres_server.database(set_up(postgres_server)) as url:
        opened = open_store(url)
        yield opened
        opened.close()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def latency(store: Database, registry: CollectorRegistry) -> Latency:
    """What listens to the statements of the store."""
    made = Latency(registry)
    for engine in {store.writer, store.reader}:
        made.listen(engine)
    return made


def test_the_report_counts_the_connections_in_use(store: Database, latency: Latency) -> None:
    idle = database_report(store, latency)
    assert (idle["status"], idle["schema"], idle["activeConnections"], idle["poolUtilization"]) == (
        "connected",
        "head",
        0,
        0,
    )
    with store.reading(), store.reading():
        busy = database_report(store, latency)
    assert busy["activeConnections"] == 2
    assert busy["poolUtilization"] == round(2 / busy["poolSize"], 2)


def test_the_report_times_statements_and_counts_the_slow_ones(
    store: Database, latency: Latency, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.reading() as connection:
        for _ in range(50):
            connection.execute(text("SELECT 1"))
    monkeypatch.setattr(timing, "SLOW_S", 0.0)
    with store.reading() as connection:
        connection.execute(text("SELECT count(*) FROM vitals"))
    monkeypatch.undo()
    report = database_report(store, latency)
    assert report["slowQueries"] >= 1
    p50, p95, p99 = (report["latencyMs"][name] for name in ("p50", "p95", "p99"))
    assert 0 <= p50 <= p95 <= p99
    assert p99 > 0
    assert report["responseTime"].endswith("ms")
    exported = generate_latest(registry).decode()
    assert f"nicu_db_slow_statements_total {float(report['slowQueries'])}" in exported
    assert 'nicu_db_statement_seconds_bucket{le="0.001"}' in exported


def test_a_schema_that_is_behind_is_told(store: Database, latency: Latency) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert database_report(store, latency)["schema"] == "behind"


def test_a_database_that_is_gone_is_unreachable_and_named_by_nothing(postgres_server: PostgresServer) -> None:
    with postgres_server.database(set_up(postgres_server)) as url:
        store = open_store(url)
        name = url.rpartition("/")[2]
        store.close()
        admin = url.rpartition("/")[0] + "/postgres"
        ask(admin, f"ALTER DATABASE {name} RENAME TO {name}_away")
        report = database_report(store, Latency(CollectorRegistry()))
        ask(admin, f"ALTER DATABASE {name}_away RENAME TO {name}")
        assert report["status"] == "unreachable"
        assert not [word for word in (name, "127.0.0.1", "postgres@") if word in str(report)]
