"""The commands of `nicu`, each with the file it lives in: naming one loads that file and no other.

The lines are said here once more, so that `nicu --help` loads none; a test holds them to the commands' own.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Place(NamedTuple):
    """The file of nicu_dashboard.cli that a command lives in, and the first line of its help."""

    file: str
    line: str


COMMANDS = {
    "demo": Place("demo", "Show a live ward: simulated babies, and recordings played again, on this machine."),
    "serve": Place("serve", "Run the central station: screens, intake, alarms, on the database in DATABASE_URL."),
    "simulate": Place("simulate", "Send simulated readings to a running server over HTTP, marked as synthetic."),
    "admit": Place("admissions", "Put a baby into a free cot; a known MRN is the same baby come back."),
    "transfer": Place("admissions", "Move a baby to another free cot; its history, limits and events go with it."),
    "discharge": Place("admissions", "End a baby's stay; its record is kept."),
    "events": Place(
        "events", "List the A/B/D events of a baby, or the runs in its readings that meet your own criteria."
    ),
    "alarms": Place("alarms", "List alarms of the record, the newest first."),
    "export": Place(
        "export", "Export every baby without name, MRN, place, free text and true dates; ages and intervals stay."
    ),
    "import": Place("imports", "Bring history in from files."),
    "units": Place("units", "The units of a store: each has its cots, its wall and its engine."),
    "cot": Place("admissions", "The cots of the unit."),
    "user": Place("users", "People who log in."),
    "key": Place("keys", "Keys of sending devices."),
    "db": Place("database", "The database: its state, size, upkeep, roles and copies."),
    "audit": Place("audit", "The audit trail."),
    "hipaa": Place("hipaa", "Technical checks for HIPAA, and attestations."),
    "migrate": Place("migrate", "Move a SQLite file into PostgreSQL, verified value by value, and back."),
}


class Catalogue(TyperGroup):
    """Knows every command by name and line, and takes in the command itself when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, place in COMMANDS.items():
            self.add_command(TyperCommand(name, help=place.line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names, now loaded, with its own arguments."""
        if args[0] in COMMANDS:
            self.add_command(load(args[0]))
        return super().resolve_command(ctx, args)


def load(name: str) -> TyperCommand | TyperGroup:
    """Return a command of COMMANDS, its file loaded."""
    alone = typer.Typer(rich_markup_mode="rich")
    import_module(f"nicu_dashboard.cli.{COMMANDS[name].file}").register(alone)
    command = get_group(alone).commands[name]
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


def load_named(arguments: Sequence[str]) -> None:
    """Load the file of the command that a command line calls, if it calls one."""
    named = next((word for word in arguments if not word.startswith("-")), None)
    if named in COMMANDS:
        import_module(f"nicu_dashboard.cli.{COMMANDS[named].file}")


def every_command() -> dict[str, TyperCommand | TyperGroup]:
    """Return every command by its name, all loaded."""
    return {name: load(name) for name in COMMANDS}
