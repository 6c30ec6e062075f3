"""A trail of a dozen rows that tests tamper with."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from nicu_dashboard.adapters.anchor_sinks import FileSink
from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.audit import anchors
from nicu_dashboard.operations.audit.expiry import Expired, Order, expire
from nicu_dashboard.operations.audit.partitions import close_year
from nicu_dashboard.operations.audit.verify import LEAST_MS, Verdict, verify
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.services.actor import Actor
from tests.contracts.ward import NIGHT, by_nurse

KEY = "the key of the audit trail, kept away from it"
ROWS = 12
OLD = NIGHT + LEAST_MS
NEXT_YEAR = NIGHT + 366 * 86_400_000


@dataclass
class Trail:
    """A trail of twelve rows, the way of somebody who owns its database, and its anchors."""

    url: str
    folder: Path
    environ: dict[str, str]
    database: Database

    @property
    def anchor_file(self) -> Path:
        return self.folder / "anchors"

    def anchor(self, at: int = NIGHT) -> None:
        taken = SqlAnchors(self.database).take(at)
        assert taken is not None
        FileSink(self.anchor_file).keep(taken.line)

    def write(self, action: str, **more: Any) -> None:
        SqlPeople(self.database).record(by_nurse(action, **more))

    def verify(self, bare_until: int = 0) -> Verdict:
        remembered = anchors.read(self.anchor_file, self.database.trail.seals)
        return verify(self.database, remembered, bare_until)

    def close_year(self, at: int) -> None:
        if self.database.engine_name == "postgresql":
            close_year(self.database, at, Report())

    def expire(self, before: int, export: Path | None = None) -> Expired:
        remembered = anchors.read(self.anchor_file, self.database.trail.seals)
        order = Order(before, before + LEAST_MS, Actor("owner", "operator"), export)
        return expire(self.database, order, remembered)

    def run(self, *statements: str) -> None:
        """Run statements as the owner of everything, past the program."""
        if self.database.engine_name == "sqlite":
            connection = sqlite3.connect(str(make_url(self.url).database), isolation_level=None)
            for statement in statements:
                connection.execute(statement)
            connection.close()
        else:
            with psycopg.connect(self.url, autocommit=True) as server:
                for statement in statements:
                    server.execute(statement.encode())

    def attack(self, *statements: str) -> Verdict:
        """Switch the triggers off as the owner may, change the trail, and return what is found."""
        off = {
            "sqlite": ("DROP TRIGGER audit_log_keeps_content", "DROP TRIGGER audit_log_keeps_rows"),
            "postgresql": ("ALTER TABLE audit_log DISABLE TRIGGER ALL",),
        }[self.database.engine_name]
        self.run(*off, *statements)
        return self.verify()


def filled(url: str, folder: Path) -> Iterator[Trail]:
    """A store whose trail has its rows."""
    environ = {"NICU_SECRET_KEY": KEY}
    database = open_store(url, environ=environ)
    found = Trail(url, folder, environ, database)
    for number in range(ROWS):
        found.write(f"act {number}", at=NIGHT + number, patient_id=number % 3, detail={"limit": 88.0, "to": 1e22})
    yield found
    database.close()
