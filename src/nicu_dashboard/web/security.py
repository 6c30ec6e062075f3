"""Who is asking, and whether they may: a person, a paired screen, a device with its key."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from nicu_dashboard.ports.people import EVERY_UNIT, Role, Units
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.permissions import MAY, OF_NO_UNIT, Act, Part
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import Rooms

COOKIE = "nicu_session"
DEMO_NAME = "Demo charge nurse"
DEMO_ROLE: Role = "charge nurse"
LOG_IN = "log in first: POST /api/session with name and password"


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts through a browser or curl; `acts` is what it may do now, `units` whose babies it sees (None = all)."""

    name: str
    display_name: str
    role: Part
    address: str | None
    acts: frozenset[Act] = field(default=frozenset())
    units: Units = EVERY_UNIT

    @property
    def actor(self) -> Actor:
        """Return the person as the audit knows it."""
        return Actor(self.name, self.role, self.address)


def person_or_none(request: Request) -> Person | None:
    """Return who asks; in a demo, whoever asks from this very machine is the demo charge nurse."""
    found: Rooms = request.app.state.rooms
    address = None if request.client is None else request.client.host
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _device(found, key.strip(), address)
    token = request.cookies.get(COOKIE)
    if token is not None and (session := found.accounts.session(token)) is not None:
        user = session.user
        return Person(user.name, user.display_name, user.role, address, MAY[user.role], user.units)
    if found.station.mode == "demo" and is_loopback(address):
        return Person(DEMO_NAME, DEMO_NAME, DEMO_ROLE, address, MAY[DEMO_ROLE])
    return None


def _device(found: Rooms, key: str, address: str | None) -> Person | None:
    device = found.accounts.device(key)
    if device is None:
        return None
    return Person(device.name, device.name, "device", address, MAY["device"] & device.scope)


def admitted(request: Request, act: Act) -> Person:
    """Return who asks; raises Problem 401 for nobody, 403 for somebody who may not do this, NotFound beyond its units.

    Reads the store: call it in a worker thread.
    """
    person = person_or_none(request)
    if person is None:
        raise Problem(401, LOG_IN)
    if act not in person.acts:
        raise Problem(403, f"a {person.role} may not {act}")
    if person.units is not EVERY_UNIT and act not in OF_NO_UNIT:
        _within(person.units, request)
    return person


def _within(units: frozenset[int], request: Request) -> None:
    """What belongs to another unit is as if it were not there."""
    found: Rooms = request.app.state.rooms
    if found.station.ward.unit.id not in units:
        raise Problem(403, "your account was not granted this unit; ask an administrator")
    looked_up = {
        "patient_id": found.sight.unit_of_baby,
        "alarm_id": found.sight.unit_of_alarm,
        "event_id": found.sight.unit_of_event,
    }
    for name, unit_of in looked_up.items():
        given = str(request.path_params.get(name, "")).removeprefix("-")
        if given.isascii() and given.isdigit() and len(given) < 16 and unit_of(int(given)) not in (*units, None):
            raise NotFound(f"There is no {name.removesuffix('_id')} {given}.")


def within_units(person: Person, found: Rooms, patient_id: int) -> None:
    """Raise NotFound for a baby, named in a form, that belongs to a unit this person does not see."""
    if person.units is not EVERY_UNIT and found.sight.unit_of_baby(patient_id) not in (*person.units, None):
        raise NotFound("There is no such baby.")


def require(act: Act) -> Callable[[Request], Person]:
    """Return the dependency that lets only those through who may do this."""
    return _Door(act)


@dataclass(frozen=True, slots=True)
class _Door:
    """A dependency that can be asked what it requires (web/doors.py)."""

    act: Act

    def __call__(self, request: Request) -> Person:
        return admitted(request, self.act)


MaySee = Annotated[Person, Depends(require("see"))]
MayWatch = Annotated[Person, Depends(require("watch"))]
MayEnter = Annotated[Person, Depends(require("enter"))]
SeesCensus = Annotated[Person, Depends(require("see census"))]
SeesSources = Annotated[Person, Depends(require("see sources"))]


def is_loopback(address: str | None) -> bool:
    """Return whether the address is of this very machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
