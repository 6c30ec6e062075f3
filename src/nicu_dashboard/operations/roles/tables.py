"""Which role may do what with which table, and which rows belong to a unit: as data, judged by tests."""

from collections.abc import Mapping
from types import MappingProxyType

from nicu_dashboard.adapters.sql.tables import metadata

# Rows that are written once and never changed: not even the program may.
APPENDED = frozenset({"audit_log", "compliance_runs", "alarm_transitions", "limit_versions", "vitals_superseded"})
# Where the program computes rows again, or clears what it has dealt with.
DELETED_FROM = frozenset({"events", "rescans", "vitals_minute", "login_steps", "attempts"})
# Tables without patients' data.
_DOORS = {"users", "sessions", "device_keys", "second_factors", "recovery_codes", "login_steps", "attempts", "kiosks"}
OPEN = frozenset({"units", "cots", "sources", "counters", "lease", "break_glass", "compliance_runs", *_DOORS})
# What a reader of the ward's data has no business with.
NOT_FOR_READERS = frozenset({"audit_log", "quarantine", "counters", "lease", "break_glass", "compliance_runs", *_DOORS})
AUDITED = ("audit_log", "compliance_runs", "counters", "units", "alembic_version")
AUDITED_USERS = ("id", "name", "display_name", "role", "created_at", "disabled_at")

_BABY = "patient_id IN (SELECT nicu_guard.babies_seen())"
_UNIT = "unit_id = ANY ((SELECT nicu_guard.units_seen())::bigint[])"
_COT = "cot_id IN (SELECT id FROM cots WHERE unit_id = ANY ((SELECT nicu_guard.units_seen())::bigint[]))"
_ANY = "(SELECT nicu_guard.sees_a_unit())"
_BY_BABY = (
    "annotations", "events", "limit_versions", "rescans", "vitals", "vitals_hour", "vitals_minute",
    "vitals_superseded",
)  # fmt: skip

# Which rows are seen and may be changed. A baby and its whole history belong to the unit of its latest stay; a baby
# that was never admitted to whoever speaks for a unit.
SEEN: Mapping[str, str] = MappingProxyType({
    **dict.fromkeys(_BY_BABY, _BABY),
    "patients": f"id IN (SELECT nicu_guard.babies_seen()) OR ({_ANY} AND NOT nicu_guard.was_admitted(id))",
    "admissions": f"{_BABY} OR {_COT}",
    "alarms": f"{_BABY} OR (patient_id IS NULL AND {_UNIT})",
    "alarm_transitions": "EXISTS (SELECT FROM alarms WHERE alarms.id = alarm_id)",
    "suspensions": f"{_BABY} OR (patient_id IS NULL AND {_COT})",
    "live_snapshot": _UNIT,
    "quarantine": f"{_UNIT} OR (unit_id IS NULL AND {_ANY})",
})  # fmt: skip
# Where a new row is judged otherwise: a stay is made before its baby is the unit's.
WRITTEN: Mapping[str, str] = MappingProxyType({"admissions": _COT})


def app_rights() -> dict[str, str]:
    """Return what the program may do with each table."""
    rights = {}
    for name in metadata.tables:
        allowed = ["SELECT", "INSERT"] if name in APPENDED else ["SELECT", "INSERT", "UPDATE"]
        rights[name] = ", ".join([*allowed, *(["DELETE"] if name in DELETED_FROM else [])])
    return {**rights, "alembic_version": "SELECT"}


def reader_tables() -> list[str]:
    """Return the tables a reader may read."""
    return [*(name for name in metadata.tables if name not in NOT_FOR_READERS), "alembic_version"]


def unjudged() -> set[str]:
    """Return tables of the schema that nothing here speaks of; there must be none."""
    return set(metadata.tables) - OPEN - set(SEEN) - {"audit_log"}
