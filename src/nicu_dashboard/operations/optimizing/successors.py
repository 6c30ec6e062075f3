"""Indexes that keep rows unique: a successor is made beside the old one, then takes its name; never is there none.

An unusable index is not dropped first either: unusable for reading, it may still be what refuses a second row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import translated
from nicu_dashboard.operations.optimizing import building
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, alone, in_a_quiet_moment
from nicu_dashboard.ports.tick import StoreRefused

_MADE = "_made"
_SOUND = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indexrelid = to_regclass('{index}') AND indrelid = to_regclass('{table}') AND indisvalid
"""
_PARTS = """
SELECT indexrelid::regclass::text, relname FROM pg_inherits
JOIN pg_index ON indexrelid = inhrelid JOIN pg_class ON pg_class.oid = indexrelid
WHERE inhparent = to_regclass('{index}')
"""


@dataclass(frozen=True, slots=True)
class Keeper:
    """An index that keeps rows unique; its definition as SQL."""

    name: str
    table: str
    definition: str

    def is_like(self, definition: str) -> bool:
        """Return whether a definition that a database tells is this one, whatever the names in it."""
        return _essence(definition) == _essence(self.definition)


def succeed(database: Database, keeper: Keeper, report: Report) -> None:
    """Put a sound index in the place of one that is missing, unusable or another; writers wait for a moment at most."""
    prepare(database, keeper, report)
    in_a_quiet_moment(database, lambda connection: _take_over(connection, keeper))


def prepare(database: Database, keeper: Keeper, report: Report) -> None:
    """Make the successor beside the running ward, unless it is there; raises CannotCare where rows are doubled."""
    made = keeper.name + _MADE
    with alone(database) as connection:
        found = connection.exec_driver_sql(_SOUND.format(index=made, table=keeper.table)).scalar()
        if found is not None and keeper.is_like(found):
            return
        building.drop(database, connection, made, report)
        with _told_of_doubles(database, connection, keeper, report):
            building.build(database, connection, made, keeper.table, keeper.definition, report)


def _take_over(connection: Connection, keeper: Keeper) -> None:
    """Drop what was, give its name to the successor and to the successor's parts; one transaction does it all."""
    made = keeper.name + _MADE
    connection.exec_driver_sql(f"DROP INDEX IF EXISTS {keeper.name}")
    for part, name in connection.exec_driver_sql(_PARTS.format(index=made)).all():
        if name.endswith(_MADE):
            connection.exec_driver_sql(f"ALTER INDEX {part} RENAME TO {name.removesuffix(_MADE)}")
    connection.exec_driver_sql(f"ALTER INDEX {made} RENAME TO {keeper.name}")


@contextmanager
def _told_of_doubles(database: Database, connection: Connection, keeper: Keeper, report: Report) -> Iterator[None]:
    """Say how many rows there are twice, where that is why the index cannot be made; nothing is changed."""
    try:
        yield
    except Exception as error:
        if not isinstance(translated(error, database.where), StoreRefused):
            raise
        building.drop(database, connection, keeper.name + _MADE, report)
        count = connection.exec_driver_sql(f"SELECT count(*) FROM ({doubles(keeper)}) AS doubled").scalar_one()
        raise CannotCare(doubled(keeper, count)) from None


def doubles(keeper: Keeper) -> str:
    """Return the query for the keys that are there more than once."""
    columns = keeper.definition.partition("(")[2].partition(")")[0].replace(" DESC", "")
    where = keeper.definition.partition(" WHERE ")[2]
    which = f" WHERE {where}" if where else ""
    return f"SELECT {columns}, count(*) FROM {keeper.table}{which} GROUP BY {columns} HAVING count(*) > 1"


def doubled(keeper: Keeper, count: int) -> str:
    """Return what is to be done where rows are there more than once."""
    return (
        f"{keeper.table} holds more than one row of the same key ({count:,} keys), so the index {keeper.name} cannot be"
        f" made; nothing was changed. Keep one row of each, then run it again: {doubles(keeper)}"
    )


def _essence(definition: str) -> str:
    """Return uniqueness, key, values and condition of an index without names, brackets and casts."""
    unique = definition.startswith("CREATE UNIQUE")
    told = definition[definition.index("(") :].replace("::text", "")
    return f"{unique} {told}".translate(str.maketrans("", "", '() "'))
