"""Admit, transfer, discharge."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from nicu_dashboard.ports.roster import NewPatient, Stay
from nicu_dashboard.web.descriptions import Description, Mrn
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import Person, baby_of, require, within_units
from nicu_dashboard.web.shapes import patient_shape
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/admissions", tags=["admissions"])
Admits = Annotated[Person, Depends(require("admit"))]
Label = Annotated[str, Field(min_length=1, max_length=40)]


class Whom(BaseModel):
    """A baby by id or by MRN."""

    patient_id: Whole | None = None
    mrn: Mrn | None = None


class AdmitBody(Whom, Description):
    """Into which cot, and who: a known baby, or a new one described."""

    cot: Label


class TransferBody(Whom):
    """Which baby, to which cot."""

    cot: Label


@router.post("", status_code=201)
async def admit(body: AdmitBody, found: InRooms, person: Admits) -> dict[str, Any]:
    """Put a baby into a free cot; a known MRN is the same baby come back."""
    if body.patient_id is not None:
        await run_in_threadpool(within_units, person, found, body.patient_id)
    stay = await found.station.admissions.admit(
        body.cot.strip(), _who(body, found.station.mode == "demo"), person.actor
    )
    return _shape(stay, found)


def _who(body: AdmitBody, synthetic: bool) -> NewPatient | int:
    if body.patient_id is not None:
        return body.patient_id
    if body.mrn is None:
        raise Problem(422, "mrn: say who is admitted", faults=[{"field": "mrn", "reason": "say who is admitted"}])
    return body.of(body.mrn, synthetic)


@router.post("/transfer")
async def transfer(body: TransferBody, found: InRooms, person: Admits) -> dict[str, Any]:
    """Move a baby to another free cot; its history goes with it."""
    patient_id = await _patient(body, found, person)
    stay = await found.station.admissions.transfer(patient_id, body.cot.strip(), person.actor, person.units)
    return _shape(stay, found)


@router.post("/discharge")
async def discharge(body: Whom, found: InRooms, person: Admits) -> dict[str, Any]:
    """End the stay; the record is kept."""
    patient_id = await _patient(body, found, person)
    await found.station.admissions.discharge(patient_id, person.actor)
    patient = await run_in_threadpool(found.roster.patient, patient_id)
    return patient_shape(patient, None, found.station.clock.now())


async def _patient(body: Whom, found: Rooms, person: Person) -> int:
    if body.patient_id is None and body.mrn is None:
        raise Problem(422, "mrn or patient_id: say which baby", faults=[{"field": "mrn", "reason": "say which baby"}])
    if body.patient_id is None:
        return await run_in_threadpool(baby_of, person, found, (body.mrn or "").strip())
    await run_in_threadpool(within_units, person, found, body.patient_id)
    return body.patient_id


def _shape(stay: Stay, found: Rooms) -> dict[str, Any]:
    return patient_shape(stay.patient, stay, found.station.clock.now())
