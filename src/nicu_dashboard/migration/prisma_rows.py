"""From the earlier dashboard's tables into ours, inside a private snapshot: what goes where, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.migration.prisma_columns import Found

EARLIER = "earlier dashboard"
DEFAULT_SOURCE = 1
"""Readings that name no device come from this source; devices are numbered after it."""


@dataclass(frozen=True)
class Refusal:
    """A condition on the row t under which it is rejected: the column at fault and the reason."""

    what: str
    reason: str
    condition: str


@dataclass(frozen=True)
class Filling:
    """How one table of ours is filled from one of theirs; `kept` tells of rows that stay in legacy without fault."""

    ours: str
    source: Found
    columns: Mapping[str, str]
    refusals: tuple[Refusal, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    """(condition, why): rows that have no place in ours; they are counted, not rejected."""
    twice: str = "a second row of the same key"


def fillings(found: Mapping[str, Found]) -> Iterator[Filling]:
    """Yield every table's filling, parents first."""
    for make in (_cots, _patients, _admissions, _sources, _vitals, _users, _alarms):
        yield from make(found)


def _row_of(found: Mapping[str, Found], ours: str, value: str) -> str:
    """Return the number of the row of theirs that a value points at."""
    if ours not in found:
        return "NULL"
    item = found[ours]
    return f"(SELECT p.rowid FROM {item.name} p WHERE p.{item.key} = {value})"


def _named(source: Found, what: str) -> str:
    """Return what names a row; a file without such a column names its rows by their own key."""
    if not source.has(what):
        return f"'earlier-' || t.{source.key}"
    return f"nullif(trim(CAST({source.get(what)} AS TEXT)), '')"


def _taken(ours: str, expression: str) -> str:
    """Return an expression when it is the number of a row that our table holds."""
    return f"(SELECT o.id FROM nicu_own_{ours} o WHERE o.id = {expression})"


def _cots(found: Mapping[str, Found]) -> Iterator[Filling]:
    if "cots" not in found:
        return
    beds = found["cots"]
    label = _named(beds, "label")
    yield Filling(
        "cots",
        beds,
        {
            "id": "t.rowid",
            "unit_id": "1",
            "label": label,
            "position": f"(SELECT count(*) FROM {beds.name} b WHERE b.rowid <= t.rowid)",
        },
        (Refusal("label", "a bed without a label", f"{label} IS NULL"),),
        twice="a second bed of the same label",
    )


def _patients(found: Mapping[str, Found]) -> Iterator[Filling]:
    baby = found["patients"]
    mrn = _named(baby, "mrn")
    parts = [baby.get(part) for part in ("last", "first") if baby.has(part)]
    name = baby.get("name", " || ', ' || ".join(parts) or "NULL")
    weeks, days = (
        f"nicu_whole({baby.get(what)}, {low}, {high})"
        for what, low, high in (("ga_weeks", 20, 45), ("ga_days", 0, 320))
    )
    ga = f"CASE WHEN {days} > 6 THEN {days} ELSE {weeks} * 7 + coalesce({days}, 0) END"
    yield Filling(
        "patients",
        baby,
        {
            "id": "t.rowid",
            "mrn": mrn,
            "name": f"CAST({name} AS TEXT)",
            "sex": f"nicu_word('sex', {baby.get('sex')})",
            "born_at": f"nicu_instant({baby.get('born')})",
            "ga_days": ga,
            "birth_weight_g": f"nicu_whole({baby.get('weight')}, 200, 9000)",
            "synthetic": "0",
        },
        (Refusal("mrn", "a baby without a medical record number", f"{mrn} IS NULL"),),
        twice="a second baby of the same medical record number",
    )


def _admissions(found: Mapping[str, Found]) -> Iterator[Filling]:
    stays = found.get("admissions") or found["patients"]
    if not (stays.has("bed") and stays.has("admitted")):
        return
    patient = _taken(
        "patients", _row_of(found, "patients", stays.get("patient")) if stays.has("patient") else "t.rowid"
    )
    cot = _taken("cots", _row_of(found, "cots", stays.get("bed")))
    began, ended = f"nicu_instant({stays.get('admitted')})", f"nicu_instant({stays.get('discharged')})"
    yield Filling(
        "admissions",
        stays,
        {
            "id": "t.rowid",
            "patient_id": patient,
            "cot_id": cot,
            "admitted_at": began,
            "ended_at": ended,
            "ended_by": f"CASE WHEN {ended} IS NOT NULL THEN 'discharge' END",
        },
        (
            Refusal("bed", "a stay in a bed that is not there", f"{stays.get('bed')} IS NOT NULL AND {cot} IS NULL"),
            Refusal(
                "patient", "a stay of a baby that is not there", f"{stays.get('bed')} IS NOT NULL AND {patient} IS NULL"
            ),
            Refusal(
                "admitted", "a stay whose begin is no instant", f"{stays.get('bed')} IS NOT NULL AND {began} IS NULL"
            ),
            Refusal(
                "discharged",
                "a stay whose end is no instant",
                f"{stays.get('discharged')} IS NOT NULL AND {ended} IS NULL",
            ),
        ),
        ((f"{stays.get('bed')} IS NULL", "no bed: the baby is kept, without a stay"),),
        "a second stay at the same time in one bed or of one baby",
    )


