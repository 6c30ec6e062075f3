"""What every command shares: the open store, who acts, how results and faults are said."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.cli.exits import CannotRun
from nicu_dashboard.domain.errors import DomainError
from nicu_dashboard.domain.instants import format_instant, parse_instant
from nicu_dashboard.domain.patients import Patient, Unit
from nicu_dashboard.ports.people import Units
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.settings import Settings

OfUnit = Annotated[
    str | None, typer.Option("--unit", help="Name or number of the unit. [NICU_UNIT, else the only one]")
]

words = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False)


@contextmanager
def opened(given: Settings | None = None) -> Iterator[bootstrap.Store]:
    """Open the store of the settings for the length of a command."""
    store = bootstrap.open_store(given or settings.load())
    try:
        yield store
    finally:
        store.close()


def operator() -> Actor:
    """Return who acts at the command line, as the audit names it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"
    return Actor(f"command line: {name}", "operator")


def now() -> int:
    """Return this instant in epoch ms."""
    return bootstrap.system_clock().now()


def instant(text: str | None) -> int | None:
    """Return epoch ms of an instant given as an option; a date alone means its first moment in UTC."""
    if text is None:
        return None
    return parse_instant(f"{text}T00:00:00Z" if len(text) == len("2024-01-01") else text)


def short_instant(at: int) -> str:
    """Return an instant for a table, to the second, in UTC."""
    return format_instant(at)[:19].replace("T", " ")


def print_json(document: Any) -> None:
    """Write a result for programs."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def table(*columns: str) -> Table:
    """Return an empty plain table; a column that begins with > is of numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # An instant in two lines cannot be read down the column.
        whole = "(UTC)" in column
        made.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", no_wrap=whole)
    return made


def show_list(
    found: Sequence[Any],
    heads: Sequence[str],
    row: Callable[[Any], Sequence[str]],
    told: Callable[[Any], Any],
    none: str,
    *,
    json: bool,
) -> None:
    """Show what was found as a table, or as JSON; with nothing found, the next step is said."""
    if json:
        print_json([told(one) for one in found])
    elif not found:
        words.print(none)
    else:
        shown = table(*heads)
        for one in found:
            shown.add_row(*row(one))
        show(shown)


def units_told(units: Units) -> str:
    """Return the units of a person or a key for a table."""
    return "every" if units is None else ", ".join(str(unit) for unit in sorted(units))


def disabled(at: int | None) -> str:
    """Return since when something is disabled, nothing while it is not."""
    return "" if at is None else f"disabled {short_instant(at)}"


def show(made: Table) -> None:
    """Print a table; into a pipe it is never cut to a width."""
    Console(highlight=False, width=None if out.is_terminal else 400).print(made)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 reading, 33,000 readings."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def refuse(message: str) -> NoReturn:
    """End the command: it cannot run."""
    raise CannotRun(message)


def checked(value: str, what: str, longest: int) -> str:
    """Return a short text of the command line without space around it; raises DomainError when empty or too long."""
    text = value.strip()
    if not text or len(text) > longest or not text.isprintable():
        raise DomainError(f"{what} must have 1 to {longest} printable characters")
    return text


def unit_of(store: bootstrap.Store, named: str | None) -> Unit:
    """Return the unit an option or NICU_UNIT names, else the only one; raises UnitNotChosen."""
    return store.roster.unit(named or settings.load().unit)


def baby(store: bootstrap.Store, mrn: str) -> Patient:
    """Return the baby with this MRN; raises NotFound with the next command."""
    try:
        return store.roster.patient_by_mrn(mrn.strip())
    except NotFound:
        raise NotFound(
            "there is no baby with this MRN; check it, or admit the baby first: nicu admit --mrn MRN --cot LABEL"
        ) from None
