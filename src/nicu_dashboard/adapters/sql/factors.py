"""Second factors, recovery codes, and log-ins under way, on SQLite or PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import login_steps, recovery_codes, second_factors
from nicu_dashboard.ports.factors import Factor, FactorKind, Step
from nicu_dashboard.ports.roster import RosterConflict
from nicu_dashboard.ports.tick import AuditEntry

_FACTOR = ("id", "user_id", "kind", "name", "secret", "credential_id", "counter", "created_at", "last_used_at")


class SqlFactors:
    """The port Factors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_user(self, user_id: int) -> Sequence[Factor]:
        """Return the factors of a user that were not removed."""
        mine = second_factors.c.user_id == user_id, second_factors.c.removed_at.is_(None)
        with self._database.reading() as connection:
            rows = connection.execute(select(second_factors).where(*mine).order_by(second_factors.c.id)).mappings()
            return [_factor(row) for row in rows]

    def add(
        self, user_id: int, kind: FactorKind, name: str, secret: str, credential_id: str | None, counter: int,
        audit: AuditEntry,
    ) -> Factor:  # fmt: skip
        """Add a factor; raises RosterConflict when the passkey is registered already."""
        known = select(second_factors.c.id).where(second_factors.c.credential_id == credential_id)
        new = {"user_id": user_id, "kind": kind, "name": name, "secret": secret, "credential_id": credential_id}
        with self._database.writing() as connection:
            if credential_id is not None and connection.scalar(known):
                raise RosterConflict("This passkey is registered already; use another.")
            more = {"counter": counter, "created_at": audit.at}
            made = insert(second_factors).returning(*second_factors.c)
            row = connection.execute(made, new | more).mappings().one()
            self._database.trail.append(connection, [audit])
        return _factor(row)

    def use(self, factor_id: int, counter: int, at: int) -> bool:
        """Move a factor's counter on; return False when it stands there already: the answer was used before."""
        unused = second_factors.c.id == factor_id, second_factors.c.counter < counter
        moved = update(second_factors).where(*unused).values(counter=counter, last_used_at=at)
        with self._database.writing() as connection:
            return connection.execute(moved).rowcount == 1

    def remove(self, factor_ids: Sequence[int], at: int, audit: AuditEntry) -> None:
        """Remove factors."""
        with self._database.writing() as connection:
            removed = update(second_factors).where(second_factors.c.id.in_(factor_ids)).values(removed_at=at)
            connection.execute(removed)
            self._database.trail.append(connection, [audit])

    def replace_recovery_codes(self, user_id: int, hashes: Sequence[str], at: int, audit: AuditEntry) -> None:
        """Store new codes; those before work no more."""
        rows = [{"code_hash": one, "user_id": user_id, "created_at": at} for one in hashes]
        with self._database.writing() as connection:
            connection.execute(update(recovery_codes).where(*_unused(user_id)).values(used_at=at))
            if rows:
                connection.execute(insert(recovery_codes), rows)
            self._database.trail.append(connection, [audit])

    def recovery_codes_left(self, user_id: int) -> int:
        """Return how many codes are unused."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(recovery_codes).where(*_unused(user_id))) or 0

    def use_recovery_code(self, user_id: int, code_hash: str, at: int) -> bool:
        """Use a code up; return False when there is none such."""
        mine = *_unused(user_id), recovery_codes.c.code_hash == code_hash
        with self._database.writing() as connection:
            return connection.execute(update(recovery_codes).where(*mine).values(used_at=at)).rowcount == 1

    def begin(self, token_hash: str, step: Step, at: int, expires_at: int) -> None:
        """Keep a step until it is answered or void; what is void by now is cleared away."""
        new = {"token_hash": token_hash, "kind": step.kind, "user_id": step.user_id, "data": dict(step.data)}
        with self._database.writing() as connection:
            connection.execute(delete(login_steps).where(login_steps.c.expires_at < at))
            connection.execute(insert(login_steps), new | {"expires_at": expires_at})

    def look(self, token_hash: str, kind: str, at: int) -> Step | None:
        """Return a step that waits, without answering it."""
        with self._database.reading() as connection:
            row = connection.execute(select(login_steps).where(*_waiting(token_hash, kind, at))).mappings().first()
        return None if row is None else _step(row)

    def answer(self, token_hash: str, kind: str, at: int) -> Step | None:
        """Return a step that waits and end it: nobody answers it again."""
        ended = update(login_steps).where(*_waiting(token_hash, kind, at)).values(used_at=at)
        with self._database.writing() as connection:
            row = connection.execute(ended.returning(*login_steps.c)).mappings().first()
        return None if row is None else _step(row)

    def change(self, token_hash: str, data: Mapping[str, Any]) -> None:
        """Change what the answer of a step is checked against."""
        with self._database.writing() as connection:
            mine = update(login_steps).where(login_steps.c.token_hash == token_hash)
            connection.execute(mine.values(data=dict(data)))


def _factor(row: RowMapping) -> Factor:
    return Factor(**{name: row[name] for name in _FACTOR})


def _step(row: RowMapping) -> Step:
    return Step(row["kind"], row["user_id"], row["data"])


def _unused(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None)


def _waiting(token_hash: str, kind: str, at: int) -> tuple[ColumnElement[bool], ...]:
    mine = login_steps.c.token_hash == token_hash, login_steps.c.kind == kind
    return *mine, login_steps.c.used_at.is_(None), login_steps.c.expires_at > at