def _sources(found: Mapping[str, Found]) -> Iterator[Filling]:
    if "sources" not in found:
        return
    device = found["sources"]
    name = _named(device, "name")
    yield Filling(
        "sources",
        device,
        {"id": f"t.rowid + {DEFAULT_SOURCE}", "name": name, "origin": "'device'", "interval_s": "1.0"},
        (Refusal("name", "a device without a name", f"{name} IS NULL"),),
        twice="a second device of the same name",
    )


def _vitals(found: Mapping[str, Found]) -> Iterator[Filling]:
    read = found["vitals"]
    patient = _taken("patients", _row_of(found, "patients", read.get("patient")))
    at, received = f"nicu_instant({read.get('at')})", f"nicu_instant({read.get('received')})"
    device = _taken("sources", f"{_row_of(found, 'sources', read.get('device'))} + {DEFAULT_SOURCE}")
    values = {name: f"nicu_number('{name}', {read.get(name)})" for name in VITALS if read.has(name)}
    impossible = [
        Refusal(
            name,
            "a value that is physically impossible in its unit",
            f"{read.get(name)} IS NOT NULL AND {made} IS NULL",
        )
        for name, made in values.items()
    ]
    yield Filling(
        "vitals",
        read,
        {
            "id": "t.rowid",
            "patient_id": patient,
            "recorded_at": at,
            "received_at": f"coalesce({received}, {at})",
            "source_id": f"coalesce({device}, {DEFAULT_SOURCE})",
            **values,
        },
        (
            Refusal("patient", "a reading of a baby that is not there", f"{patient} IS NULL"),
            Refusal("at", "a reading whose time is no instant", f"{at} IS NULL"),
            Refusal(
                "device",
                "a reading of a device that is not there",
                f"{read.get('device')} IS NOT NULL AND {device} IS NULL",
            ),
            *impossible,
        ),
        twice="a second reading of the same baby, instant and device",
    )


def _users(found: Mapping[str, Found]) -> Iterator[Filling]:
    if "users" not in found:
        return
    user = found["users"]
    name = f"nullif(trim(CAST({user.get('name')} AS TEXT)), '')"
    role, created = f"nicu_word('role', {user.get('role')})", f"nicu_instant({user.get('created')})"
    usable = f"(nicu_hash({user.get('hash')}) AND coalesce({user.get('active', '1')}, 1) = 1)"
    yield Filling(
        "users",
        user,
        {
            "id": "t.rowid",
            "name": name,
            "display_name": f"coalesce(CAST({user.get('display')} AS TEXT), {name})",
            "role": role,
            "password_hash": f"CASE WHEN nicu_hash({user.get('hash')}) THEN {user.get('hash')} ELSE '!' END",
            "created_at": f"coalesce({created}, 0)",
            "disabled_at": f"CASE WHEN NOT {usable} THEN coalesce({created}, 0) END",
        },
        (Refusal("name", "an account without a name", f"{name} IS NULL"),),
        ((f"{role} IS NULL", "its role is none of ours"),),
        "a second account of the same name",
    )


def _alarms(found: Mapping[str, Found]) -> Iterator[Filling]:
    if "alarms" not in found:
        return
    alarm = found["alarms"]
    patient = _taken("patients", _row_of(found, "patients", alarm.get("patient")))
    key, priority = f"nicu_condition({alarm.get('type')})", f"nicu_word('priority', {alarm.get('priority')})"
    at, ended = f"nicu_instant({alarm.get('at')})", f"nicu_instant({alarm.get('ended')})"
    status = f"nicu_word('status', {alarm.get('status')})"
    if not alarm.has("status"):
        status = f"CASE WHEN {ended} IS NOT NULL THEN 'ended' WHEN {alarm.get('active')} = 1 THEN 'active' END"
        status = f"({status})"
    name = f"substr({key}, 1, instr({key}, ':') - 1)"
    yield Filling(
        "alarms",
        alarm,
        {
            "id": "t.rowid",
            "unit_id": "1",
            "patient_id": patient,
            "key": key,
            "kind": "'limit'",
            "priority": priority,
            "presence": f"CASE {status} WHEN 'active' THEN 'on' WHEN 'acknowledged' THEN 'ack' ELSE 'off' END",
            "status": status,
            "text": f"coalesce(CAST({alarm.get('text')} AS TEXT), CAST({alarm.get('type')} AS TEXT))",
            "began_at": at,
            "triggered_at": at,
            "announced_at": at,
            "parameter": name,
            "comparison": f"CASE WHEN {key} LIKE '%:low' THEN '<' ELSE '>' END",
            "value": f"nicu_number({name}, {alarm.get('value')})",
            "limit_value": f"nicu_number({name}, {alarm.get('limit')})",
            "delay_s": "0.0",
            "held": "0",
            "ended_at": f"CASE WHEN {status} = 'ended' THEN {ended} END",
        },
        (
            Refusal(
                "patient",
                "an alarm of a baby that is not there",
                f"{alarm.get('patient')} IS NOT NULL AND {patient} IS NULL",
            ),
            Refusal("at", "an alarm whose time is no instant", f"{at} IS NULL"),
        ),
        (
            (f"{key} IS NULL", "its type is no condition of ours"),
            (f"{priority} IS NULL", "its priority is none of ours"),
            (f"{status} IS NULL", "its status is none of ours"),
            (f"{status} = 'ended' AND {ended} IS NULL", "it ended at an unknown time"),
        ),
    )
