"""The runs that were kept, for the page that shows the last one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import compliance_runs
from nicu_dashboard.operations.compliance.run import ComplianceReport
from nicu_dashboard.services.actor import Actor


def keep(database: Database, report: ComplianceReport, actor: Actor) -> None:
    """Keep a run with its audit entry; raises StoreUnavailable where this user may not write."""
    counts = report.counts
    entry = actor.entry(report.at, "compliance.check", "database and program", **counts)
    with database.writing() as connection:
        connection.execute(insert(compliance_runs), {"at": report.at, "ran_by": actor.name, "report": report.shape()})
        database.trail.append(connection, [entry])


def last(database: Database) -> Mapping[str, Any] | None:
    """Return the newest run with who made it, None when there is none."""
    query = select(compliance_runs).order_by(compliance_runs.c.id.desc()).limit(1)
    with database.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else {**row["report"], "ran_by": row["ran_by"]}
