"""Beginning a move again drops what the first one wrote, but never what a ward has written since."""

from __future__ import annotations

from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.journal import Run
from nicu_dashboard.migration.marks import Marks
from nicu_dashboard.migration.names import literal, quoted
from nicu_dashboard.migration.plan import TablePlan
from nicu_dashboard.migration.target import Connection

NEWEST = {"vitals": ("received_at", "id"), "audit_log": ("at", "seq")}
"""When a row of a table was written, and the number by which its newest is found."""


def refuse_to_lose(connection: Connection, run: Run, schema: str) -> None:
    """Raise TargetRefused when a dashboard works, or anybody has worked, on what this move has filled.

    `schema` is where the move will begin anew: what else lies there is told before anything is dropped.
    """
    if run.plan.mapping == "as-is":
        _refuse_to_lose_rows(connection, run)
        _refuse_others(connection, run, schema)
        connection.rollback()
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


def _refuse_to_lose_rows(connection: Connection, run: Run) -> None:
    if run.state not in ("done", "wrong"):
        return
    for table in run.plan.tables:
        if _is_touched(connection, run, table):
            raise TargetRefused(
                f"{table.target} has been written to since the move: --restart would drop what was written there.",
                "Bring it back with `nicu migrate roll-back`, name an empty database, or drop the tables by hand.",
            )


def _is_touched(connection: Connection, run: Run, table: TablePlan) -> bool:
    """Return whether a row came or changed after the move's last word, or went."""
    if connection.execute("SELECT to_regclass(%s)", (table.target,)).fetchone() == (None,):
        return False
    row = connection.execute(
        f"SELECT EXISTS (SELECT FROM {table.target} t, nicu_migration.runs r"
        f" WHERE r.id = {run.id} AND age(t.xmin) < age(r.xmin)), (SELECT count(*) FROM {table.target})"
        f" < (SELECT coalesce(sum(row_count), 0) FROM nicu_migration.chunks WHERE run_id = {run.id}"
        f" AND source_table = {literal(table.source)})"
        f" - (SELECT count(*) FROM nicu_migration.rejects WHERE run_id = {run.id} AND column_name = ''"
        f" AND source_table = {literal(table.source)})".encode()
    ).fetchone()
    return row is not None and any(row)


def _refuse_others(connection: Connection, run: Run, schema: str) -> None:
    ours = {table.name for table in run.plan.tables if table.schema == schema}
    rows = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace(%s)"
        " AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1",
        (quoted(schema),),
    ).fetchall()
    if others := [str(name) for (name,) in rows if name not in ours]:
        raise TargetRefused(
            f"the schema {schema} holds more than the move has written, {others[0]} among it: nothing was dropped.",
            "Put it elsewhere, or name another schema with --schema.",
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
