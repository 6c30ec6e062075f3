"""The lease of the engine as a row: whoever holds its epoch may write, and nobody else."""

from sqlalchemy import Connection, select, update

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import lease
from nicu_dashboard.ports.lease import Claim, LeaseLost, Tenancy

TTL_MS = 5_000
# A session that stands still between the check of the lease and its commit is ended by the server after this.
FROZEN_MS = 3_000


class SqlLease:
    """The port Lease on SQLite or PostgreSQL, and the fence that every transaction of the engine must pass."""

    def __init__(self, database: Database, unit_id: int, ttl_ms: int = TTL_MS) -> None:
        """Take the store, the unit, and for how long a lease holds unless it is renewed."""
        self._database, self._unit_id, self._ttl_ms = database, unit_id, ttl_ms
        self._frozen_ms = None if database.address.pins_on_set else min(FROZEN_MS, ttl_ms)
        self.epoch = 0

    def look(self) -> Tenancy | None:
        """Return the lease as it stands, None when it was never taken.

        On the alarm path's connection: a flood of history must not hide from a web worker where the engine is.
        """
        query = select(lease, dialects.from_now().label("now")).where(lease.c.unit_id == self._unit_id)
        with self._database.ticking() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        claim = Claim(row.holder, row.address, row.token)
        return Tenancy(claim, row.epoch, row.expires_at, row.expires_at - row.now)

    def take(self, claim: Claim, seen: Tenancy | None) -> int | None:
        """Take the lease if it still stands as it was seen; return the new epoch, None when somebody was faster."""
        new = {"holder": claim.holder, "address": claim.address, "token": claim.token}
        new["expires_at"] = dialects.from_now(self._ttl_ms)  # type: ignore[assignment]
        epoch: int | None
        with self._database.ticking() as connection:
            if seen is None:
                first = dialects.insert(connection, lease).values(unit_id=self._unit_id, epoch=1, **new)
                epoch = connection.scalar(first.on_conflict_do_nothing().returning(lease.c.epoch))
            else:
                unchanged = (lease.c.epoch == seen.epoch) & (lease.c.expires_at == seen.expires_at)
                taken = update(lease).where(lease.c.unit_id == self._unit_id, unchanged)
                epoch = connection.scalar(taken.values(epoch=lease.c.epoch + 1, **new).returning(lease.c.epoch))
        self.epoch = epoch or 0
        return epoch

    def renew(self, epoch: int) -> None:
        """Hold it for another while; raises LeaseLost when another engine has taken it."""
        mine = update(lease).where(lease.c.unit_id == self._unit_id, lease.c.epoch == epoch)
        with self._database.ticking() as connection:
            if not connection.execute(mine.values(expires_at=dialects.from_now(self._ttl_ms))).rowcount:
                raise LeaseLost

    def give_back(self, epoch: int) -> None:
        """Let the next engine take it at once; one that was taken already is left alone."""
        mine = update(lease).where(lease.c.unit_id == self._unit_id, lease.c.epoch == epoch)
        with self._database.ticking() as connection:
            connection.execute(mine.values(holder="", address="", token="", expires_at=dialects.from_now()))

    def fence(self, connection: Connection) -> None:
        """Raise LeaseLost unless this engine holds the lease; it does then until the transaction ends.

        To be called last in a transaction: the shorter the lease is locked, the less a hung engine is in the way.
        """
        if not dialects.hold_epoch(connection, self._unit_id, self.epoch, self._frozen_ms):
            raise LeaseLost
