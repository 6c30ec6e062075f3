"""Who lies where, and where readings come from."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from nicu_dashboard.adapters.sql.columns import BigId, Real, identity, instant, metadata, one_of, words

units = Table(
    "units",
    metadata,
    identity("The unit"),
    words("name", "Name of the unit"),
    UniqueConstraint("name"),
)

cots = Table(
    "cots",
    metadata,
    identity("The cot"),
    Column("unit_id", BigId, ForeignKey("units.id"), nullable=False, doc="Its unit"),
    words("label", "What stands on the cot and in messages"),
    Column("position", Integer, nullable=False, doc="Its fixed place on the wall, from 1"),
    UniqueConstraint("label"),
    UniqueConstraint("unit_id", "position"),
)

patients = Table(
    "patients",
    metadata,
    identity("The baby"),
    words("mrn", "Medical record number"),
    words("name", "Name", nullable=True),
    words("sex", "female, male or unknown", nullable=True),
    instant("born_at", "Instant of birth", nullable=True),
    Column("ga_days", Integer, doc="Gestational age at birth in days"),
    Column("birth_weight_g", Integer, doc="Birth weight in grams"),
    Column("synthetic", Boolean, nullable=False, server_default=text("false"), doc="Not a real baby"),
    UniqueConstraint("mrn"),
    one_of("sex", "female", "male", "unknown"),
)

admissions = Table(
    "admissions",
    metadata,
    identity("One stay of a baby in a cot"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    Column("cot_id", BigId, ForeignKey("cots.id"), nullable=False, doc="The cot"),
    instant("admitted_at", "When the baby came into this cot"),
    instant("ended_at", "When it left this cot; empty while it lies there", nullable=True),
    words("ended_by", "transfer or discharge", nullable=True),
    one_of("ended_by", "transfer", "discharge"),
)
_OPEN = text("ended_at IS NULL")
for _column in ("patient_id", "cot_id"):
    Index(
        f"idx_admissions_open_{_column}",
        admissions.c[_column],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
Index("idx_admissions_patient", admissions.c.patient_id, admissions.c.admitted_at)
Index("idx_admissions_cot", admissions.c.cot_id, admissions.c.admitted_at)

sources = Table(
    "sources",
    metadata,
    identity("A source of readings"),
    words("name", "Name the source gives itself"),
    words("origin", "What kind of thing it is; anything but device, import and manual is marked on the screen"),
    Column("interval_s", Real, nullable=False, doc="Usual seconds between two readings"),
    instant("last_received_at", "Unused: the running engine tells when it was last heard", nullable=True),
    Column("unit_id", BigId, doc="The unit that heard it first; empty for any"),
    UniqueConstraint("name", "origin"),
    one_of("origin", "device", "simulated", "replayed", "import", "manual"),
)
