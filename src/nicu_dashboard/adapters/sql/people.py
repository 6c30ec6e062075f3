"""Users, sessions, device keys and the audit trail; every change commits with its audit entry."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, Update, insert, select, update

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.sight import seen_row
from nicu_dashboard.adapters.sql.tables import audit_log, device_keys, sessions, users
from nicu_dashboard.adapters.sql.units import units_from, units_text
from nicu_dashboard.ports.asking import beyond_units
from nicu_dashboard.ports.people import EVERY_UNIT, DeviceKey, Role, Session, Units, User
from nicu_dashboard.ports.roster import NotFound, RosterConflict
from nicu_dashboard.ports.tick import AuditEntry

_SESSION = ("created_at", "last_seen_at", "expires_at", "method")
_NOT_ENDED = (
    select(users, *(sessions.c[name].label(f"session_{name}") for name in ("token_hash", *_SESSION)))
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(sessions.c.ended_at.is_(None), users.c.disabled_at.is_(None))
)
_FILTERS = {
    "actor": lambda value: audit_log.c.actor == value,
    "action": lambda value: audit_log.c.action == value,
    "patient_id": lambda value: audit_log.c.patient_id == value,
    "from_at": lambda value: audit_log.c.at >= value,
    "to_at": lambda value: audit_log.c.at < value,
    "units": seen_row,
}


class SqlPeople:
    """The port People."""

    def __init__(self, database: Database) -> None:
        """Take the store."""
        self._database = database

    def users(self) -> Sequence[User]:
        """Return all users by name."""
        with self._database.reading() as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name)).mappings()]

    def user(self, user_id: int) -> User:
        """Return a user; raises NotFound."""
        with self._database.reading() as connection:
            return _user(_numbered(connection, user_id))

    def user_by_name(self, name: str) -> User:
        """Return a user; raises NotFound."""
        with self._database.reading() as connection:
            return _user(_named(connection, users, name, "user"))

    def user_by_external_id(self, external_id: str) -> User | None:
        """Return the user whom an identity provider knows under this name, None when there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.external_id == external_id)).mappings().first()
        return None if row is None else _user(row)

    def add_user(
        self,
        name: str,
        display_name: str,
        role: Role,
        password_hash: str,
        audit: AuditEntry,
        units: Units = EVERY_UNIT,
        external_id: str | None = None,
    ) -> User:
        """Create a user; raises RosterConflict when the name exists."""
        new = {"name": name, "display_name": display_name, "role": role, "password_hash": password_hash}
        more = {"created_at": audit.at, "units": units_text(units), "external_id": external_id}
        with self._database.writing() as connection:
            _must_be_new(connection, users, name, "user")
            row = connection.execute(insert(users).returning(*users.c), new | more).mappings().one()
            self._append(connection, audit)
        return _user(row)

    def change_user(self, user_id: int, role: Role, units: Units, audit: AuditEntry) -> User:
        """Give a user another role or other units, which count from the next request on; raises NotFound."""
        change = {"role": role, "units": units_text(units)}
        with self._database.writing() as connection:
            _numbered(connection, user_id)
            changed = update(users).where(users.c.id == user_id).values(change).returning(*users.c)
            row = connection.execute(changed).mappings().one()
            self._append(connection, audit)
        return _user(row)

    def set_password(self, user_id: int, password_hash: str, keep: str | None, at: int, audit: AuditEntry) -> None:
        """Store a new hash and end every session of the user but the one of token hash `keep`."""
        others = sessions.c.user_id == user_id
        if keep is not None:
            others &= sessions.c.token_hash != keep
        with self._database.writing() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
            connection.execute(_since(sessions, others, "ended_at", at))
            self._append(connection, audit)

    def enable_user(self, name: str, audit: AuditEntry) -> None:
        """Let a disabled user log in again; raises NotFound."""
        with self._database.writing() as connection:
            user = _named(connection, users, name, "user")
            connection.execute(update(users).where(users.c.id == user["id"]).values(disabled_at=None))
            self._append(connection, audit)

    def disable_user(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a user and end the user's sessions at once; raises NotFound."""
        with self._database.writing() as connection:
            user = _named(connection, users, name, "user")
            connection.execute(_since(users, users.c.id == user["id"], "disabled_at", at))
            connection.execute(_since(sessions, sessions.c.user_id == user["id"], "ended_at", at))
            self._append(connection, audit)

    def open_session(
        self, token_hash: str, user_id: int, at: int, expires_at: int, audit: AuditEntry, method: str = "password"
    ) -> None:
        """Start a session; `method` says how the person proved who it is."""
        new = {"token_hash": token_hash, "user_id": user_id, "created_at": at, "last_seen_at": at}
        with self._database.writing() as connection:
            connection.execute(insert(sessions), new | {"expires_at": expires_at, "method": method})
            self._append(connection, audit)

    def session(self, token_hash: str) -> Session | None:
        """Return a session that was not ended, with its user unless disabled; its expiry is the caller's to judge."""
        with self._database.reading() as connection:
            row = connection.execute(_NOT_ENDED.where(sessions.c.token_hash == token_hash)).mappings().first()
        return None if row is None else _session(row)

    def living_sessions(self, seen_after: int, at: int, limit: int) -> Sequence[Session]:
        """Return the sessions used after `seen_after` that live at `at`, the newest first."""
        living = _NOT_ENDED.where(sessions.c.last_seen_at > seen_after, sessions.c.expires_at > at)
        with self._database.reading() as connection:
            rows = connection.execute(living.order_by(sessions.c.last_seen_at.desc()).limit(limit)).mappings()
            return [_session(row) for row in rows]

    def touch_session(self, token_hash: str, at: int) -> None:
        """Note that the session was used."""
        with self._database.writing() as connection:
            connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(last_seen_at=at))

    def end_session(self, token_hash: str, at: int, audit: AuditEntry) -> None:
        """End a session."""
        with self._database.writing() as connection:
            connection.execute(_since(sessions, sessions.c.token_hash == token_hash, "ended_at", at))
            self._append(connection, audit)

    def device_keys(self) -> Sequence[DeviceKey]:
        """Return all device keys, disabled ones too."""
        with self._database.reading() as connection:
            rows = connection.execute(select(device_keys).order_by(device_keys.c.name)).mappings()
            return [_key(row) for row in rows]

    def add_key(
        self,
        name: str,
        key_hash: str,
        audit: AuditEntry,
        scope: frozenset[str] = frozenset({"send readings"}),
        expires_at: int | None = None,
        units: Units = EVERY_UNIT,
    ) -> DeviceKey:
        """Create a key; raises RosterConflict when the name exists."""
        may = {"scope": ",".join(sorted(scope)), "expires_at": expires_at, "units": units_text(units)}
        new = {"name": name, "key_hash": key_hash, "created_at": audit.at} | may
        with self._database.writing() as connection:
            _must_be_new(connection, device_keys, name, "device key")
            row = connection.execute(insert(device_keys).returning(*device_keys.c), new).mappings().one()
            self._append(connection, audit)
        return _key(row)

    def disable_key(self, name: str, at: int, audit: AuditEntry) -> None:
        """Disable a key; raises NotFound."""
        with self._database.writing() as connection:
            key = _named(connection, device_keys, name, "device key")
            connection.execute(_since(device_keys, device_keys.c.id == key["id"], "disabled_at", at))
            self._append(connection, audit)

    def record(self, entry: AuditEntry) -> None:
        """Append an audit entry of its own (a read of patient data, a failed log-in)."""
        with self._database.writing() as connection:
            self._append(connection, entry)

    def record_all(self, entries: Sequence[AuditEntry]) -> None:
        """Append audit entries of their own, all in one transaction."""
        with self._database.writing() as connection:
            self._database.trail.append(connection, entries)

    def audit(
        self, after: int | None = None, limit: int = 100, filters: Mapping[str, Any] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return audit rows newest first, below seq `after`.

        Filters: actor, action, patient_id, from_at, to_at, units.
        """
        query = select(audit_log).order_by(audit_log.c.seq.desc()).limit(limit)
        if after is not None:
            query = query.where(audit_log.c.seq < after)
        for name, value in (filters or {}).items():
            query = query.where(_FILTERS[name](value))
        # The trail is one chain and whose it is depends on every stay: the program looks, the filter judges.
        with beyond_units(), self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _append(self, connection: Connection, entry: AuditEntry) -> None:
        self._database.trail.append(connection, [entry])


def _session(row: RowMapping) -> Session:
    return Session(row["session_token_hash"], _user(row), *(row[f"session_{name}"] for name in _SESSION))


def _user(row: RowMapping) -> User:
    names = ("id", "name", "display_name", "role", "password_hash", "created_at", "disabled_at", "external_id")
    return User(**{name: row[name] for name in names}, units=units_from(row["units"]))


def _key(row: RowMapping) -> DeviceKey:
    scope = frozenset(filter(None, row["scope"].split(",")))
    return DeviceKey(**{**row, "scope": scope, "units": units_from(row["units"])})


def _numbered(connection: Connection, user_id: int) -> RowMapping:
    row = connection.execute(select(users).where(users.c.id == user_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return row


def _named(connection: Connection, table: Table, name: str, what: str) -> RowMapping:
    row = connection.execute(select(table).where(table.c.name == name)).mappings().first()
    if row is None:
        raise NotFound(f"There is no {what} {name}.")
    return row


def _must_be_new(connection: Connection, table: Table, name: str, what: str) -> None:
    if connection.scalar(select(table.c.id).where(table.c.name == name)):
        raise RosterConflict(f"There is a {what} {name} already; choose another name.")


def _since(table: Table, which: ColumnElement[bool], column: str, at: int) -> Update:
    """Note an instant in rows that have none yet: what ended first counts."""
    return update(table).where(which, table.c[column].is_(None)).values({column: at})
