"""Log-in, log-out, who am I, and the list of users."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from nicu_dashboard.ports.people import Role, User
from nicu_dashboard.services.accounts import SESSION_MS
from nicu_dashboard.services.permissions import MAY
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import COOKIE, Person, person_or_none, require
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(tags=["people"])
Manages = Annotated[Person, Depends(require("manage people"))]


class LogIn(BaseModel):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class NewUser(BaseModel):
    """A new account; the password has at least 12 characters."""

    name: Annotated[str, Field(pattern=r"^[\w.\-@]{1,80}$")]
    display_name: Annotated[str, Field(max_length=120), ONE_LINE] = ""
    role: Role
    password: Annotated[str, Field(max_length=200)]
    units: Annotated[frozenset[Whole] | None, Field(max_length=100)] = None


class UserChanges(BaseModel):
    """What to change of an account; what is left out stays. `units` null means every unit."""

    role: Role | None = None
    units: Annotated[frozenset[Whole] | None, Field(max_length=100)] = None
    disabled: bool | None = None


def me(person: Person) -> dict[str, Any]:
    """Return who acts and what this role may do."""
    return {
        "name": person.name,
        "display_name": person.display_name,
        "role": person.role,
        "may": sorted(person.acts),
    }


@router.get("/api/session")
def session(request: Request) -> dict[str, Any]:
    """Return who is logged in."""
    person = person_or_none(request)
    if person is None:
        raise Problem(401, "log in first: POST /api/session with name and password")
    return me(person)


@router.post("/api/session", status_code=201)
def log_in(body: LogIn, request: Request, found: InRooms) -> Response:
    """Log in; the session lives on the server, the cookie only names it."""
    address = None if request.client is None else request.client.host
    token, user = found.accounts.log_in(body.name, body.password, address)
    answer = JSONResponse(me(Person(user.name, user.display_name, user.role, address, MAY[user.role], user.units)), 201)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, SESSION_MS // 1_000, httponly=True, samesite="strict", secure=secure)
    return answer


@router.delete("/api/session", status_code=204)
def log_out(request: Request, found: InRooms) -> Response:
    """Log out; the wall itself goes on."""
    person, token = person_or_none(request), request.cookies.get(COOKIE)
    if person is not None and token is not None:
        found.accounts.log_out(token, person.actor)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/api/users")
def users(found: InRooms, _: Manages) -> dict[str, Any]:
    """List the users."""
    return {"items": [_shape(user) for user in found.people.users()], "next": None}


@router.post("/api/users", status_code=201)
def add_user(body: NewUser, found: InRooms, person: Manages) -> dict[str, Any]:
    """Create a user."""
    shown = body.display_name or body.name
    return _shape(found.accounts.add_user(body.name, shown, body.role, body.password, person.actor, body.units))


@router.patch("/api/users/{user_id}")
def change_user(user_id: Whole, body: UserChanges, found: InRooms, person: Manages) -> dict[str, Any]:
    """Change role or units, disable or enable; it counts at once, an open session included."""
    user, said = found.people.user(user_id), body.model_fields_set
    if user.name == person.name:
        raise Problem(409, "nobody changes their own rights; ask another administrator")
    if said & {"role", "units"}:
        units = body.units if "units" in said else user.units
        user = found.accounts.change_user(user_id, body.role or user.role, units, person.actor)
    if body.disabled is not None:
        act = found.accounts.disable_user if body.disabled else found.accounts.enable_user
        act(user.name, person.actor)
    return _shape(found.people.user(user_id))


def _shape(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "units": None if user.units is None else sorted(user.units),
        "created_at": instant(user.created_at),
        "disabled_at": instant(user.disabled_at),
    }
