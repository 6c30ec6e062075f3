"""The newest snapshot as a row, and the bell that PostgreSQL rings for each."""

import threading
from collections.abc import Callable, Mapping

import psycopg
from sqlalchemy import select

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.direct import direct_address
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.lease import SqlLease
from nicu_dashboard.adapters.sql.tables import live_snapshot
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.live_row import Bell, StoredSnapshot
from nicu_dashboard.ports.tick import StoreUnavailable

CHANNEL = "nicu_live"
_LOOK_S = 1.0
_DIAL_AGAIN_S = 2.0


class SqlLiveRow:
    """The port LiveRow on SQLite or PostgreSQL."""

    def __init__(self, database: Database, unit_id: int, lease: SqlLease) -> None:
        """Take the store, the unit, and the lease under which it is written."""
        self._database, self._unit_id, self._lease = database, unit_id, lease

    def put(self, seq: int, packed: bytes) -> None:
        """Replace the snapshot and ring the bell; raises LeaseLost when another engine works for the unit."""
        with self._database.writing() as connection:
            if not dialects.put_snapshot(connection, CHANNEL, self._unit_id, self._lease.epoch, seq, packed):
                raise LeaseLost

    def newest(self, after: int) -> StoredSnapshot | None:
        """Return the snapshot when its sequence is beyond `after`."""
        row = live_snapshot.c
        query = select(row.seq, row.payload, row.at, dialects.from_now().label("now"))
        with self._database.reading() as connection:
            found = connection.execute(query.where(row.unit_id == self._unit_id, row.seq > after)).first()
        return None if found is None else StoredSnapshot(found.seq, bytes(found.payload), found.now - found.at)


def bell(database: Database, environ: Mapping[str, str]) -> Bell:
    """Return what tells of newer snapshots: LISTEN past any pooler, or nothing where no session can be had."""
    if database.engine_name == "sqlite":
        return NoBell()
    try:
        return PostgresBell(direct_address(database.address, environ, "listening"))
    except AddressFault:
        return NoBell()


class NoBell:
    """Where nothing rings: a pooler in transaction mode without a direct address, or SQLite."""

    def hears(self) -> bool:
        """Return False."""
        return False

    def start(self, rung: Callable[[], None]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class PostgresBell:
    """LISTEN in a session of its own, past any pooler; opened again whenever it breaks."""

    def __init__(self, address: Address) -> None:
        """Take the direct address."""
        self._address = address
        self._ended = threading.Event()
        self._listening = False

    def hears(self) -> bool:
        """Return whether the session listens now."""
        return self._listening

    def start(self, rung: Callable[[], None]) -> None:
        """Listen until close(); `rung` is called from a thread of the bell's own."""
        threading.Thread(target=self._listen_again, args=(rung,), name="snapshot bell", daemon=True).start()

    def close(self) -> None:
        """Stop listening within a second."""
        self._ended.set()

    def _listen_again(self, rung: Callable[[], None]) -> None:
        while not self._ended.is_set():
            try:
                self._listen(rung)
            except (StoreUnavailable, psycopg.Error):
                self._ended.wait(_DIAL_AGAIN_S)
            finally:
                self._listening = False

    def _listen(self, rung: Callable[[], None]) -> None:
        with dial(self._address, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._listening = True
            rung()
            while not self._ended.is_set():
                for _ in connection.notifies(timeout=_LOOK_S, stop_after=1):
                    rung()
