"""`nicu key`: the keys with which devices and gateways send readings."""

from typing import Annotated

import typer

from nicu_dashboard import bootstrap
from nicu_dashboard.cli.common import checked, now, opened, operator, print_json, short_instant, show, table, words

keys = typer.Typer(no_args_is_help=True, help="Keys of sending devices.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(keys, name="key")


@keys.command("add")
def add(name: Annotated[str, typer.Argument(help="Name of the device or gateway.")]) -> None:
    """Make a device key and print it alone on standard output; it is not shown again.

    Example: nicu key add gateway-1 > gateway-1.key
    """
    name = checked(name, "a name", 80)
    with opened() as store:
        key = bootstrap.accounts(store, bootstrap.system_clock()).add_key(name, operator())
    words.print("Keep this key: it is shown only once. Send it as: Authorization: Bearer KEY")
    typer.echo(key)


@keys.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the keys by name; the keys themselves are not kept.

    Example: nicu key list
    """
    with opened() as store:
        found = store.people.device_keys()
    if json:
        print_json([{"name": key.name, "disabled": key.disabled_at is not None} for key in found])
        return
    if not found:
        words.print("There are no device keys yet; next: nicu key add NAME")
        return
    shown = table("name", "since (UTC)", "")
    for key in found:
        state = "" if key.disabled_at is None else f"disabled {short_instant(key.disabled_at)}"
        shown.add_row(key.name, short_instant(key.created_at), state)
    show(shown)


@keys.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Name of the device or gateway.")]) -> None:
    """Disable a key; within two seconds nothing sent with it is taken any more.

    Example: nicu key disable gateway-1
    """
    with opened() as store:
        store.people.disable_key(name, now(), operator().entry(now(), "key.disable", f"key {name[:80]}"))
    words.print(f"Disabled {name}")
