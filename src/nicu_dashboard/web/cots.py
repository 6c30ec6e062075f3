"""Cots: the places on the wall, their silences, and the strips of their tiles."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from nicu_dashboard.domain.instants import MINUTE_MS, floor_to
from nicu_dashboard.services.snapshot import baby_view, bed_view
from nicu_dashboard.web.keeping import MAY_WAIT, told
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import MaySee, MayWatch, Person, SeesCensus, require
from nicu_dashboard.web.texts import ONE_LINE, PROSE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/cots", tags=["cots"])
SPARK_STEP_MS = 5_000


class CotBody(BaseModel):
    """A new cot's label."""

    label: Annotated[str, Field(pattern=r"^[\w.\-/]([\w .\-/]{0,38}[\w.\-/])?$")]


class PauseBody(BaseModel):
    """How long to pause, in seconds; 0 ends the pause."""

    seconds: Annotated[int, Field(ge=0, le=600)] = 120


class OffBody(BaseModel):
    """Which limit to switch off (`spo2:high`, or `all`) and why; `off` false switches it on again."""

    scope: Annotated[str, Field(max_length=80), ONE_LINE]
    off: bool = True
    reason: Annotated[str, Field(max_length=500), PROSE] = ""


@router.get("")
def cots(found: InRooms, _: SeesCensus) -> dict[str, Any]:
    """List the cots in their fixed order with who lies there."""
    at = found.station.clock.now()
    beds = sorted(found.station.ward.beds.values(), key=lambda bed: bed.cot.position)
    items = [
        {
            "id": bed.cot.id,
            "label": bed.cot.label,
            "position": bed.cot.position,
            "baby": None if bed.stay is None else baby_view(bed.stay.patient, at),
        }
        for bed in beds
    ]
    return {"items": items, "next": None}


@router.post("", status_code=201)
async def add_cot(
    body: CotBody, found: InRooms, person: Annotated[Person, Depends(require("manage cots"))]
) -> dict[str, Any]:
    """Add a cot at the end of the wall."""
    cot = await found.station.admissions.add_cot(body.label.strip(), person.actor)
    return {"id": cot.id, "label": cot.label, "position": cot.position, "baby": None}


@router.get("/spark")
def spark(found: InRooms, _: MayWatch, minutes: Annotated[int, Query(ge=1, le=60)] = 15) -> dict[str, Any]:
    """Return the strips of all tiles: lowest SpO2 and mean HR per 5 s; null where there was none."""
    to_at = floor_to(found.station.clock.now(), SPARK_STEP_MS)
    from_at = to_at - minutes * MINUTE_MS
    beds = {bed.stay.patient.id: bed.cot.id for bed in list(found.station.ward.beds.values()) if bed.stay is not None}
    lines = found.chart.spark(list(beds), from_at, SPARK_STEP_MS)
    steps = (to_at - from_at) // SPARK_STEP_MS
    strips = {
        str(cot_id): {name: _grid(line, from_at, steps) for name, line in lines.get(patient_id, {}).items()}
        for patient_id, cot_id in beds.items()
    }
    return {"from": from_at, "to": to_at, "step_ms": SPARK_STEP_MS, "cots": strips}


def _grid(line: Any, from_at: int, steps: int) -> list[float | None]:
    grid: list[float | None] = [None] * steps
    for at, value in line:
        place = (at - from_at) // SPARK_STEP_MS
        if 0 <= place < steps:
            grid[place] = round(value, 1)
    return grid


@router.get("/{cot_id}")
def cot(cot_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return one cot as the live view has it."""
    return _seen(cot_id, found)


@router.post("/{cot_id}/audio-pause", responses=MAY_WAIT)
async def audio_pause(
    cot_id: Whole,
    found: InRooms,
    person: Annotated[Person, Depends(require("pause audio"))],
    answer: Response,
    body: PauseBody | None = None,
) -> dict[str, Any]:
    """Pause this cot's sound for at most 120 s; a new high alarm breaks the pause."""
    seconds = 120 if body is None else body.seconds
    kept = await found.station.actions.pause_audio(cot_id, seconds, person.actor)
    return told(kept, _seen(cot_id, found), answer)


@router.post("/{cot_id}/alarm-pause", responses=MAY_WAIT)
async def alarm_pause(
    cot_id: Whole,
    body: PauseBody,
    found: InRooms,
    person: Annotated[Person, Depends(require("pause alarms"))],
    answer: Response,
) -> dict[str, Any]:
    """Pause this cot's alarms for at most 10 minutes; what still holds afterwards is announced."""
    kept = await found.station.actions.pause_alarms(cot_id, body.seconds, person.actor)
    return told(kept, _seen(cot_id, found), answer)


@router.post("/{cot_id}/alarms-off", responses=MAY_WAIT)
async def alarms_off(
    cot_id: Whole,
    body: OffBody,
    found: InRooms,
    person: Annotated[Person, Depends(require("switch alarms off"))],
    answer: Response,
) -> dict[str, Any]:
    """Switch a limit off for a reason, or on again."""
    actions = found.station.actions
    if body.off:
        kept = await actions.switch_off(cot_id, body.scope, body.reason, person.actor)
    else:
        kept = await actions.switch_on(cot_id, body.scope, person.actor)
    return told(kept, _seen(cot_id, found), answer)


def _seen(cot_id: int, found: Rooms) -> dict[str, Any]:
    return bed_view(found.station.ward.bed(cot_id), found.station.clock.now())
