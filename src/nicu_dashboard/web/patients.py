"""Babies: who they are, their trends, histogram, events, notes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.ports.roster import Stay
from nicu_dashboard.services.history import DEFAULT_VITALS
from nicu_dashboard.web.descriptions import Description, Mrn
from nicu_dashboard.web.disclosing import showing
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import MaySee, Person, SeesCensus, require
from nicu_dashboard.web.shapes import patient_shape, spell_shape, trend_shape
from nicu_dashboard.web.texts import ONE_LINE, PROSE
from nicu_dashboard.web.windows import Whole, moment, page

router = APIRouter(prefix="/api/patients", tags=["patients"])
Admits = Annotated[Person, Depends(require("admit"))]
Annotates = Annotated[Person, Depends(require("annotate"))]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class PatientBody(Description):
    """A new baby."""

    mrn: Mrn


class PatientChanges(Description):
    """The fields to change; those left out stay."""

    mrn: Mrn | None = None


class NoteBody(BaseModel):
    """A note at an instant; now when `at` is left out."""

    at: str | None = None
    kind: Annotated[str, Field(pattern="^[a-z ]{1,30}$")] = "note"
    text: Annotated[str, Field(max_length=2_000), PROSE] = ""


def stay_of(found: Rooms, patient_id: int) -> Stay | None:
    """Return where the baby lies now, in another unit too."""
    bed = found.station.ward.bed_of(patient_id)
    return found.roster.stay_of(patient_id) if bed is None else bed.stay


@router.get("")
def patients(
    request: Request,
    found: InRooms,
    person: SeesCensus,
    after: Whole = 0,
    limit: Limit = 100,
    search: Annotated[str, ONE_LINE] = "",
) -> dict[str, Any]:
    """List babies by id."""
    listed = found.roster.patients(after, limit + 1, search, person.units)
    showing(request, (one.id for one in listed[:limit]))
    at = found.station.clock.now()
    lying = {stay.patient.id: stay for stay in found.roster.stays()}
    return page(listed, limit, lambda one: patient_shape(one, lying.get(one.id), at), lambda one: one.id)


@router.post("", status_code=201)
async def add_patient(body: PatientBody, found: InRooms, person: Admits) -> dict[str, Any]:
    """Create a baby without a cot."""
    new = body.of(body.mrn, synthetic=found.station.mode == "demo")
    patient = await found.station.admissions.register(new, person.actor)
    return patient_shape(patient, None, found.station.clock.now())


@router.get("/{patient_id}")
def patient(patient_id: Whole, found: InRooms, _: SeesCensus) -> dict[str, Any]:
    """Return one baby."""
    return patient_shape(found.roster.patient(patient_id), stay_of(found, patient_id), found.station.clock.now())


@router.patch("/{patient_id}")
async def change_patient(patient_id: Whole, body: PatientChanges, found: InRooms, person: Admits) -> dict[str, Any]:
    """Change what is said of a baby."""
    before = await run_in_threadpool(found.roster.patient, patient_id)
    changed = await found.station.admissions.change(patient_id, body.over(before, body.mrn), person.actor)
    return patient_shape(changed, await run_in_threadpool(stay_of, found, patient_id), found.station.clock.now())


@router.get("/{patient_id}/trends")
def trends(
    patient_id: Whole,
    found: InRooms,
    _: MaySee,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
    points: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
    parameters: str | None = None,
) -> dict[str, Any]:
    """Return envelopes and means of a window, the last 24 h when none is named; gaps are gaps."""
    found.roster.patient(patient_id)
    to_at = moment(to, found.station.clock.now())
    from_at = moment(from_, to_at - DAY_MS)
    names = (
        list(DEFAULT_VITALS) if parameters is None else [name for name in dict.fromkeys(parameters.split(",")) if name]
    )
    if names == ["all"]:
        names = list(found.history.present(patient_id, from_at, to_at))
    unknown = [name for name in names if name not in VITALS]
    if unknown:
        raise Problem(422, f"parameters: {unknown[0][:40]!r} is no vital sign; known are {', '.join(VITALS)}")
    return trend_shape(found.history.trends(patient_id, from_at, to_at, points, names))


@router.get("/{patient_id}/stay")
def stay(patient_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return when the baby first came and the first and last instant with a reading (epoch ms)."""
    found.roster.patient(patient_id)
    first, last = found.chart.bounds(patient_id) or (None, None)
    return {"began_at": found.roster.first_stay_began(patient_id), "first_at": first, "last_at": last}


@router.get("/{patient_id}/histogram")
def histogram(
    patient_id: Whole,
    found: InRooms,
    _: MaySee,
    hours: Annotated[int, Query(ge=1, le=168)] = 12,
    parameter: str = "spo2",
) -> dict[str, Any]:
    """Return the SpO2 histogram in 5 % bins and the time in target, by measured seconds."""
    if parameter not in ("spo2", "spo2_pre", "spo2_post"):
        raise Problem(422, "parameter: a histogram is kept of spo2, spo2_pre and spo2_post")
    found.roster.patient(patient_id)
    from_at, to_at, shares = found.history.histogram(patient_id, hours, parameter)
    bins = [
        {"low": one.low, "high": one.high, "percent": round(one.percent, 2), "seconds": one.seconds}
        for one in shares.bins
    ]
    return {
        "from": from_at,
        "to": to_at,
        "bins": bins,
        "in_target_percent": shares.in_target_percent,
        "below_percent": shares.below_percent,
        "above_percent": shares.above_percent,
        "valid_percent": shares.valid_percent,
        "artefact_percent": shares.artefact_percent,
        "valid_s": shares.valid_s,
    }


@router.get("/{patient_id}/events")
def events(
    patient_id: Whole,
    found: InRooms,
    _: MaySee,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
    definition: Annotated[str, ONE_LINE] | None = None,
) -> dict[str, Any]:
    """Return a baby's A/B/D events, newest first."""
    found.roster.patient(patient_id)
    to_at = moment(to, found.station.clock.now() + HOUR_MS)
    listed = found.chart.spells(patient_id, moment(from_, 0), to_at, definition)
    return {"items": [spell_shape(one) for one in listed], "next": None}


@router.get("/{patient_id}/annotations")
def annotations(
    patient_id: Whole,
    found: InRooms,
    _: MaySee,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
) -> dict[str, Any]:
    """Return the notes of a window in order."""
    to_at = moment(to, found.station.clock.now() + HOUR_MS)
    listed = found.chart.annotations(patient_id, moment(from_, 0), to_at)
    items = [{"id": one.id, "at": one.at, "kind": one.kind, "text": one.text, "by": one.by} for one in listed]
    return {"items": items, "next": None}


@router.post("/{patient_id}/annotations", status_code=201)
def annotate(patient_id: Whole, body: NoteBody, found: InRooms, person: Annotates) -> dict[str, Any]:
    """Add a note."""
    now = found.station.clock.now()
    found.roster.patient(patient_id)
    if body.kind == "note" and not body.text.strip():
        raise Problem(422, "text: a note needs words", faults=[{"field": "text", "reason": "a note needs words"}])
    entry = person.actor.entry(now, "annotation.add", f"patient {patient_id}", patient_id, kind=body.kind)
    note = found.chart.annotate(patient_id, moment(body.at, now), body.kind, body.text, person.name, entry)
    return {"id": note.id, "at": note.at, "kind": note.kind, "text": note.text, "by": note.by}
