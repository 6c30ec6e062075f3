"""Paired screens: made by a person, paired at the screen itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.services.permissions import MAY
from nicu_dashboard.web.cookies import KIOSK, KIOSK_S, set_cookie
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import Person, address_of, require, share
from nicu_dashboard.web.sessions import me
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/kiosks", tags=["kiosks"])
Pairs = Annotated[Person, Depends(require("pair screens"))]


class KioskBody(BaseModel):
    """Where the screen hangs."""

    name: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE]


class PairBody(BaseModel):
    """The code that was made for this screen."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


@router.get("")
def kiosks(found: InRooms, person: Pairs) -> dict[str, Any]:
    """List the screens of the units that this person sees."""
    items = [
        {
            "id": one.id,
            "name": one.name,
            "created_at": instant(one.created_at),
            "paired_at": instant(one.paired_at),
            "last_seen_at": instant(one.last_seen_at),
            "disabled_at": instant(one.disabled_at),
            "units": None if one.units is None else sorted(one.units),
        }
        for one in found.doors.kiosk_book.listed()
        if share(person.units, one.units)
    ]
    return {"items": items, "next": None}


@router.post("", status_code=201)
def add(body: KioskBody, found: InRooms, person: Pairs) -> dict[str, Any]:
    """Make a code that pairs one screen with this unit's wall within ten minutes; it is shown this once."""
    units = frozenset({found.station.ward.unit.id})
    return {"code": found.doors.screens.prepare(body.name, person.actor, units)}


@router.post("/pair", status_code=201)
def pair(body: PairBody, request: Request, found: InRooms) -> Response:
    """Pair the screen that asks: from now on it shows the wall without a log-in."""
    address = address_of(request)
    token, kiosk = found.doors.screens.pair(body.code, address)
    answer = JSONResponse(me(Person(kiosk.name, kiosk.name, "kiosk", address, MAY["kiosk"], kiosk.units)), 201)
    set_cookie(request, answer, KIOSK, token, KIOSK_S)
    return answer


@router.post("/{kiosk_id}/disable", status_code=204)
def disable(kiosk_id: Whole, found: InRooms, person: Pairs) -> None:
    """Take a screen off the wall."""
    if not any(one.id == kiosk_id and share(person.units, one.units) for one in found.doors.kiosk_book.listed()):
        raise NotFound(f"There is no screen {kiosk_id}.")
    found.doors.screens.disable(kiosk_id, person.actor)
