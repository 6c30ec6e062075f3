"""`nicu key`: the keys with which devices and gateways send readings."""

from typing import Annotated

import typer

from nicu_dashboard import bootstrap
from nicu_dashboard.cli.common import (
    OfUnit,
    checked,
    disabled,
    now,
    opened,
    operator,
    refuse,
    short_instant,
    show_list,
    unit_of,
    units_told,
    words,
)
from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.ports.people import DeviceKey
from nicu_dashboard.services.permissions import SCOPES

keys = typer.Typer(no_args_is_help=True, help="Keys of sending devices.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(keys, name="key")


@keys.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the device or gateway.")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"What the key may do: {', '.join(SCOPES)}. [send readings]")
    ] = None,
    unit: OfUnit = None,
    every_unit: Annotated[bool, typer.Option("--every-unit", help="Let it into every unit.")] = False,
    days: Annotated[int | None, typer.Option(min=1, max=3_650, help="Works for so many days. [no end]")] = None,
) -> None:
    """Make a device key and print it alone on standard output; it is not shown again.

    Example: nicu key add gateway-1 > gateway-1.key
    """
    name, may = checked(name, "a name", 80), frozenset(scope or ["send readings"])
    if unknown := may - set(SCOPES):
        refuse(f"there is no scope {min(unknown)[:40]!r}; use: {', '.join(SCOPES)}")
    with opened() as store:
        units = None if every_unit else frozenset({unit_of(store, unit).id})
        until = None if days is None else now() + days * DAY_MS
        key = bootstrap.accounts(store, bootstrap.system_clock()).add_key(name, operator(), may, until, units)
    words.print("Keep this key: it is shown only once. Send it as: Authorization: Bearer KEY")
    typer.echo(key)


@keys.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the keys by name; the keys themselves are not kept.

    Example: nicu key list
    """
    with opened() as store:
        found = store.people.device_keys()
    heads = ("name", "may", "units", "since (UTC)", "until (UTC)", "")
    show_list(found, heads, _row, _told, "There are no device keys yet; next: nicu key add NAME", json=json)


def _row(key: DeviceKey) -> tuple[str, ...]:
    until = "" if key.expires_at is None else short_instant(key.expires_at)
    may, since = ", ".join(sorted(key.scope)), short_instant(key.created_at)
    return key.name, may, units_told(key.units), since, until, disabled(key.disabled_at)


def _told(key: DeviceKey) -> dict[str, object]:
    return {
        "name": key.name,
        "disabled": key.disabled_at is not None,
        "scope": sorted(key.scope),
        "units": None if key.units is None else sorted(key.units),
        "expires_at": None if key.expires_at is None else format_instant(key.expires_at),
    }


@keys.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Name of the device or gateway.")]) -> None:
    """Disable a key; within two seconds nothing sent with it is taken any more.

    Example: nicu key disable gateway-1
    """
    with opened() as store:
        store.people.disable_key(name, now(), operator().entry(now(), "key.disable", f"key {name[:80]}"))
    words.print(f"Disabled {name}")
