"""One's own account: password, second factors, recovery codes. Each change asks for the password once more."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from nicu_dashboard.ports.factors import Factor
from nicu_dashboard.ports.people import NO_PASSWORD, Session
from nicu_dashboard.services.accounts import SESSION_MS
from nicu_dashboard.web.cookies import COOKIE, cookie_of, set_cookie
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import Person, address_of, require
from nicu_dashboard.web.sessions import Token, site_of
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/account", tags=["account"])
Own = Annotated[Person, Depends(require("keep own account"))]
Password = Annotated[str, Field(max_length=200)]
Called = Annotated[str, Field(min_length=1, max_length=60), ONE_LINE]


class PasswordBody(BaseModel):
    """The password now, and the new one: 12 to 128 characters, none that attackers know."""

    current: Password
    new: Password


class Again(BaseModel):
    """The password once more; empty for who logs in through the identity provider."""

    password: Password = ""


class CodeBody(BaseModel):
    """What the app shows first, and what the app is called."""

    step: Token
    code: Annotated[str, Field(max_length=10)]
    name: Called = "authenticator app"


class PasskeyBody(BaseModel):
    """What the browser says of a passkey it has made, and what it is called."""

    step: Token
    credential: dict[str, Any]
    name: Called = "passkey"


def _session(person: Person) -> Session:
    if person.session is None:
        raise Problem(403, "only a person who is logged in has an account")
    return person.session


@router.get("")
def account(found: InRooms, person: Own) -> dict[str, Any]:
    """Return one's own factors and how many recovery codes are left."""
    session = _session(person)
    return {
        "name": session.user.name,
        "display_name": session.user.display_name,
        "role": session.user.role,
        "method": session.method,
        "has_password": session.user.password_hash != NO_PASSWORD,
        "second_factor_required": session.user.role in found.doors.required,
        "factors": [_shape(one) for one in found.doors.second.of(session.user)],
        "recovery_codes": found.doors.second.recovery_codes_left(session.user),
    }


@router.post("/password", status_code=204)
def password(body: PasswordBody, request: Request, found: InRooms, person: Own) -> None:
    """Change the password; every other session of this account ends."""
    session = _session(person)
    if session.user.password_hash == NO_PASSWORD:
        raise Problem(409, "this account has no password here: the identity provider keeps it")
    found.accounts.confirm(session, body.current, person.address)
    found.accounts.set_password(session.user, body.new, cookie_of(request, COOKIE), person.actor)


@router.post("/totp")
def begin_codes(body: Again, found: InRooms, person: Own) -> dict[str, Any]:
    """Begin to set up an authenticator app: secret, address and QR code."""
    session = _session(person)
    found.accounts.confirm(session, body.password, person.address)
    return dict(found.doors.second.begin_codes(session.user))


@router.post("/totp/confirm", status_code=201)
def confirm_codes(body: CodeBody, request: Request, found: InRooms, person: Own) -> Response:
    """Finish it with the first code; the first factor brings recovery codes, shown this once."""
    session = _session(person)
    found.accounts.check_strength(session)
    found.doors.second.confirm_codes(session.user, body.step, body.code, body.name, person.actor)
    return _stronger(request, found, person, "totp")


@router.post("/passkeys")
def begin_passkey(body: Again, request: Request, found: InRooms, person: Own) -> dict[str, Any]:
    """Begin to set up a passkey: WebAuthn's options for the browser."""
    session = _session(person)
    found.accounts.confirm(session, body.password, person.address)
    return dict(found.doors.second.begin_passkey(session.user, site_of(request)))


@router.post("/passkeys/confirm", status_code=201)
def confirm_passkey(body: PasskeyBody, request: Request, found: InRooms, person: Own) -> Response:
    """Finish it with what the browser has made."""
    user, site = _session(person).user, site_of(request)
    found.accounts.check_strength(_session(person))
    found.doors.second.confirm_passkey(user, body.step, body.credential, body.name, site, person.actor)
    return _stronger(request, found, person, "passkey")


@router.post("/factors/{factor_id}/remove", status_code=204)
def remove(factor_id: Whole, body: Again, found: InRooms, person: Own) -> None:
    """Remove a factor; recovery codes go with the last."""
    session = _session(person)
    found.accounts.confirm(session, body.password, person.address)
    found.doors.second.remove(session.user, [factor_id], person.actor)


@router.post("/recovery-codes", status_code=201)
def recovery_codes(body: Again, found: InRooms, person: Own) -> dict[str, Any]:
    """Return new recovery codes, the only time they are seen; those before work no more."""
    session = _session(person)
    found.accounts.confirm(session, body.password, person.address)
    return {"recovery_codes": found.doors.second.new_recovery_codes(session.user, person.actor)}


def _stronger(request: Request, found: Rooms, person: Person, kind: str) -> Response:
    """A new factor makes a new session; the token of the weaker one is void."""
    session, second = _session(person), found.doors.second
    first = second.recovery_codes_left(session.user) == 0
    codes = second.new_recovery_codes(session.user, person.actor) if first else []
    new = found.accounts.enter(session.user, f"password and {kind}", address_of(request))
    if (token := cookie_of(request, COOKIE)) is not None:
        found.accounts.log_out(token, person.actor)
    answer = JSONResponse({"recovery_codes": codes}, 201)
    set_cookie(request, answer, COOKIE, new.token, SESSION_MS // 1_000)
    return answer


def _shape(factor: Factor) -> dict[str, Any]:
    return {
        "id": factor.id,
        "kind": factor.kind,
        "name": factor.name,
        "created_at": instant(factor.created_at),
        "last_used_at": instant(factor.last_used_at),
    }
