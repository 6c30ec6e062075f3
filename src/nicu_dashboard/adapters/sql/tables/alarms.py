"""Alarms with every change of them, silences, limits, events and notes."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from nicu_dashboard.adapters.sql.columns import BigId, Json, Real, identity, instant, metadata, one_of, words

_PRESENCES = ("off", "on", "latched", "ack")
_PRIORITIES = ("low", "medium", "high")

alarms = Table(
    "alarms",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False, doc="Given by the engine from the counter `alarm`"),
    Column("unit_id", BigId, ForeignKey("units.id"), nullable=False, doc="The unit"),
    Column("cot_id", BigId, ForeignKey("cots.id"), doc="The cot; empty for an alarm of the unit itself"),
    Column("patient_id", BigId, ForeignKey("patients.id"), doc="The baby"),
    words("key", "Which condition, such as spo2:low"),
    words("kind", "limit, technical or device (sent by the bedside monitor)"),
    words("priority", "IEC 60601-1-8 priority"),
    words("presence", "HL7 DeviceAlert presence"),
    words("status", "The same in words"),
    words("text", "The line on the wall"),
    instant("began_at", "When the condition began"),
    instant("triggered_at", "When it was raised, after the on-delay"),
    instant("announced_at", "When it was last announced"),
    words("parameter", "Vital", nullable=True),
    words("comparison", "Sign between value and limit", nullable=True),
    Column("value", Real, doc="Value that raised it, vital's unit"),
    Column("limit_value", Real, doc="Limit that was violated, vital's unit"),
    Column("delay_s", Real, nullable=False, doc="On-delay in seconds"),
    words("profile", "Profile the limit came from", nullable=True),
    Column("profile_version", Integer, doc="Version of that profile"),
    Column("extreme", Real, doc="Worst value meanwhile, vital's unit"),
    Column(
        "held",
        Boolean,
        nullable=False,
        server_default=text("false"),
        doc="The signal is absent: neither confirmed nor over",
    ),
    instant("escalated_at", "When it was escalated for want of an answer", nullable=True),
    instant("acknowledged_at", "When it was acknowledged", nullable=True),
    words("acknowledged_by", "Who acknowledged", nullable=True),
    instant("ended_at", "When it was over", nullable=True),
    one_of("kind", "limit", "technical", "device"),
    one_of("priority", *_PRIORITIES),
    one_of("presence", *_PRESENCES),
    one_of("status", "active", "acknowledged", "latched", "ended"),
    Index("idx_alarms_patient", "patient_id", "triggered_at"),
    Index("idx_alarms_cot", "cot_id", "triggered_at"),
)
_ACTIVE, _OPEN = text("status = 'active'"), text("status <> 'ended'")
Index(
    "idx_alarms_active",
    alarms.c.patient_id,
    alarms.c.triggered_at,
    sqlite_where=_ACTIVE,
    postgresql_where=_ACTIVE,
)
Index("idx_alarms_open", alarms.c.unit_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

alarm_transitions = Table(
    "alarm_transitions",
    metadata,
    identity("One change of one alarm"),
    Column("alarm_id", BigId, ForeignKey("alarms.id"), nullable=False, doc="The alarm"),
    instant("at", "When"),
    words("from_presence", "Presence before"),
    words("to_presence", "Presence after"),
    words("cause", "What brought it about"),
    words("priority", "Priority from then on"),
    Column("value", Real, doc="Value at that time, vital's unit"),
    words("actor", "Who, when it was a person", nullable=True),
    words("note", "What was said", nullable=True),
    UniqueConstraint("alarm_id", "at", "from_presence", "to_presence", "cause", "priority"),
    one_of("from_presence", *_PRESENCES),
    one_of("to_presence", *_PRESENCES),
    one_of("priority", *_PRIORITIES),
    sqlite_autoincrement=True,
)

suspensions = Table(
    "suspensions",
    metadata,
    identity("A pause of sound or of alarms, or a limit switched off"),
    Column("cot_id", BigId, ForeignKey("cots.id"), nullable=False, doc="The cot"),
    Column("patient_id", BigId, ForeignKey("patients.id"), doc="The baby"),
    words("kind", "audio_pause, alarm_pause or off"),
    words("scope", "Which alarms: all, or one key such as spo2:high"),
    instant("began_at", "From when"),
    instant("until_at", "Until when; empty for off", nullable=True),
    words("reason", "Why", nullable=True),
    words("actor", "By whom"),
    instant("ended_at", "When it was over", nullable=True),
    words("ended_by", "Who ended it early", nullable=True),
    UniqueConstraint("cot_id", "kind", "scope", "began_at"),
    one_of("kind", "audio_pause", "alarm_pause", "off"),
)

limit_versions = Table(
    "limit_versions",
    metadata,
    identity("The limits of a baby as set at one time; appended, never changed"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    Column("version", Integer, nullable=False, doc="1, 2, 3 … for each baby"),
    words("profile", "Profile they come from"),
    Column("profile_version", Integer, nullable=False, doc="Version that alarms quote"),
    Column("limits", Json, nullable=False, doc="Every limit: parameter, side, red, yellow, delays, rule"),
    instant("changed_at", "When"),
    words("changed_by", "Who"),
    words("reason", "Why", nullable=True),
    UniqueConstraint("patient_id", "version"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    identity("An apnea, bradycardia or desaturation"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    Column("cot_id", BigId, ForeignKey("cots.id"), doc="Where it happened"),
    words("kind", "A, B, D or a combination, as found or as a person reclassified it"),
    words("found_kind", "The same as the definition found it"),
    instant("started_at", "Start of the first episode"),
    instant("ended_at", "End of the last episode"),
    words("definition", "Definition it was found with"),
    Column("definition_version", Integer, nullable=False, doc="Version of the definition"),
    Column("averaging_s", Real, doc="Averaging time of the source in seconds"),
    Column("apnea_s", Real, doc="Seconds without breath"),
    Column("nadirs", Json, nullable=False, doc="Lowest value of each vital"),
    Column("episodes", Json, nullable=False, doc="The single episodes it is made of"),
    words("review", "What a person said of it"),
    words("state", "What the baby was doing", nullable=True),
    words("note", "A person's note", nullable=True),
    words("reviewed_by", "Who reviewed it", nullable=True),
    instant("reviewed_at", "When", nullable=True),
    UniqueConstraint("patient_id", "definition", "definition_version", "started_at"),
    one_of("kind", "A", "B", "D", "AB", "AD", "BD", "ABD"),
    one_of("review", "unreviewed", "confirmed", "rejected"),
    Index("idx_events_patient", "patient_id", "started_at"),
    sqlite_autoincrement=True,
)

annotations = Table(
    "annotations",
    metadata,
    identity("A note at an instant of a baby's stay"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    instant("at", "The instant it speaks of"),
    words("kind", "note, feeding, handling, kangaroo, …"),
    words("text", "The note"),
    words("author", "Who wrote it"),
    Index("idx_annotations_patient", "patient_id", "at"),
)
