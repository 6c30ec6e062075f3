"""Whether the target can take the data."""

from __future__ import annotations

from dataclasses import replace

from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.mapping import Mapping
from nicu_dashboard.migration.plan import AS_IS, PRISMA
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.target import Connection, TargetFacts, look_at_target


def facts_of(connection: Connection, mapping: Mapping, size: int) -> TargetFacts:
    """Return what speaks against the target; our own tables may be there already, if they are empty."""
    facts = look_at_target(connection, mapping.schema, size, resuming=mapping.way != AS_IS)
    if mapping.way == AS_IS:
        return facts
    from nicu_dashboard.migration.own_target import refusals_of, tables_in  # loads SQLAlchemy
    from nicu_dashboard.migration.prisma import LEGACY

    said = refusals_of(connection, mapping.schema)
    if mapping.way == PRISMA and tables_in(connection, LEGACY):
        said.append(f"the schema {LEGACY} is not empty: name an empty database")
    connection.rollback()
    return replace(facts, refusals=(*facts.refusals, *said))


def refuse(facts: TargetFacts, report: Report) -> None:
    """Put what was found into the report; raises TargetRefused where anything speaks against the target."""
    report.server = facts.server
    report.refusals += facts.refusals
    if facts.refusals:
        raise TargetRefused(
            "the target cannot take the data: " + "; ".join(facts.refusals) + ".", "Mend that, then repeat."
        )
