"""Whether the audit trail of an earlier dashboard is sealed by a key, and what to do where it is not."""

from __future__ import annotations

from nicu_dashboard.adapters.sql.seals import is_configured, is_keyed
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import OURS, PRISMA, Plan
from nicu_dashboard.migration.settings_to_set import seal_settings
from nicu_dashboard.migration.target import Connection

TRAIL = f"{OURS}audit_log"
WEAKNESS = "without a key, so that it does not show a forger"
MAKE_ONE = "`nicu audit new-key FILE`, then set NICU_AUDIT_KEY_FILE=FILE"


def unkeyed_trail(plan: Plan) -> list[str]:
    """Return the line for a plan whose move would seal a trail without a key."""
    rows = _rows(plan)
    if not rows or is_configured(seal_settings()):
        return []
    return [f"The audit trail ({rows:,} rows) would be sealed {WEAKNESS}: before `run`, {MAKE_ONE}."]


def unkeyed_in(connection: Connection, plan: Plan) -> list[str]:
    """Return the line for a move that has sealed a trail without a key, whatever is set now."""
    rows = _rows(plan)
    if not rows:
        return []
    with connection.transaction():
        query = f"SELECT hash FROM {quoted(plan.schema)}.audit_log ORDER BY seq LIMIT 1"
        first = connection.execute(query.encode()).fetchone()
    if first is None or is_keyed(str(first[0])):
        return []
    return [f"The audit trail ({rows:,} rows) was sealed {WEAKNESS}: {MAKE_ONE}, and begin again with --restart."]


def _rows(plan: Plan) -> int:
    """Return how many entries the earlier dashboard's trail has."""
    return sum(table.rows for table in plan.tables if plan.mapping == PRISMA and table.source == TRAIL)
