"""Emergency access (break-glass): begin, end, and the queue of those to be reviewed."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from nicu_dashboard.ports.emergencies import Emergency
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import Person, in_emergency, require, share
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import PROSE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/emergencies", tags=["emergencies"])
Breaks = Annotated[Person, Depends(require("break glass"))]
Reviews = Annotated[Person, Depends(require("review emergencies"))]


class ReasonBody(BaseModel):
    """Why emergency access is needed."""

    reason: Annotated[str, Field(max_length=500), PROSE]


class VerdictBody(BaseModel):
    """What the reviewer finds."""

    verdict: Literal["justified", "not justified"]
    note: Annotated[str, Field(max_length=500), PROSE] = ""


@router.post("", status_code=201)
def begin(body: ReasonBody, found: InRooms, person: Breaks) -> dict[str, Any]:
    """Open the rights of a charge nurse in every unit for 60 minutes; somebody else reviews it."""
    if person.session is None:
        raise Problem(409, "emergency access belongs to a person who is logged in")
    session = person.session
    return _shape(found.doors.emergencies.begin(session.user, session.token_hash, body.reason, person.actor))


@router.delete("", status_code=204)
def end(request: Request, found: InRooms, person: Breaks) -> None:
    """End one's own emergency access before the hour is over."""
    helped = in_emergency(person, request)
    if helped is not None and helped.emergency is not None:
        found.doors.emergencies.end(helped.emergency, person.actor)


@router.get("")
def emergencies(found: InRooms, person: Reviews, all: bool = False) -> dict[str, Any]:
    """Return the uses that nobody has reviewed, or all, newest first; those by people of one's own units."""
    return {"items": [_shape(one) for one in _listed(found, person, not all)], "next": None}


def _listed(found: Rooms, person: Person, unreviewed: bool) -> list[Emergency]:
    units = {user.name: user.units for user in found.people.users()}
    listed = found.doors.emergency_book.listed(unreviewed)
    return [one for one in listed if share(person.units, units.get(one.name))]


@router.post("/{emergency_id}/review")
def review(emergency_id: Whole, body: VerdictBody, found: InRooms, person: Reviews) -> dict[str, Any]:
    """Give a verdict on somebody else's use."""
    if all(one.id != emergency_id for one in _listed(found, person, False)):
        raise NotFound(f"There is no emergency access {emergency_id}.")
    return _shape(found.doors.emergencies.review(emergency_id, body.verdict, body.note, person.actor))


def _shape(one: Emergency) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "display_name": one.display_name,
        "role": one.role,
        "reason": one.reason,
        "began_at": instant(one.began_at),
        "ends_at": instant(one.ends_at),
        "ended_at": instant(one.ended_at),
        "address": one.address,
        "verdict": one.verdict,
        "note": one.note,
        "reviewed_by": one.reviewed_by,
        "reviewed_at": instant(one.reviewed_at),
    }
