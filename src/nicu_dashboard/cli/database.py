"""`nicu db check`, `nicu db upgrade`: the state of the store in words, with the next command."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.cli import db_backup, db_care, db_optimize, db_roles, db_size
from nicu_dashboard.cli.common import COULD_NOT_RUN, DONE, FOUND_WRONG, opened, print_json, show, table, words
from nicu_dashboard.cli.serve import first_steps
from nicu_dashboard.ports.tick import StoreUnavailable

databases = typer.Typer(no_args_is_help=True, help="The database: its state, size, upkeep, roles and copies.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    for part in (db_size, db_optimize, db_care, db_roles, db_backup):
        part.register(databases)
    app.add_typer(databases, name="db")


@databases.command("check")
def check(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> int:
    """Look at the database as the server would use it: reachable, schema, damage, what is still to be set up.

    Example: nicu db check
    """
    try:
        with opened() as store:
            state, faults = bootstrap.look_at(store)
            steps = ["restore a copy: nicu db restore"] if faults else first_steps(store)
    except StoreUnavailable as error:
        if not json:
            raise
        print_json({"status": "unhealthy", "reason": str(error)})
        return COULD_NOT_RUN
    if json:
        status = "unhealthy" if faults else "healthy"
        print_json({"status": status, "database": state, "damage": faults, "next": steps})
    else:
        _print(state, faults, steps)
    return FOUND_WRONG if faults else DONE


def _print(state: Mapping[str, Any], faults: Sequence[str], steps: Sequence[str]) -> None:
    shown = table("", "")
    shown.add_row("database", f"{state['status']}, {state['engine']}, answers in {state['responseTime']}")
    shown.add_row("schema", "up to date" if state["schema"] == "head" else state["schema"])
    shown.add_row("connections", f"{state['poolSize']} at most")
    shown.add_row("damage", "none found" if not faults else "found")
    show(shown)
    for line in (*faults, *steps):
        words.print(line[0].upper() + line[1:])


@databases.command("upgrade")
def upgrade() -> None:
    """Bring an older database to the schema of this version, all steps in one transaction. Make a copy first.

    Example: nicu db upgrade
    """
    done = bootstrap.bring_up(settings.load())
    words.print("The schema is up to date now" if done else "The schema is up to date; there was nothing to do")
