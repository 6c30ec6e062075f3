"""`nicu export`: readings and events for research, without names, numbers, free text and true dates."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from nicu_dashboard import bootstrap
from nicu_dashboard.cli.common import opened, operator, plural, words
from nicu_dashboard.cli.exits import CannotRun
from nicu_dashboard.services.research import RESOLUTIONS


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    file: Annotated[Path | None, typer.Argument(help="A new file; without it the lines go to standard output.")] = None,
    resolution: Annotated[str, typer.Option(help="minute, hour, or every reading.")] = "minute",
    unit: Annotated[str | None, typer.Option(help="Only babies of this unit, by name or number. [every unit]")] = None,
) -> None:
    """Export every baby without name, MRN, place, free text and true dates; ages and intervals stay.

    That it was exported is a row of the audit trail.

    Example: nicu export research.ndjson --resolution hour
    """
    chosen = next((known for known in RESOLUTIONS if known == resolution), None)
    if chosen is None:
        raise CannotRun(f"--resolution takes one of {', '.join(RESOLUTIONS)}")
    try:
        out = sys.stdout if file is None else file.open("x", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise CannotRun(f"{file} cannot be made ({reason}); name a new file") from None
    count = 0
    try:
        with opened() as store:
            units = None if unit is None else frozenset({store.roster.unit(unit).id})
            for line in bootstrap.research(store, bootstrap.system_clock()).export(chosen, operator(), units):
                out.write(json.dumps(line) + "\n")
                count += 1
    finally:
        if file is not None:
            out.close()
    words.print(f"Exported {plural(count, 'line')}")
