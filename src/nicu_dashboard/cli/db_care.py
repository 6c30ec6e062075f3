"""`nicu db maintain` and `nicu db slow`: upkeep, and what takes long."""

from collections.abc import Sequence
from typing import Annotated

import typer

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.cli.common import now, opened, operator, print_json, show, table, words
from nicu_dashboard.cli.db_common import bar, directly, size
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG
from nicu_dashboard.operations import maintenance, slowness, sqlite_upkeep
from nicu_dashboard.operations.audit.partitions import close_year
from nicu_dashboard.operations.maintenance import TableState
from nicu_dashboard.operations.optimizing import packing
from nicu_dashboard.operations.optimizing.api import must_be_current
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import must_own, must_take_writes, one_at_a_time, unfiltered
from nicu_dashboard.ports.tick import Tick


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (maintain, slow):
        group.command()(command)


def maintain(
    retention: Annotated[
        str | None, typer.Option(help="Drop readings older than this: 90d, 26w, 2y. Nothing is dropped without it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only.")] = False,
) -> int:
    """Look after the database: statistics, dead rows, partitions, what holds the clean-up back. Run it daily.

    Example: nicu db maintain --retention 2y
    """
    keep_ms = None if retention is None else maintenance.retention_ms(retention)
    with directly() as database:
        must_be_current(database)
        if database.engine_name == "sqlite":
            if keep_ms is not None:
                raise sqlite_upkeep.no_retention()
            with bar() as report:
                wrong = sqlite_upkeep.look_after(database, report)
        else:
            wrong = _look_after(database, keep_ms, dry_run)
    for line in wrong:
        words.print(line[0].upper() + line[1:])
    return FOUND_WRONG if any(not line.startswith("unknown") for line in wrong) else DONE


def _look_after(database: Database, keep_ms: int | None, dry_run: bool) -> list[str]:
    with unfiltered(database) as connection:
        must_take_writes(connection)
        must_own(connection, "vitals", read=False)
        if keep_ms is not None:
            maintenance.must_be_divided(connection)
    found = maintenance.tables(database)
    if not dry_run:
        with bar() as report, one_at_a_time(database):
            maintenance.refresh(database, found, report)
            _keep(database, keep_ms, report)
            packing.pack(database, now(), report)
    _show(found)
    return maintenance.hindrances(database)


def _keep(database: Database, keep_ms: int | None, report: Report) -> None:
    close_year(database, now(), report)
    dropped = maintenance.keep_partitions(database, now(), keep_ms, report)
    if dropped:
        entry = operator().entry(now(), "readings dropped by retention", "vitals", partitions=dropped)
        SqlJournal(database).commit(Tick(audit=[entry]))


def _show(found: Sequence[TableState]) -> None:
    shown = table("table", ">live rows", ">dead rows", ">bloat", ">changed", "vacuumed", "analyzed")
    for each in found:
        if each.live or each.dead or each.changed:
            shown.add_row(
                each.name, f"{each.live:,}", f"{each.dead:,}", size(each.bloat), f"{each.changed:,}",
                (each.vacuumed or "never")[:16], (each.analyzed or "never")[:16],
            )  # fmt: skip
    show(shown)


def slow(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Statements to show.")] = 15,
) -> None:
    """Ask the dashboard's own questions and time them; show what the server remembers. Never a value, only shapes.

    Example: nicu db slow
    """
    with opened() as store:
        asked = slowness.ask(store.database)
        memory = slowness.remembered(store.database, limit)
        scans = []
        if store.database.engine_name == "postgresql":
            with store.database.reading() as connection:
                scans = slowness.tables_read_in_full(connection)
    if json:
        print_json({
            "asked_now": [
                {"question": each.name, "best_ms": round(each.best_ms, 2), "worst_ms": round(each.worst_ms, 2)}
                for each in asked
            ],
            "remembered": [
                {
                    "shape": each.shape, "calls": each.calls, "total_ms": round(each.total_ms, 1),
                    "mean_ms": round(each.mean_ms, 3), "max_ms": round(each.max_ms, 2), "rows": each.rows,
                }
                for each in memory.statements
            ],
            "read_in_full": [{"table": name, "times": times, "rows": rows} for name, times, rows in scans],
            "hint": memory.hint,
        })  # fmt: skip
        return
    shown = table("asked now", ">best", ">worst")
    for each in asked:
        shown.add_row(each.name, f"{each.best_ms:.1f} ms", f"{each.worst_ms:.1f} ms")
    show(shown)
    if memory.statements:
        shown = table(">in all", ">calls", ">mean", ">longest", "remembered by the server")
        for one in memory.statements:
            shown.add_row(
                f"{one.total_ms / 1_000:,.1f} s", f"{one.calls:,}", f"{one.mean_ms:.2f} ms", f"{one.max_ms:.1f} ms",
                one.shape,
            )  # fmt: skip
        show(shown)
    for name, times, rows in scans:
        words.print(f"{name} was read from end to end {times:,} times, {rows:,} rows each; see: nicu db optimize")
    if memory.hint:
        words.print(memory.hint[0].upper() + memory.hint[1:])
