"""Counters: numbers that are given once."""

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.tables import counters


def count_up(connection: Connection, name: str, count: int) -> range:
    """Return the next `count` numbers of a counter, from 1; a transaction that is undone gives them back."""
    statement = dialects.insert(connection, counters).values(name=name, value=count)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + count})
    last: int = connection.execute(statement.returning(counters.c.value)).scalar_one()
    return range(last - count + 1, last + 1)
