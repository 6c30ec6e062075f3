"""Which units a program speaks for: said at the start of each transaction, for row level security to judge by."""

import re
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, event, text

from nicu_dashboard.adapters.sql.addresses.address import AddressFault

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


def speak_for(engine: Engine, units: str) -> None:
    """Begin every transaction of a PostgreSQL engine as SET LOCAL nicu.units would: gone with the transaction."""

    @event.listens_for(engine, "begin")
    def say(connection: Connection) -> None:
        connection.execute(_SPEAK, {"units": units})
