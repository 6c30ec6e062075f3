"""`nicu user`: who may log in. Passwords come from a prompt, standard input or a file, never from the command line."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli.common import (
    checked,
    disabled,
    now,
    opened,
    operator,
    refuse,
    short_instant,
    show_list,
    units_told,
    words,
)
from nicu_dashboard.ports.people import EVERY_UNIT, Role, Units, User
from nicu_dashboard.services.accounts import MIN_PASSWORD

PASSWORD_FILE = "NICU_NEW_PASSWORD_FILE"

users = typer.Typer(no_args_is_help=True, help="People who log in.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(users, name="user")


@users.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name to log in with.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = "nurse",
    display_name: Annotated[str | None, typer.Option(help="Name as the screens show it. [NAME]")] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Name or number of a unit whose babies it sees. [every unit]")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a person. The password is asked for twice, or read from --password-stdin or NICU_NEW_PASSWORD_FILE.

    Example: nicu user add eva --role "charge nurse"
    """
    name = checked(name, "a name", 60)
    shown = checked(display_name or name, "a display name", 120)
    with opened() as store:
        if any(user.name == name for user in store.people.users()):
            refuse(f"there is a user {name} already; choose another name, or see: nicu user list")
        password = _password(password_stdin)
        units = _numbers(store, unit)
        bootstrap.accounts(store, bootstrap.system_clock()).add_user(name, shown, role, password, operator(), units)
    words.print(f"Added {name} ({role})")


def _numbers(store: Store, named: list[str] | None) -> Units:
    """Return the units of these names or numbers, every unit where none is named; raises UnitNotChosen."""
    return frozenset(store.roster.unit(one).id for one in named) if named else EVERY_UNIT


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if (path := os.environ.get(PASSWORD_FILE)) is not None:
        try:
            return Path(path).read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            refuse(f"the file in {PASSWORD_FILE} cannot be read; look at its name and rights")
    if not sys.stdin.isatty():
        refuse("there is no terminal to ask for a password; use --password-stdin")
    said: str = typer.prompt(
        f"Password (at least {MIN_PASSWORD} characters)", hide_input=True, confirmation_prompt=True, err=True
    )
    return said


@users.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List who may log in.

    Example: nicu user list
    """
    with opened() as store:
        found = store.people.users()
    heads = ("name", "shown as", "role", "units", "since (UTC)", "")
    none = "There are no users yet; next: nicu user add NAME --role administrator"
    show_list(found, heads, _row, _told, none, json=json)


def _row(user: User) -> tuple[str, ...]:
    since = short_instant(user.created_at)
    return user.name, user.display_name, user.role, units_told(user.units), since, disabled(user.disabled_at)


def _told(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "units": None if user.units is None else sorted(user.units),
        "disabled": user.disabled_at is not None,
    }


@users.command("change")
def change(
    name: Annotated[str, typer.Argument(help="Name to log in with.")],
    role: Annotated[Role | None, typer.Option(help="What the person may do from now on.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Name or number of a unit whose babies it sees.")] = None,
    every_unit: Annotated[bool, typer.Option("--every-unit", help="Let it see every unit.")] = False,
) -> None:
    """Change a person's role or units; it counts at once.

    Example: nicu user change eva --role physician --unit 1
    """
    with opened() as store:
        user = store.people.user_by_name(name)
        units = None if every_unit else _numbers(store, unit) if unit else user.units
        accounts = bootstrap.accounts(store, bootstrap.system_clock())
        changed = accounts.change_user(user.id, role or user.role, units, operator())
    words.print(f"{changed.name} is {changed.role}")


@users.command("password")
def password(
    name: Annotated[str, typer.Argument(help="Name to log in with.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give a person a new password; every session of it ends. It is asked for as by nicu user add.

    Example: nicu user password eva
    """
    with opened() as store:
        user = store.people.user_by_name(name)
        accounts = bootstrap.accounts(store, bootstrap.system_clock())
        accounts.set_password(user, _password(password_stdin), None, operator())
    words.print(f"Changed the password of {name}")


@users.command("reset-factors")
def reset_factors(name: Annotated[str, typer.Argument(help="Name to log in with.")]) -> None:
    """Remove a person's second factors and recovery codes, when the telephone is lost.

    Example: nicu user reset-factors eva
    """
    with opened() as store:
        user = store.people.user_by_name(name)
        bootstrap.second_factors(store, bootstrap.system_clock(), settings.load()).remove(user, None, operator())
    words.print(f"Removed the second factors of {name}")


@users.command("enable")
def enable(name: Annotated[str, typer.Argument(help="Name to log in with.")]) -> None:
    """Let a disabled person log in again.

    Example: nicu user enable eva
    """
    with opened() as store:
        bootstrap.accounts(store, bootstrap.system_clock()).enable_user(name, operator())
    words.print(f"Enabled {name}")


@users.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Name to log in with.")]) -> None:
    """Disable a person's account and end its sessions at once; its record is kept.

    Example: nicu user disable eva
    """
    with opened() as store:
        store.people.disable_user(name, now(), operator().entry(now(), "user.disable", f"user {name[:80]}"))
    words.print(f"Disabled {name}")
