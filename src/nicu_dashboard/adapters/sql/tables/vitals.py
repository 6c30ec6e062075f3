"""Readings and their roll-ups: one column per vital of the domain's registry."""

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from nicu_dashboard.adapters.sql.columns import BigId, Json, Real, identity, instant, metadata, words
from nicu_dashboard.domain.vitals import VITALS

# The values a tile and the usual chart show; the dashboard's index carries them on PostgreSQL.
DASHBOARD = ("heart_rate", "spo2", "resp_rate", "temperature")


def _values() -> list[Column[float]]:
    return [Column(vital.name, Real, doc=f"{vital.label} in {vital.unit}") for vital in VITALS.values()]


vitals = Table(
    "vitals",
    metadata,
    identity("Order in which readings were stored"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    instant("recorded_at", "When it was measured, by the device's clock"),
    instant("received_at", "When it reached us, by our clock"),
    Column("source_id", BigId, ForeignKey("sources.id"), nullable=False, doc="Who measured"),
    *_values(),
    Column("no_value", Json, doc="Vital name to the reason why it was sent without a number"),
    sqlite_autoincrement=True,
)
# Keeps readings unique and answers the wall: it must never be missing, so care of a store makes its successor first.
Index(
    "idx_vitals_dashboard",
    vitals.c.patient_id,
    vitals.c.recorded_at.desc(),
    vitals.c.source_id,
    unique=True,
    postgresql_include=DASHBOARD,
)
_ABSENT = text("no_value IS NOT NULL")
Index(
    "idx_vitals_no_value",
    vitals.c.patient_id,
    vitals.c.recorded_at,
    sqlite_where=_ABSENT,
    postgresql_where=_ABSENT,
)

vitals_superseded = Table(
    "vitals_superseded",
    metadata,
    identity("A reading that another of the same instant and source corrected"),
    Column("vitals_id", BigId, nullable=False, doc="The row of vitals that was corrected"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    instant("recorded_at", "When it was measured"),
    instant("received_at", "When it reached us"),
    Column("source_id", BigId, ForeignKey("sources.id"), nullable=False, doc="Who measured"),
    instant("superseded_at", "When the correction reached us"),
    *_values(),
    Column("no_value", Json, doc="Vital name to the reason why it was sent without a number"),
    Index("idx_vitals_superseded_patient", "patient_id", "recorded_at"),
    sqlite_autoincrement=True,
)


def _roll_up(name: str, length: str) -> Table:
    return Table(
        name,
        metadata,
        Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
        Column("parameter", Text, nullable=False, doc="Name of the vital"),
        instant("bucket_at", f"Start of the {length}"),
        Column("min", Real, doc="Lowest valid value, empty when there was none"),
        Column("max", Real, doc="Highest valid value"),
        Column(
            "sum", Real, nullable=False, doc="Sum of the valid values, each to a thousandth so that order cannot matter"
        ),
        Column("n_valid", Integer, nullable=False, doc="Readings with a number"),
        Column(
            "n_expected",
            Integer,
            nullable=False,
            doc=f"Readings its source gives in the {length}, counted where there is any",
        ),
        # The instant comes before the parameter: a tick then touches one page per baby instead of one per value.
        PrimaryKeyConstraint("patient_id", "bucket_at", "parameter"),
        sqlite_with_rowid=False,
        # Of sixty changes of a bucket nearly all then stay in its page: half the log, a fifteenth of the room.
        postgresql_with={"fillfactor": 70},
    )


vitals_minute = _roll_up("vitals_minute", "minute")
vitals_hour = _roll_up("vitals_hour", "hour")

rescans = Table(
    "rescans",
    metadata,
    identity("A window whose events must be found again, because a reading came late"),
    Column("patient_id", BigId, ForeignKey("patients.id"), nullable=False, doc="The baby"),
    instant("from_at", "Start of the window"),
    instant("to_at", "End of the window, not part of it"),
    Index("idx_rescans_patient", "patient_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    identity("Messages that belong to no baby"),
    words("source", "Source as it named itself"),
    words("cot", "Cot as it was named"),
    words("reason", "Why it could not be filed"),
    Column("count", Integer, nullable=False, doc="How many"),
    instant("first_at", "When the first came"),
    instant("last_at", "When the last came"),
    words("raw", "The last one as received"),
    Column("unit_id", BigId, doc="The unit that received the last one"),
    UniqueConstraint("source", "cot", "reason"),
)
