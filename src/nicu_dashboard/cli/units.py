"""`nicu units`: the units of a store, each with its cots, its wall and its engine."""

from typing import Annotated

import typer

from nicu_dashboard.cli.common import checked, now, opened, operator, print_json, show, table, words

UNIT_LENGTH = 60

units = typer.Typer(no_args_is_help=True, help="The units of a store: each has its cots, its wall and its engine.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the unit, as it stands on its wall.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(units, name="units")


@units.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the units with their numbers, cots and babies.

    Example: nicu units list
    """
    with opened() as store:
        if not store.roster.units():
            store.roster.unit()
        rows = [
            {
                "id": unit.id,
                "name": unit.name,
                "cots": len(store.roster.cots(unit.id)),
                "babies": len(store.roster.stays(unit.id)),
            }
            for unit in store.roster.units()
        ]
    if json:
        print_json(rows)
        return
    shown = table(">number", "unit", ">cots", ">babies")
    for row in rows:
        shown.add_row(*(str(row[name]) for name in ("id", "name", "cots", "babies")))
    show(shown)


@units.command("add")
def add(name: Name) -> None:
    """Add a unit. From the second one on, each is served by a `nicu serve --unit NAME` of its own.

    Example: nicu units add "Special care"
    """
    name = checked(name, "the name of a unit", UNIT_LENGTH)
    with opened() as store:
        if not store.roster.units():
            store.roster.unit()
        made = store.roster.add_unit(name, operator().entry(now(), "unit.add", f"unit {name}"))
    words.print(f"Added {made.name}, unit {made.id}; next: nicu cot add LABEL --unit '{made.name}'")


@units.command("rename")
def rename(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Name or number of the unit.")],
    name: Name,
) -> None:
    """Give a unit another name; walls show it within a second, NICU_UNIT must be changed by hand.

    Example: nicu units rename NICU "Neonatal intensive care"
    """
    name = checked(name, "the name of a unit", UNIT_LENGTH)
    with opened() as store:
        known = store.roster.unit(unit)
        entry = operator().entry(now(), "unit.rename", f"unit {known.name}", name=name)
        store.roster.rename_unit(known.id, name, entry)
    words.print(f"{known.name} is now {name}")
