"""Which units a program speaks for: said at the start of each transaction, for row level security to judge by."""

import re
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, event, text

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.ports.asking import asked_for
from nicu_dashboard.ports.people import Units

SETTING = "NICU_UNITS"
EVERY = "*"
_SPEAK = text("SELECT set_config('nicu.units', :units, true)")


def units_of(environ: Mapping[str, str]) -> str | None:
    """Return the units of NICU_UNITS (`1,2` or `*`), None where it is not set; raises AddressFault."""
    given = environ.get(SETTING, "").replace(" ", "")
    if not given:
        return None
    if given != EVERY and not re.fullmatch(r"[0-9]+(,[0-9]+)*", given):
        raise AddressFault(f"{SETTING} takes numbers of units (1,2) or * for every unit granted; see: nicu db roles.")
    return given


def units_from(text_: str) -> frozenset[int] | None:
    """Return the units that a column names (`1,2`), None for every unit (`*`)."""
    return None if text_ == EVERY else frozenset(int(unit) for unit in text_.split(",") if unit)


def units_text(units: frozenset[int] | None) -> str:
    """Return units as a column keeps them."""
    return EVERY if units is None else ",".join(str(unit) for unit in sorted(units))


def speak_for(engine: Engine, units: str | None) -> None:
    """Begin the transactions of a PostgreSQL engine as SET LOCAL nicu.units would: gone with the transaction.

    `units` are the process's own, which the units of the person who asks narrow further; where neither is named nothing
    is said, and the role's own setting counts.
    """

    @event.listens_for(engine, "begin")
    def say(connection: Connection) -> None:
        said = narrowed(units, asked_for())
        if said is not None:
            connection.execute(_SPEAK, {"units": said})


def speak_always(engine: Engine, units: str) -> None:
    """Do the same for the process's own units alone, whoever asks."""

    @event.listens_for(engine, "begin")
    def say(connection: Connection) -> None:
        connection.execute(_SPEAK, {"units": units})


def narrowed(process: str | None, person: Units) -> str | None:
    """Return the units that both the process and the person may see."""
    if person is None:
        return process
    own = None if process is None else units_from(process)
    return units_text(person if own is None else person & own)
