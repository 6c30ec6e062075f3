"""The units of the store: their names for the pages, made and renamed by an administrator of every unit."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from nicu_dashboard.ports.people import EVERY_UNIT
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import Person, require
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/units", tags=["units"])
Manages = Annotated[Person, Depends(require("manage people"))]


class UnitBody(BaseModel):
    """The name of the unit, as it stands on its wall."""

    name: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE]


@router.get("")
def units(found: InRooms, person: Manages) -> dict[str, Any]:
    """List the units that this person sees; `here` is the one this server works for."""
    here = found.station.ward.unit.id
    items = [
        {"id": unit.id, "name": unit.name, "here": unit.id == here, "cots": len(found.roster.cots(unit.id))}
        for unit in found.roster.units()
        if person.units is EVERY_UNIT or unit.id in person.units
    ]
    return {"items": items, "next": None}


@router.post("", status_code=201)
def add_unit(body: UnitBody, found: InRooms, person: Manages) -> dict[str, Any]:
    """Add a unit; it is served by a `nicu serve --unit NAME` of its own."""
    _sees_all(person)
    name = body.name.strip()
    made = found.roster.add_unit(name, person.actor.entry(found.station.clock.now(), "unit.add", f"unit {name}"))
    return {"id": made.id, "name": made.name, "here": False, "cots": 0}


@router.patch("/{unit_id}")
def rename_unit(unit_id: Whole, body: UnitBody, found: InRooms, person: Manages) -> dict[str, Any]:
    """Give a unit another name; its wall shows it within a second."""
    _sees_all(person)
    entry = person.actor.entry(found.station.clock.now(), "unit.rename", f"unit {unit_id}", name=body.name.strip())
    unit = found.roster.rename_unit(unit_id, body.name.strip(), entry)
    return {"id": unit.id, "name": unit.name, "here": unit.id == found.station.ward.unit.id}


def _sees_all(person: Person) -> None:
    if person.units is not EVERY_UNIT:
        raise Problem(403, "your account sees some units only; ask an administrator of every unit")
