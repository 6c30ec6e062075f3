"""Finding the columns of the earlier, Prisma-based dashboard, however they are spelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nicu_dashboard.migration.catalog import Catalog, SourceTable
from nicu_dashboard.migration.names import quoted

LEDGER = "_prisma_migrations"
WANTED = frozenset({"patients", "vitals"})

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cots": ("beds", "bed", "cots"),
        "patients": ("patients", "patient"),
        "admissions": ("admissions", "bed_assignments", "stays"),
        "sources": ("devices", "device", "monitors"),
        "vitals": ("vitals", "vital_signs", "vital"),
        "alarms": ("alarms", "alarm"),
        "acknowledgments": ("alarm_acknowledgments", "alarm_acknowledgements", "alarm_acknowledgment"),
        "users": ("users", "user"),
        "audit_log": ("audit_logs", "audit_log"),
    }
)

COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "cots": {"label": ("bednumber", "number", "label", "name", "code")},
        "patients": {
            "mrn": ("mrn", "medicalrecordnumber", "hospitalnumber", "patientnumber"),
            "name": ("name", "fullname", "displayname"),
            "last": ("lastname", "familyname"),
            "first": ("firstname", "givenname"),
            "sex": ("sex", "gender"),
            "born": ("bornat", "birthdate", "dateofbirth", "dob", "birthdatetime"),
            "ga_weeks": ("gestationalageweeks", "gaweeks"),
            "ga_days": ("gestationalagedays", "gadays"),
            "weight": ("birthweightg", "birthweightgrams"),
            "bed": ("bedid", "currentbedid"),
            "admitted": ("admittedat", "admissiondate", "admissionat"),
            "discharged": ("dischargedat", "dischargedate"),
        },
        "admissions": {
            "patient": ("patientid",),
            "bed": ("bedid",),
            "admitted": ("admittedat", "admissiondate", "startedat", "assignedat"),
            "discharged": ("dischargedat", "dischargedate", "endedat", "releasedat"),
        },
        "sources": {"name": ("serialnumber", "name", "devicename")},
        "vitals": {
            "patient": ("patientid",),
            "device": ("deviceid",),
            "at": ("recordedat", "timestamp", "measuredat", "takenat"),
            "received": ("receivedat", "createdat"),
            "heart_rate": ("heartrate", "hr"),
            "pulse_rate": ("pulserate",),
            "spo2": ("spo2", "oxygensaturation"),
            "resp_rate": ("resprate", "respiratoryrate", "rr"),
            "temperature": ("temperature", "temp"),
            "fio2": ("fio2",),
            "etco2": ("etco2",),
            "perfusion_index": ("perfusionindex",),
            "nibp_systolic": ("nibpsystolic",),
            "nibp_diastolic": ("nibpdiastolic",),
            "nibp_mean": ("nibpmean",),
            "abp_systolic": ("abpsystolic",),
            "abp_diastolic": ("abpdiastolic",),
            "abp_mean": ("abpmean",),
            "temp_skin": ("skintemperature", "tempskin"),
            "temp_core": ("coretemperature", "tempcore"),
        },
        "alarms": {
            "patient": ("patientid",),
            "type": ("type", "alarmtype"),
            "priority": ("priority", "severity", "level"),
            "status": ("status", "state"),
            "text": ("message", "text", "description"),
            "at": ("triggeredat", "raisedat", "timestamp", "createdat"),
            "value": ("value", "triggervalue"),
            "limit": ("threshold", "limit", "thresholdvalue"),
            "ended": ("resolvedat", "clearedat", "endedat"),
            "active": ("isactive", "active"),
        },
        "acknowledgments": {
            "alarm": ("alarmid",),
            "user": ("userid", "acknowledgedbyid"),
            "at": ("acknowledgedat", "createdat", "timestamp"),
            "note": ("note", "notes", "comment"),
        },
        "users": {
            "name": ("username", "login", "email"),
            "display": ("displayname", "fullname", "name"),
            "role": ("role",),
            "hash": ("passwordhash", "hashedpassword", "password"),
            "created": ("createdat",),
            "active": ("isactive", "active", "enabled"),
        },
        "audit_log": {
            "at": ("timestamp", "createdat", "at"),
            "user": ("userid",),
            "action": ("action", "event"),
            "kind": ("entitytype", "resource", "entity", "resourcetype"),
            "which": ("entityid", "resourceid"),
            "detail": ("details", "changes", "metadata", "data"),
            "address": ("ipaddress", "ip"),
        },
    }
)
"""For each table of ours what it is made of, and how the earlier dashboard may have called it, without case and `_`."""

UNCLEAR: Mapping[str, str] = MappingProxyType(
    {
        "systolicbp": "cuff or artery: cannot be told",
        "diastolicbp": "cuff or artery: cannot be told",
        "meanbp": "cuff or artery: cannot be told",
        "bloodpressuresystolic": "cuff or artery: cannot be told",
        "bloodpressurediastolic": "cuff or artery: cannot be told",
        "gestationalage": "weeks or days: cannot be told",
        "birthweight": "grams or kilograms: cannot be told",
    }
)


def plain(name: str) -> str:
    """Return a name without case, underscores and spaces."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Found:
    """One table of theirs: what of it is what, and its own key column."""

    ours: str
    table: SourceTable
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the quoted name."""
        return quoted(self.table.name)

    @property
    def key(self) -> str:
        """Return the column that others point at, quoted."""
        return quoted(self.table.key[0] if len(self.table.key) == 1 else "id")

    def has(self, what: str) -> bool:
        """Return whether it has this column."""
        return what in self.columns

    def get(self, what: str, otherwise: str = "NULL") -> str:
        """Return the column as an expression on the row t, or another expression where there is none."""
        return f"t.{quoted(self.columns[what])}" if what in self.columns else otherwise


def is_prisma(names: set[str]) -> bool:
    """Return whether these tables are of the earlier dashboard."""
    return LEDGER in names and all(any(name in names for name in TABLES[wanted]) for wanted in WANTED)


def find(catalog: Catalog) -> dict[str, Found]:
    """Return their tables by the name of ours; what is spelled in none of the known ways is left out."""
    by_name = {table.name.lower(): table for table in catalog.tables}
    found = {}
    for ours, names in TABLES.items():
        table = next((by_name[name] for name in names if name in by_name), None)
        if table is not None:
            spelled = {plain(column.name): column.name for column in table.columns}
            columns = {
                what: next(spelled[name] for name in known if name in spelled)
                for what, known in COLUMNS[ours].items()
                if any(name in spelled for name in known)
            }
            found[ours] = Found(ours, table, columns)
    return found


OURS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "cots": {},
        "patients": {
            "last": "name",
            "first": "name",
            "born": "born_at",
            "ga_weeks": "ga_days",
            "weight": "birth_weight_g",
            "bed": "admissions.cot_id",
            "admitted": "admissions.admitted_at",
            "discharged": "admissions.ended_at",
        },
        "admissions": {
            "patient": "patient_id",
            "bed": "cot_id",
            "admitted": "admitted_at",
            "discharged": "ended_at",
        },
        "sources": {},
        "vitals": {"patient": "patient_id", "device": "source_id", "at": "recorded_at", "received": "received_at"},
        "alarms": {
            "patient": "patient_id",
            "type": "key",
            "at": "triggered_at",
            "limit": "limit_value",
            "ended": "ended_at",
            "active": "status",
        },
        "acknowledgments": {
            "alarm": "alarm_transitions.alarm_id",
            "user": "alarm_transitions.actor",
            "at": "alarm_transitions.at",
            "note": "alarm_transitions.note",
        },
        "users": {
            "display": "display_name",
            "hash": "password_hash",
            "created": "created_at",
            "active": "disabled_at",
        },
        "audit_log": {"user": "actor", "kind": "subject", "which": "subject"},
    }
)
"""Which column of ours each of these becomes, where it is not called the same."""


def becomes(found: Mapping[str, Found]) -> list[tuple[str, str]]:
    """Return (their table.column, our table.column) of all that has a place in our tables."""
    pairs = []
    for item in found.values():
        for what, column in item.columns.items():
            ours = OURS[item.ours].get(what, what)
            pairs.append((f"{item.table.name}.{column}", ours if "." in ours else f"{item.ours}.{ours}"))
    return pairs


def left_in_legacy(catalog: Catalog, found: Mapping[str, Found]) -> list[tuple[str, str]]:
    """Return (table or table.column, why) of all that has no place in our tables."""
    used = {item.table.name: set(item.columns.values()) | set(item.table.key) for item in found.values()}
    left = []
    for table in catalog.tables:
        if table.name not in used:
            left.append((table.name, "no table of ours holds this: kept in the schema legacy"))
            continue
        for column in table.columns:
            if column.name not in used[table.name]:
                why = UNCLEAR.get(plain(column.name), "no column of ours holds this")
                left.append((f"{table.name}.{column.name}", f"{why}: kept in the schema legacy"))
    return left
