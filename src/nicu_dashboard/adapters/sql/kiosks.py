"""Paired screens, on SQLite or PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, insert, select, update

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import kiosks
from nicu_dashboard.adapters.sql.units import units_from, units_text
from nicu_dashboard.ports.kiosks import Kiosk
from nicu_dashboard.ports.people import EVERY_UNIT, Units
from nicu_dashboard.ports.roster import NotFound, RosterConflict
from nicu_dashboard.ports.tick import AuditEntry

_KIOSK = ("id", "name", "created_at", "code_expires_at", "paired_at", "last_seen_at", "disabled_at")


class SqlKiosks:
    """The port Kiosks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, code_hash: str, code_expires_at: int, audit: AuditEntry, units: Units = EVERY_UNIT
    ) -> Kiosk:
        """Keep a screen that is to be paired; one that was never paired or is disabled gives its name away."""
        fresh = {"code_hash": code_hash, "code_expires_at": code_expires_at, "token_hash": None, "paired_at": None}
        anew = fresh | {"created_at": audit.at, "disabled_at": None, "last_seen_at": None, "units": units_text(units)}
        with self._database.writing() as connection:
            known = connection.execute(select(kiosks).where(kiosks.c.name == name)).mappings().first()
            if known is not None and known["paired_at"] is not None and known["disabled_at"] is None:
                raise RosterConflict(f"There is a screen {name} already; disable it first or choose another name.")
            change = insert(kiosks).values(name=name) if known is None else update(kiosks).where(kiosks.c.name == name)
            row = connection.execute(change.values(anew).returning(*kiosks.c)).mappings().one()
            self._database.trail.append(connection, [audit])
        return _kiosk(row)

    def pair(self, code_hash: str, token_hash: str, at: int, audit: AuditEntry) -> Kiosk | None:
        """Use a pairing code up; None when there is none such any more."""
        waits = kiosks.c.code_hash == code_hash, kiosks.c.code_expires_at > at, kiosks.c.disabled_at.is_(None)
        paired = {"code_hash": None, "token_hash": token_hash, "paired_at": at, "last_seen_at": at}
        with self._database.writing() as connection:
            row = (
                connection.execute(update(kiosks).where(*waits).values(paired).returning(*kiosks.c)).mappings().first()
            )
            if row is not None:
                self._database.trail.append(connection, [audit])
        return None if row is None else _kiosk(row)

    def by_token(self, token_hash: str) -> Kiosk | None:
        """Return the paired screen of a token unless it is disabled."""
        works = kiosks.c.token_hash == token_hash, kiosks.c.disabled_at.is_(None)
        with self._database.reading() as connection:
            row = connection.execute(select(kiosks).where(*works)).mappings().first()
        return None if row is None else _kiosk(row)

    def touch(self, kiosk_id: int, at: int) -> None:
        """Note that the screen was seen."""
        with self._database.writing() as connection:
            connection.execute(update(kiosks).where(kiosks.c.id == kiosk_id).values(last_seen_at=at))

    def listed(self) -> Sequence[Kiosk]:
        """Return all screens by name."""
        with self._database.reading() as connection:
            return [_kiosk(row) for row in connection.execute(select(kiosks).order_by(kiosks.c.name)).mappings()]

    def disable(self, kiosk_id: int, at: int, audit: AuditEntry) -> None:
        """Disable a screen; raises NotFound."""
        with self._database.writing() as connection:
            mine = kiosks.c.id == kiosk_id
            if connection.execute(update(kiosks).where(mine).values(disabled_at=at)).rowcount == 0:
                raise NotFound(f"There is no screen {kiosk_id}.")
            self._database.trail.append(connection, [audit])


def _kiosk(row: RowMapping) -> Kiosk:
    return Kiosk(**{name: row[name] for name in _KIOSK}, units=units_from(row["units"]))
