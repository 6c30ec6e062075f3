"""The units of a store: each has its cots, its wall and its engine."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.tables import units
from nicu_dashboard.domain.patients import Unit
from nicu_dashboard.ports.roster import NotFound, RosterConflict, UnitNotChosen

FIRST = "NICU"


def listed(connection: Connection) -> list[Unit]:
    """Return every unit, the oldest first."""
    return [Unit(row.id, row.name) for row in connection.execute(select(units).order_by(units.c.id))]


def make_first(connection: Connection) -> None:
    """Make the unit of a store that has none; harmless when somebody else was faster."""
    connection.execute(dialects.insert(connection, units).values(name=FIRST).on_conflict_do_nothing())


def choose(known: Sequence[Unit], named: str | None) -> Unit:
    """Return the unit of this name or number, or the only one there is; raises UnitNotChosen, which lists them."""
    if named is None:
        if len(known) == 1:
            return known[0]
        raise UnitNotChosen(f"this store holds {len(known)} units: {_told(known)}; name one: --unit NAME or NICU_UNIT")
    wanted = named.strip()
    for unit in known:
        if unit.name == wanted:
            return unit
    alike = [unit for unit in known if unit.name.casefold() == wanted.casefold() or str(unit.id) == wanted]
    if len(alike) == 1:
        return alike[0]
    raise UnitNotChosen(
        f"there is no unit {wanted[:60]!r}; there are: {_told(known) or 'none'}; add one with: nicu units add NAME"
    )


def add(connection: Connection, name: str) -> Unit:
    """Add a unit; raises RosterConflict when the name exists."""
    _must_be_new(connection, name)
    row = connection.execute(insert(units).returning(units.c.id), {"name": name}).one()
    return Unit(row.id, name)


def rename(connection: Connection, unit_id: int, name: str) -> Unit:
    """Give a unit another name; raises NotFound, RosterConflict."""
    _must_be_new(connection, name, unit_id)
    if not connection.execute(update(units).where(units.c.id == unit_id).values(name=name)).rowcount:
        raise NotFound(f"There is no unit {unit_id}; see: nicu units list")
    return Unit(unit_id, name)


def _must_be_new(connection: Connection, name: str, unit_id: int | None = None) -> None:
    """Names that differ in case alone, or look like another unit's number, would be mistaken for one another."""
    for unit in listed(connection):
        if unit.id != unit_id and unit.name.casefold() == name.casefold():
            raise RosterConflict(f"There is a unit {unit.name} already; choose another name.")
    if name.isdecimal():
        raise RosterConflict("The name of a unit is not a number alone: units have numbers already.")


def _told(known: Sequence[Unit]) -> str:
    return ", ".join(unit.name for unit in known)
