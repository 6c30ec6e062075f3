"""Alarm limits of each baby, every version kept."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from nicu_dashboard.adapters.sql import audit_trail, dialects
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.fence import Fence, no_fence
from nicu_dashboard.adapters.sql.tables import limit_versions
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.domain.limits import AlarmLimits, Limit, Threshold
from nicu_dashboard.ports.limit_book import LimitsChangedMeanwhile, LimitVersion
from nicu_dashboard.ports.tick import AuditEntry, StoreRefused


class SqlLimitBook:
    """The port LimitBook."""

    def __init__(self, database: Database, fence: Fence = no_fence) -> None:
        """Take the store, and what may refuse a change at its end."""
        self._database, self._fence = database, fence

    def current(self, patient_ids: Sequence[int]) -> Mapping[int, LimitVersion]:
        """Return the newest version for each baby that has its own."""
        other = limit_versions.alias()
        newest = select(func.max(other.c.version)).where(other.c.patient_id == limit_versions.c.patient_id)
        query = select(limit_versions).where(
            limit_versions.c.patient_id.in_(patient_ids), limit_versions.c.version == newest.scalar_subquery()
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["patient_id"]: _version(row) for row in rows}

    def history(self, patient_id: int) -> Sequence[LimitVersion]:
        """Return every version, newest first."""
        mine = select(limit_versions).where(limit_versions.c.patient_id == patient_id)
        with self._database.reading() as connection:
            rows = connection.execute(mine.order_by(limit_versions.c.version.desc())).mappings()
            return [_version(row) for row in rows]

    def change(self, new: LimitVersion, expected_version: int, audit: AuditEntry) -> LimitVersion:
        """Append a version; raises LimitsChangedMeanwhile when expected_version (0 = none yet) is not the newest."""
        try:
            with self._database.writing() as connection:
                dialects.lock_patients(connection, [new.patient_id])
                _check_newest(connection, new.patient_id, expected_version)
                connection.execute(insert(limit_versions), _row(new))
                self._database.trail.append(connection, [audit_trail.about(audit, new.patient_id)])
                self._fence(connection)
        except StoreRefused:
            raise LimitsChangedMeanwhile("These limits were changed at the same time; read them again.") from None
        return new


def _check_newest(connection: Connection, patient_id: int, expected_version: int) -> None:
    mine = select(limit_versions).where(limit_versions.c.patient_id == patient_id)
    newest = connection.execute(mine.order_by(limit_versions.c.version.desc()).limit(1)).first()
    if newest is not None and newest.version != expected_version:
        raise LimitsChangedMeanwhile(
            f"{newest.changed_by} changed these limits at {format_instant(newest.changed_at)} to version"
            f" {newest.version}; read them again before you change them."
        )
    if newest is None and expected_version:
        raise LimitsChangedMeanwhile("This baby has no limits of its own; read them again before you change them.")


def _version(row: RowMapping) -> LimitVersion:
    limits = tuple(_limit(limit) for limit in row["limits"])
    return LimitVersion(
        row["patient_id"],
        row["version"],
        AlarmLimits(row["profile"], row["profile_version"], limits),
        row["changed_at"],
        row["changed_by"],
        row["reason"],
    )


def _limit(written: Mapping[str, Any]) -> Limit:
    red, yellow = (None if written[level] is None else Threshold(**written[level]) for level in ("red", "yellow"))
    return Limit(**{**written, "red": red, "yellow": yellow})


def _row(new: LimitVersion) -> dict[str, Any]:
    return {
        "patient_id": new.patient_id,
        "version": new.version,
        "profile": new.limits.profile,
        "profile_version": new.limits.version,
        "limits": [asdict(limit) for limit in new.limits.limits],
        "changed_at": new.changed_at,
        "changed_by": new.changed_by,
        "reason": new.reason,
    }
