"""`nicu db check`, `nicu db upgrade`: the state of the store in words, with the next command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.cli import db_backup, db_care, db_common, db_optimize, db_roles, db_size
from nicu_dashboard.cli.common import opened, plural, print_json, show, table, words
from nicu_dashboard.cli.exits import COULD_NOT_RUN, DONE, FOUND_WRONG
from nicu_dashboard.cli.first_steps import first_steps
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.settings import SettingsFault

databases = typer.Typer(no_args_is_help=True, help="The database: its state, size, upkeep, roles and copies.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    for part in (db_size, db_optimize, db_care, db_roles, db_backup):
        part.register(databases)
    app.add_typer(databases, name="db")


@databases.command("check")
def check(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=200, help="Processes that will share the server: web workers and the engine.")
    ] = 1,
) -> int:
    """Look at the database as the server would use it: its connection, schema, damage, what is still to be done.

    Example: nicu db check --workers 5
    """
    try:
        with opened() as store:
            state, damage = bootstrap.look_at(store)
            found = bootstrap.check(store, workers)
            steps = ["restore a copy: nicu db restore"] if damage else [*found.steps, *first_steps(store)]
            faults = [*damage, *found.faults]
    except (StoreUnavailable, SettingsFault) as error:
        if not json:
            raise
        print_json({"status": "unhealthy", "reason": str(error)})
        return COULD_NOT_RUN
    if json:
        print_json({
            "status": "unhealthy" if faults else "healthy", "database": state, "connection": found.connection,
            "damage": damage, "faults": found.faults, "warnings": found.warnings, "advice": found.advice, "next": steps,
        })  # fmt: skip
    else:
        _print(state, found.connection, damage)
        for line in (*faults, *(f"warning: {each}" for each in found.warnings), *found.advice, *steps):
            words.print(line[0].upper() + line[1:])
    return FOUND_WRONG if faults else DONE


def _print(state: Mapping[str, Any], connection: Mapping[str, Any], damage: Sequence[str]) -> None:
    shown = table("", "")
    shown.add_row("database", f"{state['status']}, {state['engine']}, answers in {state['responseTime']}")
    for title, text in _told(connection):
        shown.add_row(title, text)
    shown.add_row("schema", "up to date" if state["schema"] == "head" else state["schema"])
    if "server" not in connection:
        shown.add_row("connections", f"{state['poolSize']} at most")
    shown.add_row("damage", "none found" if not damage else "found")
    show(shown)


def _told(connection: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the check found out about a server, as title and words."""
    if "server" not in connection:
        return
    pool, tls, limits = connection["pool"], connection["tls"], connection["limits"]
    yield "server", f"PostgreSQL {connection['server']['version']}, {connection['title']}"
    yield "pooler", pool["pooler"]
    yield "pool", f"{pool['size']} connections ({pool['why']})"
    used = f"in use, {tls['version'] or 'to the pooler'}" if tls["inUse"] else "not in use"
    yield "TLS", f"{used}; sslmode={tls['sslmode']}, demanded here: {tls['demanded']}"
    yield "prepared statements", connection["preparedStatements"]
    yield (
        "connections",
        f"{limits['asked']} asked for by {plural(limits['workers'], 'process', 'processes')}; the server takes"
        f" {limits['maxConnections']}, keeps {limits['reserved']} for superusers, {limits['inUse']} are open now",
    )


@databases.command("upgrade")
def upgrade() -> None:
    """Bring an older database to the schema of this version, all steps in one transaction. Make a copy first.

    Example: nicu db upgrade
    """
    with db_common.bar() as report:
        done = bootstrap.bring_up(settings.load(), report)
    words.print("The schema is up to date now" if done else "The schema is up to date; there was nothing to do")
