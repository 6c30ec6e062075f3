"""How people and screens get in: second factors, log-ins under way, counted attempts, kiosks, break-glass."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from nicu_dashboard.adapters.sql.columns import BigId, Json, identity, instant, metadata, one_of, words

second_factors = Table(
    "second_factors",
    metadata,
    identity("A second factor of a person"),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False, doc="Whose"),
    words("kind", "totp (codes from an app) or passkey (WebAuthn)"),
    words("name", "What the person calls it"),
    words("secret", "The sealed secret of the codes, or the public key"),
    words("credential_id", "Id of the passkey, base64url", nullable=True),
    Column(
        "counter", BigId, nullable=False, server_default=text("0"), doc="Last 30 s step used, or the passkey's counter"
    ),
    instant("created_at", "Since when"),
    instant("last_used_at", "Last use", nullable=True),
    instant("removed_at", "Removed since", nullable=True),
    UniqueConstraint("credential_id"),
    one_of("kind", "totp", "passkey"),
    Index("idx_second_factors_user", "user_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", Text, primary_key=True, doc="Hash of the code (120 random bits)"),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False, doc="Whose"),
    instant("created_at", "Since when"),
    instant("used_at", "Used, or replaced by newer ones", nullable=True),
    Index("idx_recovery_codes_user", "user_id"),
)

login_steps = Table(
    "login_steps",
    metadata,
    Column("token_hash", Text, primary_key=True, doc="Hash of the token the browser holds"),
    words("kind", "What is waited for"),
    Column("user_id", BigId, ForeignKey("users.id"), doc="Whose, when it is known"),
    Column("data", Json, nullable=False, doc="What the answer is checked against"),
    instant("expires_at", "Void from"),
    instant("used_at", "Answered", nullable=True),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True, doc="Whose attempts: hash of a name, an address, or both"),
    Column("count", Integer, nullable=False, doc="Attempts since began_at"),
    instant("began_at", "When counting began"),
    instant("locked_until", "No attempt is looked at before", nullable=True),
)

kiosks = Table(
    "kiosks",
    metadata,
    identity("A paired screen"),
    words("name", "Where it hangs"),
    words("code_hash", "Hash of the pairing code, until it is used", nullable=True),
    instant("code_expires_at", "Until when the code pairs"),
    words("token_hash", "Hash of the screen's token", nullable=True),
    instant("created_at", "Since when"),
    instant("paired_at", "When the screen was paired", nullable=True),
    instant("last_seen_at", "Last use", nullable=True),
    instant("disabled_at", "Disabled since", nullable=True),
    Column("units", Text, nullable=False, server_default=text("'*'"), doc="Whose wall it shows: `1,2`, or `*`"),
    UniqueConstraint("name"),
    UniqueConstraint("code_hash"),
    UniqueConstraint("token_hash"),
)

break_glass = Table(
    "break_glass",
    metadata,
    identity("One use of emergency access"),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False, doc="Who"),
    words("session_hash", "In which session"),
    words("reason", "Why, in the person's words"),
    instant("began_at", "When"),
    instant("ends_at", "End at the latest"),
    instant("ended_at", "Ended early", nullable=True),
    words("address", "From which network address", nullable=True),
    words("verdict", "justified or not justified", nullable=True),
    words("note", "The reviewer's words", nullable=True),
    words("reviewed_by", "Who reviewed it", nullable=True),
    instant("reviewed_at", "When it was reviewed", nullable=True),
    one_of("verdict", "justified", "not justified"),
    Index("idx_break_glass_session", "session_hash"),
)
