"""Emergency access (break-glass): begin, end, and the queue of those to be reviewed."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from nicu_dashboard.ports.emergencies import Emergency
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import Person, in_emergency, require
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
def emergencies(found: InRooms, _: Reviews, all: bool = False) -> dict[str, Any]:
    """Return the uses that nobody has reviewed, or all, newest first."""
    return {"items": [_shape(one) for one in found.doors.emergency_book.listed(not all)], "next": None}


@router.post("/{emergency_id}/review")
def review(emergency_id: Whole, body: VerdictBody, found: InRooms, person: Reviews) -> dict[str, Any]:
    """Give a verdict on somebody else's use."""
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
