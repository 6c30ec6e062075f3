"""A ward on a database of a real server, with a line between that the test can cut."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.faults.hall import Hall
from tests.faults.line import Line
from tests.postgres import PostgresServer

MOST_CONNECTIONS = 30


@contextmanager
def small_server() -> Iterator[PostgresServer]:
    """A server that keeps what it has committed, with few connections and small files of its log."""
    settings = {"fsync": "on", "synchronous_commit": "on", "max_connections": str(MOST_CONNECTIONS)}
    running = PostgresServer(settings=settings, wal_segment_mb=1)
    try:
        running.start()
        yield running
    finally:
        running.close()


class Site:
    """A database on a server of our own, the line to it, and a ward that works on it."""

    def __init__(
        self, server: PostgresServer, folder: Path, ends: ExitStack, port: int | None = None, **given: str
    ) -> None:
        """Call the server at `port` when something stands between."""
        self.server = server
        self.direct = ends.enter_context(
            server.database(server.template("nicu_head", lambda url: open_store(url).close()))
        )
        self.line = Line(port or server.port)
        ends.callback(self.line.close)
        url = self.direct.replace(f":{server.port}/", f":{self.line.port}/")
        self.hall = Hall(folder, 3, url + ("?pgbouncer=true" if port else ""), **given)
        ends.callback(self.hall.stop)
        self.hall.start()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says, past the line."""
        with psycopg.connect(self.direct) as connection:
            return connection.execute(query.encode()).fetchall()

    def stored(self, label: str) -> Counter[tuple[int, int]]:
        """Every reading of a cot's baby: instant and number."""
        found = self.rows(
            "SELECT (extract(epoch FROM recorded_at) * 1000)::int8, round(etco2 * 10)::int FROM vitals"
            f" WHERE etco2 IS NOT NULL AND patient_id = {self.hall.patients[label]}"
        )
        return Counter((at, value) for at, value in found)

    def store_says(self, state: str) -> bool:
        """Whether the wall calls the store so."""
        return bool(self.hall.wall()["store"]["state"] == state)

    def is_drained(self) -> bool:
        """Whether nothing waits and no technical alarm stands."""
        wall = self.hall.wall()
        return wall["store"]["spooled"] == 0 and not [
            one for one in wall["alarms"] if one["key"] == "store_unavailable"
        ]

    def told(self) -> str:
        """The technical alarm about the store."""
        return next((str(one["text"]) for one in self.hall.wall()["alarms"] if one["key"] == "store_unavailable"), "")

    def minutes_agree(self) -> bool:
        """Whether the roll-ups count each stored value once."""
        values = self.rows("SELECT count(heart_rate) + count(etco2) FROM vitals")
        return self.rows("SELECT sum(n_valid) FROM vitals_minute") == values
