"""`nicu db roles`: owner, app, readonly and audit, each with no more than it needs; rows only of the units granted."""

from typing import Annotated

import typer

from nicu_dashboard.cli.common import show, table, words
from nicu_dashboard.cli.db_common import bar, directly
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG, CannotRun
from nicu_dashboard.operations.roles import api, script
from nicu_dashboard.operations.roles.api import Role, Standing


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("roles")(roles)


def roles(
    apply: Annotated[bool, typer.Option("--apply", help="Put roles, rights and policies in order.")] = False,
    print_sql: Annotated[bool, typer.Option("--print-sql", help="Print the SQL instead of running it.")] = False,
    grant: Annotated[list[str] | None, typer.Option(help="Let a role see a unit: ROLE=UNIT, ROLE=* for all.")] = None,
    revoke: Annotated[list[str] | None, typer.Option(help="Take a unit back: ROLE=UNIT.")] = None,
    prefix: Annotated[str, typer.Option(help="What the names of the roles begin with.")] = "nicu",
) -> int:
    """Show the roles; with --apply, make them with least privilege and force row level security.

    Example: nicu db roles --apply --grant nicu_readonly=1
    """
    if apply and print_sql:
        raise CannotRun("--apply runs the SQL and --print-sql prints it; choose one")
    asked = [(*_pair(text, "--grant"), False) for text in grant or ()]
    asked += [(*_pair(text, "--revoke"), True) for text in revoke or ()]
    with directly() as database:
        if print_sql:
            typer.echo(script.as_text(api.plan(database, prefix)), nl=False)
            return DONE
        with bar() as report:
            refused = api.apply(database, prefix, report) if apply else []
            for role, unit, back in asked:
                api.grant(database, role, unit, report, revoke=back)
        found = api.standing(database, prefix)
    _show(found, prefix)
    for text in refused:
        words.print(f"Only a superuser may do this, ask one: {text}")
    return DONE if found.in_order and not refused else FOUND_WRONG


def _pair(text: str, option: str) -> tuple[str, str]:
    role, equals, unit = text.partition("=")
    if not (role.strip() and equals and unit.strip()):
        raise CannotRun(f"{option} takes ROLE=UNIT, such as nicu_readonly=1")
    return role.strip(), unit.strip()


def _show(found: Standing, prefix: str) -> None:
    shown = table("role", "for", "stands", "units")
    for role in found.roles:
        stands = "missing" if not role.exists else "may too much" if role.mighty else "in order"
        shown.add_row(role.name, role.duty, stands, _units(role))
    show(shown)
    if any(role.units is None for role in found.roles):
        words.print("?: this user may not see which units are granted; ask as the owner of the tables or a superuser")
    words.print(f"Row level security is forced on {found.forced} of {found.secured} tables with patients' data")
    if not found.in_order:
        words.print("To put it in order: nicu db roles --apply (or --print-sql, for whoever may)")
    else:
        words.print(f"Passwords are set in psql, where no log sees them: \\password {prefix}_app")


def _units(role: Role) -> str:
    if role.units is None:
        return "?"
    return ", ".join(role.units) or ("none" if role.exists else "")
