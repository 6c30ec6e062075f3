"""Counted attempts in the store: one row a key, held while it is counted; no two workers count past each other."""

from sqlalchemy import delete, update

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import attempts
from nicu_dashboard.domain.instants import DAY_MS


class SqlAttempts:
    """The port Attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, key: str, at: int, window_ms: int, most: int, lock_ms: int) -> int | None:
        """Count one attempt at `at` and return until when none is allowed, None when this one is."""
        with self._database.writing() as connection:
            new = dialects.insert(connection, attempts).values(key=key, count=0, began_at=at)
            held = new.on_conflict_do_update(index_elements=["key"], set_={"key": key}).returning(*attempts.c)
            # `count` is a method of rows.
            row = connection.execute(held).mappings().one()
            if row["locked_until"] is not None and at < row["locked_until"]:
                locked: int = row["locked_until"]
                return locked
            anew = row["locked_until"] is not None or at - row["began_at"] >= window_ms
            count, began_at = (1, at) if anew else (row["count"] + 1, row["began_at"])
            until = at + lock_ms if count > most else None
            counted = {"count": count, "began_at": began_at, "locked_until": until}
            connection.execute(update(attempts).where(attempts.c.key == key).values(counted))
            if count == 1:
                connection.execute(delete(attempts).where(attempts.c.began_at < at - DAY_MS))
        return until

    def forget(self, key: str) -> None:
        """Begin anew: somebody proved to be who they are."""
        with self._database.writing() as connection:
            connection.execute(delete(attempts).where(attempts.c.key == key))
