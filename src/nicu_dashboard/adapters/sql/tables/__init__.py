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
from nicu_dashboard.adapters.sql.tables.people import (
    audit_log,
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
    "audit_log",
    "cots",
    "counters",
    "device_keys",
    "events",
    "lease",
    "limit_versions",
    "live_snapshot",
    "metadata",
    "patients",
    "quarantine",
    "rescans",
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
