"""Users: who may log in, in which role, for which units."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from nicu_dashboard.ports.people import EVERY_UNIT, Role, Units, User
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import Person, require
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(tags=["people"])
Manages = Annotated[Person, Depends(require("manage people"))]


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
    password: Annotated[str | None, Field(max_length=200)] = None
    reset_factors: bool = False


@router.get("/api/users")
def users(found: InRooms, _: Manages) -> dict[str, Any]:
    """List the users."""
    return {"items": [_shape(user) for user in found.people.users()], "next": None}


@router.post("/api/users", status_code=201)
def add_user(body: NewUser, found: InRooms, person: Manages) -> dict[str, Any]:
    """Create a user."""
    _must_hold(person, body.units)
    shown = body.display_name or body.name
    return _shape(found.accounts.add_user(body.name, shown, body.role, body.password, person.actor, body.units))


@router.patch("/api/users/{user_id}")
def change_user(user_id: Whole, body: UserChanges, found: InRooms, person: Manages) -> dict[str, Any]:
    """Change role or units, disable or enable, give a new password, remove lost factors; it counts at once."""
    user, said = found.people.user(user_id), body.model_fields_set
    if user.name == person.name:
        raise Problem(409, "nobody changes their own rights; ask another administrator")
    _must_hold(person, user.units)
    if said & {"role", "units"}:
        _must_hold(person, body.units if "units" in said else user.units)
        units = body.units if "units" in said else user.units
        user = found.accounts.change_user(user_id, body.role or user.role, units, person.actor)
    if body.disabled is not None:
        act = found.accounts.disable_user if body.disabled else found.accounts.enable_user
        act(user.name, person.actor)
    if body.password is not None:
        found.accounts.set_password(user, body.password, None, person.actor)
    if body.reset_factors:
        found.doors.second.remove(user, None, person.actor)
    return _shape(found.people.user(user_id))


def _must_hold(person: Person, units: Units) -> None:
    """Nobody grants, or takes away from those who have it, a unit they do not see themselves."""
    if person.units is not EVERY_UNIT and (units is EVERY_UNIT or not units <= person.units):
        raise Problem(403, "you see some units only, and this account more; ask an administrator of every unit")


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
