"""What a store remembers of its writers: the last tick of each, so that none is written twice; and its own name."""

import secrets

from sqlalchemy import Connection, select

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.tables import counters
from nicu_dashboard.ports.tick import AlreadyWritten, Mark

_IDENTITY = "store"


def note(connection: Connection, mark: Mark) -> None:
    """Note ticks as written, until the transaction ends; raises AlreadyWritten when the first of them was before."""
    statement = dialects.insert(connection, counters).values(name=_name(mark.writer), value=mark.last)
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": mark.last}, where=counters.c.value < mark.first
    )
    if connection.execute(statement.returning(counters.c.value)).first() is None:
        raise AlreadyWritten(last(connection, mark.writer))


def last(connection: Connection, writer: str) -> int:
    """Return the number of the last tick of a writer, 0 when there is none."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == _name(writer))) or 0


def known_identity(connection: Connection) -> str | None:
    """Return the store's name, None when it has none yet."""
    value = connection.scalar(select(counters.c.value).where(counters.c.name == _IDENTITY))
    return None if value is None else f"{value:015x}"


def give_identity(connection: Connection) -> None:
    """Give the store a name by chance; one that it has stays."""
    statement = dialects.insert(connection, counters).values(name=_IDENTITY, value=secrets.randbits(60))
    connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def _name(writer: str) -> str:
    return f"ticks of {writer}"
