"""`nicu hipaa check` and its page: a run over the store as the program uses it, better with an auditor's URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.operations.compliance import suppressions
from nicu_dashboard.operations.compliance.run import CHECKS, ComplianceReport, run
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.compliance.store import keep, last
from nicu_dashboard.version import VERSION

__all__ = ["AUDITOR", "SUPPRESSIONS", "check", "keep", "last"]

AUDITOR = "NICU_HIPAA_URL"
SUPPRESSIONS = "NICU_HIPAA_SUPPRESSIONS"


def check(database: Database, environ: Mapping[str, str], at: int, host: str, remote: bool = False) -> ComplianceReport:
    """Return what the checks find; raises StoreUnavailable when store, auditor's URL or suppressions cannot be used."""
    file = environ.get(SUPPRESSIONS)
    accepted = suppressions.read(Path(file).expanduser(), CHECKS, at) if file else {}
    with _auditor(database, environ) as auditor:
        return run(Scene(database, auditor, environ, at, host, remote), accepted, VERSION)


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
