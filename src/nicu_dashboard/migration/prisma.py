"""The earlier, Prisma-based dashboard: its file complete and typed in `legacy`, its meaning in our tables."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.migration.catalog import Catalog
from nicu_dashboard.migration.chunks import MOST_CHUNK_ROWS
from nicu_dashboard.migration.mapping import AsIs
from nicu_dashboard.migration.own import Own
from nicu_dashboard.migration.plan import OURS, PRISMA, Plan

LEGACY = "legacy"


@dataclass
class Prisma:
    """Plans both; the snapshot must hold our tables beside theirs already (see prisma_staging.py)."""

    schema: str = "public"
    chunk_rows: int = MOST_CHUNK_ROWS
    way = PRISMA

    def plan(self, connection: sqlite3.Connection, catalog: Catalog, sample: bool) -> Plan:
        """Return the plan for a file; every row of it is looked at."""
        theirs = AsIs(LEGACY, {}, self.chunk_rows).plan(connection, of_theirs(catalog), sample=False)
        own, by_name = Own(self.schema, self.chunk_rows), {table.name: table for table in catalog.tables}
        ours = tuple(
            own.plan_table(connection, catalog, table, by_name[f"{OURS}{table.name}"], sample)
            for table in metadata.sorted_tables
        )
        steps = tuple(replace(step, name=f"{LEGACY} {step.name}") for step in theirs.steps)
        return replace(theirs, schema=self.schema, tables=(*theirs.tables, *ours), steps=steps, mapping=PRISMA)

    def plan_again(self, connection: sqlite3.Connection, catalog: Catalog, plan: Plan, source: str) -> Plan:
        """Return the same plan: nothing of it was sampled."""
        return plan


def of_theirs(catalog: Catalog) -> Catalog:
    """Return what the file declared before our tables came into its snapshot."""
    return replace(
        catalog,
        tables=tuple(table for table in catalog.tables if not table.name.startswith(OURS)),
        objects=tuple(item for item in catalog.objects if not item.table.startswith(OURS)),
    )


def legacy_part(plan: Plan) -> Plan:
    """Return the plan of the plain copy alone, for the way back to their file."""
    return replace(plan, schema=LEGACY, tables=tuple(table for table in plan.tables if table.schema == LEGACY))
