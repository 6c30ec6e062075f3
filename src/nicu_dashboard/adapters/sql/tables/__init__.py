"""The schema, as SQLAlchemy Core tables; revisions/ is its history, docs/reference/schema.md its description."""

from nicu_dashboard.adapters.sql.columns import metadata
from nicu_dashboard.adapters.sql.tables.alarms import (
    alarm_transitions,
    alarms,
    annotations,
    events,
    limit_versions,
    suspensions,
)
from nicu_dashboard.adapters.sql.tables.doors import (
    attempts,
    break_glass,
    kiosks,
    login_steps,
    recovery_codes,
    second_factors,
)
from nicu_dashboard.adapters.sql.tables.people import (
    audit_log,
    compliance_runs,
    counters,
    device_keys,
    lease,
    live_snapshot,
    sessions,
    users,
)
from nicu_dashboard.adapters.sql.tables.vitals import (
    DASHBOARD,
    quarantine,
    rescans,
    vitals,
    vitals_hour,
    vitals_minute,
    vitals_superseded,
)
from nicu_dashboard.adapters.sql.tables.ward import admissions, cots, patients, sources, units

__all__ = [
    "DASHBOARD",
    "admissions",
    "alarm_transitions",
    "alarms",
    "annotations",
    "attempts",
    "audit_log",
    "break_glass",
    "compliance_runs",
    "cots",
    "counters",
    "device_keys",
    "events",
    "kiosks",
    "lease",
    "limit_versions",
    "live_snapshot",
    "login_steps",
    "metadata",
    "patients",
    "quarantine",
    "recovery_codes",
    "rescans",
    "second_factors",
    "sessions",
    "sources",
    "suspensions",
    "units",
    "users",
    "vitals",
    "vitals_hour",
    "vitals_minute",
    "vitals_superseded",
]
