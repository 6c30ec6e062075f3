"""Beginning a move again drops what the first one wrote, but never what a ward has written since."""

from __future__ import annotations

from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.target import Connection

NEWEST = {"vitals": ("received_at", "id"), "audit_log": ("at", "seq")}
"""When a row of a table was written, and the number by which its newest is found."""


def refuse_to_lose(connection: Connection, run: Run) -> None:
    """Raise TargetRefused when a dashboard works, or has worked, on what this move has filled."""
    if run.plan.mapping == "as-is":
        return
    if dashboards(connection):
        raise TargetRefused(
            "a dashboard is at work on this target: --restart would drop its data.", "Name an empty database."
        )
    following = Marks(connection, run.id).following()
    in_service = following.state == "moved" if following else _written_since(connection, run)
    connection.rollback()
    if in_service:
        raise TargetRefused(
            "the target has been in service since the move: --restart would drop what was written there.",
            "Bring it back with `nicu migrate roll-back`, or name an empty database.",
        )


def dashboards(connection: Connection) -> int:
    """Return how many connections dashboards hold to this database."""
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'nicu-dashboard' AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(str(row[0])) if row else 0


def _written_since(connection: Connection, run: Run) -> bool:
    if run.state not in ("done", "wrong"):
        return False
    for table, (at, number) in NEWEST.items():
        row = connection.execute(
            f"SELECT t.{at} > r.finished_at FROM {quoted(run.plan.schema)}.{table} t, nicu_migration.runs r"
            f" WHERE r.id = {run.id} ORDER BY t.{number} DESC LIMIT 1".encode()
        ).fetchone()
        if row is not None and row[0]:
            return True
    return False
