"""`nicu hipaa check` and its page: a run over the store as the program uses it, better with an auditor's URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.operations.compliance import suppressions
from nicu_dashboard.operations.compliance.run import CHECKS, ComplianceReport, run
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.compliance.store import keep, last
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.version import VERSION

__all__ = ["AUDITOR", "SUPPRESSIONS", "ComplianceDesk", "check", "keep", "last"]

AUDITOR = "NICU_HIPAA_URL"
SUPPRESSIONS = "NICU_HIPAA_SUPPRESSIONS"


def check(database: Database, environ: Mapping[str, str], at: int, host: str, remote: bool = False) -> ComplianceReport:
    """Return what the checks find; raises StoreUnavailable when store, auditor's URL or suppressions cannot be used."""
    file = environ.get(SUPPRESSIONS)
    accepted = suppressions.read(Path(file).expanduser(), CHECKS, at) if file else {}
    with _auditor(database, environ) as auditor:
        return run(Scene(database, auditor, environ, at, host, remote), accepted, VERSION)


class ComplianceDesk:
    """What the page of the checks asks: the last run, and one now."""

    def __init__(self, database: Database, environ: Mapping[str, str], clock: Clock, host: str) -> None:
        """Take the store, the settings, the time and the address the program listens on."""
        self._database, self._environ, self._clock, self._host = database, environ, clock, host

    def last(self) -> Mapping[str, Any] | None:
        """Return the newest run, None when there is none."""
        return last(self._database)

    def run(self, actor: Actor) -> Mapping[str, Any]:
        """Run the checks now, keep the run and return it; raises StoreUnavailable."""
        report = check(self._database, self._environ, self._clock.now(), self._host)
        keep(self._database, report, actor)
        return {**report.shape(), "ran_by": actor.name}


@contextmanager
def _auditor(database: Database, environ: Mapping[str, str]) -> Iterator[Database]:
    url = environ.get(AUDITOR)
    if not url or database.engine_name == "sqlite":
        yield database
        return
    auditor = connect(url, 1, environ=environ)
    try:
        with auditor.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        yield auditor
    finally:
        auditor.close()
