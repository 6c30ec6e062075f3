"""Who is asking, and whether they may: a person, a paired screen, a device with its key."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import Depends, Request

from nicu_dashboard.ports.asking import ask_for, beyond_units
from nicu_dashboard.ports.emergencies import Emergency
from nicu_dashboard.ports.people import EVERY_UNIT, Role, Session, Units
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.permissions import MAY, OF_NO_BABY, OF_NO_UNIT, Act, Part
from nicu_dashboard.web.cookies import COOKIE, KIOSK, cookie_of
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import Rooms

DEMO_NAME = "Demo charge nurse"
DEMO_ROLE: Role = "charge nurse"
_UNPROVED: frozenset[Act] = frozenset({"enter", "keep own account"})
# What is hidden is told in the words of what is not there.
_UNKNOWN = {
    "patient_id": "There is no baby {}; look it up in the list and try again.",
    "alarm_id": "There is no alarm {}; look it up in the alarm log.",
    "event_id": "There is no event {}; look it up in the list of events.",
}
_OTHER_UNIT = {
    "kiosk": "this screen was paired for another unit; pair it again here",
    "device": "this key is for another unit; make one for this unit with: nicu key add NAME --unit UNIT",
}
_NO_MRN = "There is no baby with this MRN; look it up in the list and try again."
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
    session: Session | None = None
    emergency: Emergency | None = None

    @property
    def actor(self) -> Actor:
        """Return the person as the audit knows it; what emergency access alone allowed is marked."""
        return Actor(self.name, self.role if self.emergency is None else f"{self.role}, emergency", self.address)


def person_or_none(request: Request, used: bool = True) -> Person | None:
    """Return who asks: a device, a person, a paired screen; in a demo this very machine is the demo charge nurse.

    `used` false: what a page does by itself keeps no session alive.
    """
    found: Rooms = request.app.state.rooms
    address = address_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _device(found, key.strip(), address)
    token = cookie_of(request, COOKIE)
    if token is not None and (session := found.accounts.session(token, used and not _by_itself(request))) is not None:
        return of_session(found, session, address)
    screen = cookie_of(request, KIOSK)
    if screen is not None and (kiosk := found.doors.screens.screen(screen)) is not None:
        return Person(kiosk.name, kiosk.name, "kiosk", address, MAY["kiosk"], kiosk.units)
    if found.station.mode == "demo" and is_loopback(address):
        return Person(DEMO_NAME, DEMO_NAME, DEMO_ROLE, address, MAY[DEMO_ROLE])
    return None


def address_of(request: Request) -> str | None:
    """Return the network address the request came from."""
    return None if request.client is None else request.client.host


def _by_itself(request: Request) -> bool:
    """Pages say when nobody has touched them: what they fetch then is no use of the session."""
    return request.headers.get("x-nicu-background") == "1"


def of_session(found: Rooms, session: Session, address: str | None) -> Person:
    """Return the person of a session: before a second factor that is asked for, it may do next to nothing."""
    user = session.user
    unproved = user.role in found.doors.required and session.method == "password"
    acts = _UNPROVED if unproved else MAY[user.role]
    return Person(user.name, user.display_name, user.role, address, acts, user.units, session)


def _device(found: Rooms, key: str, address: str | None) -> Person | None:
    device = found.accounts.device(key)
    if device is None:
        return None
    return Person(device.name, device.name, "device", address, MAY["device"] & device.scope, device.units)


def admitted(request: Request, act: Act) -> Person:
    """Return who asks; raises Problem 401 for nobody, 403 for somebody who may not do this, NotFound beyond its units.

    Reads the store: call it in a worker thread.
    """
    person = person_or_none(request, used=act != "watch" and (act, request.method) != ("enter", "GET"))
    if person is None:
        raise Problem(401, LOG_IN)
    try:
        came = _let_in(person, request, act)
    except (Problem, NotFound):
        helped = in_emergency(person, request)
        if helped is None:
            raise
        came = _let_in(helped, request, act)
    ask_for(frozenset() if act in OF_NO_BABY else came.units)
    return came


def in_emergency(person: Person, request: Request) -> Person | None:
    """Return the person with the rights of its emergency access, None when none runs."""
    found: Rooms = request.app.state.rooms
    if person.session is None or "break glass" not in person.acts:
        return None
    emergency = found.doors.emergencies.of_session(person.session.token_hash)
    if emergency is None:
        return None
    return replace(person, acts=person.acts | MAY["emergency"], units=EVERY_UNIT, emergency=emergency)


def _let_in(person: Person, request: Request, act: Act) -> Person:
    if act not in person.acts:
        if person.role == "kiosk":
            raise Problem(401, f"this screen shows the wall only; {LOG_IN}")
        raise _refusal(person, act)
    if person.units is not EVERY_UNIT and act not in OF_NO_UNIT:
        _within(person, person.units, request)
    return person


def _refusal(person: Person, act: Act) -> Problem:
    """Say why not, and what is lacking: a second factor, a right that emergency access gives, or another role."""
    if person.acts == _UNPROVED and person.session is not None and act in MAY[person.role]:
        why = "set up a second factor first: this server asks for one (page Account); who has one logs in again with it"
        return Problem(403, why, needs="second factor")
    needs = "right" if act in MAY["emergency"] else "role"
    return Problem(403, f"a {person.role} may not {act}", needs=needs)


def _within(person: Person, units: frozenset[int], request: Request) -> None:
    """What belongs to another unit is as if it were not there."""
    found: Rooms = request.app.state.rooms
    if found.station.ward.unit.id not in units:
        why = "your account was not granted this unit; ask an administrator"
        raise Problem(403, _OTHER_UNIT.get(person.role, why), needs="right")
    looked_up = {
        "patient_id": found.sight.unit_of_baby,
        "alarm_id": found.sight.unit_of_alarm,
        "event_id": found.sight.unit_of_event,
    }
    for name, unit_of in looked_up.items():
        given = str(request.path_params.get(name, "")).removeprefix("-")
        if given.isascii() and given.isdigit() and len(given) < 16 and unit_of(int(given)) not in (*units, None):
            raise NotFound(_UNKNOWN[name].format(given))


def within_units(person: Person, found: Rooms, patient_id: int) -> None:
    """Raise NotFound for a baby, named in a form, that belongs to a unit this person does not see."""
    if not _sees(person, found, patient_id):
        raise NotFound(_UNKNOWN["patient_id"].format(patient_id))


def share(mine: Units, theirs: Units) -> bool:
    """Return whether two sets of units have one in common; None is every unit."""
    return mine is EVERY_UNIT or theirs is EVERY_UNIT or bool(mine & theirs)


def baby_of(person: Person, found: Rooms, mrn: str) -> int:
    """Return the baby with this MRN; raises NotFound, in the same words whether there is none or it is hidden."""
    try:
        with beyond_units():
            patient_id = found.roster.patient_by_mrn(mrn).id
    except NotFound:
        patient_id = None
    # Its unit is asked for either way: the time an answer takes tells as little as its words.
    seen = _sees(person, found, patient_id or 0)
    if patient_id is None or not seen:
        raise NotFound(_NO_MRN)
    return patient_id


def _sees(person: Person, found: Rooms, patient_id: int) -> bool:
    return person.units is EVERY_UNIT or found.sight.unit_of_baby(patient_id) in (*person.units, None)


def require(act: Act) -> Callable[[Request], Person]:
    """Return the dependency that lets only those through who may do this."""
    return _Door(act)


@dataclass(frozen=True, slots=True)
class _Door:
    """A dependency that can be asked what it requires (web/doors.py)."""

    act: Act

    def __call__(self, request: Request) -> Person:
        request.state.person = person = admitted(request, self.act)
        return person


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
