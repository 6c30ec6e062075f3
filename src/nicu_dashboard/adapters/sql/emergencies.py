"""Uses of emergency access, on SQLite or PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select, update

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import break_glass, users
from nicu_dashboard.ports.emergencies import Emergency, Verdict
from nicu_dashboard.ports.roster import NotFound, RosterConflict
from nicu_dashboard.ports.tick import AuditEntry

_COLUMNS = (
    "id", "user_id", "reason", "began_at", "ends_at", "ended_at", "address", "verdict", "note", "reviewed_by",
    "reviewed_at",
)  # fmt: skip
_WITH_WHO = select(*(break_glass.c[name] for name in _COLUMNS), users.c.name, users.c.display_name, users.c.role).join(
    users, users.c.id == break_glass.c.user_id
)


class SqlEmergencies:
    """The port Emergencies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, user_id: int, session_hash: str, reason: str, ends_at: int, address: str | None, audit: AuditEntry
    ) -> Emergency:
        """Begin emergency access in a session."""
        new = {"user_id": user_id, "session_hash": session_hash, "reason": reason, "address": address}
        with self._database.writing() as connection:
            made = insert(break_glass).returning(break_glass.c.id)
            begun = connection.execute(made, new | {"began_at": audit.at, "ends_at": ends_at}).scalar_one()
            self._database.trail.append(connection, [audit])
            return _one(connection, begun)

    def of_session(self, session_hash: str, at: int) -> Emergency | None:
        """Return the emergency access that runs in a session."""
        running = (
            break_glass.c.session_hash == session_hash,
            break_glass.c.ended_at.is_(None),
            break_glass.c.ends_at > at,
        )
        with self._database.reading() as connection:
            row = connection.execute(_WITH_WHO.where(*running)).mappings().first()
        return None if row is None else _emergency(row)

    def end(self, emergency_id: int, at: int, audit: AuditEntry) -> None:
        """End it early."""
        running = break_glass.c.id == emergency_id, break_glass.c.ended_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(break_glass).where(*running).values(ended_at=at))
            self._database.trail.append(connection, [audit])

    def listed(self, waiting: bool, limit: int = 200) -> Sequence[Emergency]:
        """Return those without a verdict, or all, newest first."""
        query = _WITH_WHO.order_by(break_glass.c.id.desc()).limit(limit)
        if waiting:
            query = query.where(break_glass.c.verdict.is_(None))
        with self._database.reading() as connection:
            return [_emergency(row) for row in connection.execute(query).mappings()]

    def get(self, emergency_id: int) -> Emergency:
        """Return one; raises NotFound."""
        with self._database.reading() as connection:
            return _one(connection, emergency_id)

    def review(self, emergency_id: int, verdict: Verdict, note: str, by: str, audit: AuditEntry) -> Emergency:
        """Give a verdict; raises RosterConflict when there is one."""
        said = {"verdict": verdict, "note": note, "reviewed_by": by, "reviewed_at": audit.at}
        open_ = break_glass.c.id == emergency_id, break_glass.c.verdict.is_(None)
        with self._database.writing() as connection:
            _one(connection, emergency_id)
            if connection.execute(update(break_glass).where(*open_).values(said)).rowcount == 0:
                raise RosterConflict("This was reviewed already; look at it again.")
            self._database.trail.append(connection, [audit])
            return _one(connection, emergency_id)


def _one(connection: Connection, emergency_id: int) -> Emergency:
    row = connection.execute(_WITH_WHO.where(break_glass.c.id == emergency_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no emergency access {emergency_id}.")
    return _emergency(row)


def _emergency(row: RowMapping) -> Emergency:
    return Emergency(**dict(row))
