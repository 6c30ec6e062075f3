"""`nicu db optimize`: indexes and partitions, made beside the running ward."""

from typing import Annotated, Literal

import typer

from nicu_dashboard.cli.common import now, words
from nicu_dashboard.cli.db_common import bar, directly
from nicu_dashboard.cli.exits import CannotRun
from nicu_dashboard.operations.optimizing import api
from nicu_dashboard.operations.optimizing.periods import PERIODS


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("optimize")(optimize)


def optimize(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    partition: Annotated[bool, typer.Option("--partition", help="Divide vitals by time.")] = False,
    period: Annotated[Literal["weekly", "daily"], typer.Option(help="Length of a partition.")] = "weekly",
    timescale: Annotated[bool, typer.Option("--timescale", help="Use TimescaleDB, compressed.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="Undo an interrupted conversion.")] = False,
) -> None:
    """Make the indexes the wall needs; with --partition, divide the readings by time. The ward goes on meanwhile.

    Example: nicu db optimize --partition
    """
    if partition and timescale:
        raise CannotRun("--partition and --timescale are two ways to the same end; choose one")
    with directly() as database, bar() as report:
        if give_up:
            if not api.give_up(database, report):
                report.did("There is no interrupted conversion; nothing to do")
            return
        wishes = api.Wishes(PERIODS[period] if partition else None, timescale)
        planned = api.optimize(database, wishes, now(), report, dry_run=dry_run)
    for line in planned if dry_run else ():
        words.print(f"would {line}")
    if not planned:
        words.print("Indexes and partitions are as they should be; there was nothing to do")
