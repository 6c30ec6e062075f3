"""Accounts, devices' keys, and the chained trail of who did what."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint, text

from nicu_dashboard.adapters.sql.columns import BigId, Json, identity, instant, metadata, one_of, words
from nicu_dashboard.adapters.sql.tables.guards import guard

users = Table(
    "users",
    metadata,
    identity("A person with an account"),
    words("name", "Log-in name"),
    words("display_name", "Name as shown"),
    words("role", "What the person may do"),
    words("password_hash", "Argon2 hash; `!` where only the identity provider lets the person in"),
    instant("created_at", "Since when"),
    instant("disabled_at", "Disabled since", nullable=True),
    Column("units", Text, nullable=False, server_default=text("'*'"), doc="Units seen: `1,2`, or `*` for every unit"),
    words("external_id", "How the identity provider knows the person: issuer and subject", nullable=True),
    UniqueConstraint("name"),
    UniqueConstraint("external_id"),
    one_of("role", "nurse", "charge nurse", "physician", "clerk", "engineer", "researcher", "administrator"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True, doc="Hash of the cookie's token"),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False, doc="Whose"),
    instant("created_at", "Log-in"),
    instant("last_seen_at", "Last use"),
    instant("expires_at", "End at the latest"),
    instant("ended_at", "Log-off, or the account was disabled", nullable=True),
    Column("method", Text, nullable=False, server_default=text("'password'"), doc="How the person was recognised"),
    Index("idx_sessions_user", "user_id"),
)

device_keys = Table(
    "device_keys",
    metadata,
    identity("A device's key"),
    words("name", "Which device"),
    words("key_hash", "Hash of the key"),
    instant("created_at", "Since when"),
    instant("disabled_at", "Disabled since", nullable=True),
    instant("last_used_at", "Last use", nullable=True),
    Column(
        "scope", Text, nullable=False, server_default=text("'send readings'"), doc="What it may do, separated by commas"
    ),
    instant("expires_at", "Works until", nullable=True),
    Column("units", Text, nullable=False, server_default=text("'*'"), doc="Units it serves: `1,2`, or `*`"),
    UniqueConstraint("name"),
    UniqueConstraint("key_hash"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False, doc="1, 2, 3 … without a gap"),
    instant("at", "When"),
    words("actor", "Who"),
    words("role", "In which role"),
    words("action", "What was done"),
    words("subject", "To what"),
    # No foreign key: the trail outlives what it speaks of.
    Column("patient_id", BigId, doc="Whose data"),
    Column("detail", Json, nullable=False, doc="Further facts"),
    words("address", "From which network address", nullable=True),
    words("previous_hash", "hash of the row before; empty for the first"),
    words("hash", "Seal over this row and previous_hash: key:hmac, or a bare hash where no key was set"),
    Index("idx_audit_log_patient", "patient_id", "seq"),
    Index("idx_audit_log_at", "at"),
    # By number and not by instant: numbers alone leave the chain whole when its oldest part goes.
    postgresql_partition_by="RANGE (seq)",
)
guard(audit_log)

compliance_runs = Table(
    "compliance_runs",
    metadata,
    identity("A run of nicu hipaa check"),
    instant("at", "When"),
    words("ran_by", "By whom"),
    Column("report", Json, nullable=False, doc="Every check with state and evidence"),
)

live_snapshot = Table(
    "live_snapshot",
    metadata,
    Column("unit_id", BigId, ForeignKey("units.id"), primary_key=True, autoincrement=False, doc="The unit"),
    Column("seq", BigId, nullable=False, doc="Sequence of the snapshot"),
    instant("at", "When it was stored, by the database's clock"),
    Column("payload", LargeBinary, nullable=False, doc="The snapshot as sent to screens: a packed event"),
)

lease = Table(
    "lease",
    metadata,
    Column("unit_id", BigId, ForeignKey("units.id"), primary_key=True, autoincrement=False, doc="The unit"),
    words("holder", "Which engine; empty when it was given back"),
    Column("epoch", BigId, nullable=False, doc="Counts up with every new holder"),
    instant("expires_at", "Until when, unless renewed"),
    Column("address", Text, nullable=False, server_default=text("''"), doc="Where web workers reach the engine"),
    Column("token", Text, nullable=False, server_default=text("''"), doc="What the engine knows web workers by"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True, doc="What is counted: alarm, audit"),
    Column("value", BigId, nullable=False, doc="The last number given"),
)
