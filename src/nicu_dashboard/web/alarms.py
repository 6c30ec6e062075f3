"""The record of alarms: list, explanation, acknowledgement; and which displays can be heard."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from nicu_dashboard.services.snapshot import alarm_view
from nicu_dashboard.web.disclosing import showing
from nicu_dashboard.web.keeping import MAY_WAIT, told
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import MaySee, MayWatch, Person, baby_of, require
from nicu_dashboard.web.shapes import alarm_shape, instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole, page

router = APIRouter(tags=["alarms"])
Status = Literal["active", "acknowledged", "latched", "ended"]


class DisplayBody(BaseModel):
    """A browser's report: its own id and whether its sound runs."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    sound: Literal["on", "off", "closed"]


@router.get("/api/alarms")
def alarms(
    request: Request,
    found: InRooms,
    person: MaySee,
    status: Status | None = None,
    mrn: Annotated[str, ONE_LINE] | None = None,
    patient_id: Whole | None = None,
    cot_id: Whole | None = None,
    after: Whole | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> dict[str, Any]:
    """List alarms, newest first: those of this unit, or of one baby that this person may see."""
    if mrn is not None:
        patient_id = baby_of(person, found, mrn)
    units = frozenset({found.station.ward.unit.id}) if patient_id is None else person.units
    listed = found.chart.alarms(patient_id, status, after, limit + 1, cot_id, units)
    showing(request, (one.patient_id for one in listed[:limit]))
    return page(listed, limit, alarm_shape, lambda one: one.alarm.id)


@router.get("/api/alarms/{alarm_id}")
def alarm(alarm_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return an alarm with every change of it: why it alarmed and who did what."""
    stored, transitions = found.chart.alarm(alarm_id)
    changes = [
        {
            "at": instant(one.at),
            "from": one.before,
            "to": one.after,
            "trigger": one.trigger,
            "by": one.by,
            "value": one.value,
            "priority": one.priority,
            "note": one.note,
        }
        for one in transitions
    ]
    return {**alarm_shape(stored), "transitions": changes}


@router.post("/api/alarms/{alarm_id}/acknowledge", responses=MAY_WAIT)
async def acknowledge(
    alarm_id: Whole, found: InRooms, person: Annotated[Person, Depends(require("acknowledge"))], answer: Response
) -> dict[str, Any]:
    """Acknowledge a standing alarm: its sound ends, its sight stays while the condition lasts."""
    left, kept = await found.station.actions.acknowledge(alarm_id, person.actor)
    return told(kept, {**alarm_view(left, None, None), "status": left.status}, answer)


@router.post("/api/displays", status_code=204)
async def display(body: DisplayBody, found: InRooms, person: MayWatch) -> None:
    """Take a browser's report of whether it can be heard; each reports every 10 s."""
    found.station.displays.report(body.id, body.sound, found.station.clock.now(), f"{person.role} {person.name}")
    found.station.live.changed()
