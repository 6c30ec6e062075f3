"""The slow-statement log: shape and time, never a value."""

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from structlog.testing import capture_logs

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations import latency
from nicu_dashboard.operations.latency import Latency


def test_a_slow_statement_is_logged_as_its_shape(sqlite_store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SLOW_S", 0.0)
    measured = Latency(CollectorRegistry())
    measured.listen(sqlite_store.reader)
    with capture_logs() as said, sqlite_store.reading() as connection:
        connection.execute(text("SELECT id FROM patients WHERE mrn = :mrn AND name <> 'Canary'"), {"mrn": "MRN-CANARY"})
    assert measured.slow == len(said) > 0
    (line,) = [line for line in said if "patients" in line["shape"]]
    assert (line["event"], line["shape"]) == (
        "a slow statement",
        "SELECT id FROM patients WHERE mrn = ? AND name <> ?",
    )
    assert "CANARY" not in str(said).upper()
