"""Log-in with its second factor, log-out, who am I."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from nicu_dashboard.services.accounts import BY_CODE_ALONE, SESSION_MS
from nicu_dashboard.services.emergencies import BOX_MS
from nicu_dashboard.services.entering import Entered, FactorNeeded, Proof
from nicu_dashboard.services.permissions import MAY
from nicu_dashboard.services.second_factors import Site
from nicu_dashboard.web.cookies import COOKIE, cookie_of, drop_cookie, set_cookie
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import LOG_IN, Person, address_of, in_emergency, of_session, person_or_none
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE, PROSE

router = APIRouter(tags=["session"])
Token = Annotated[str, Field(min_length=1, max_length=100)]


class LogIn(BaseModel):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class StepBody(BaseModel):
    """A log-in that waits for its second factor."""

    step: Token


class FactorBody(StepBody):
    """The second factor: a code, or what the browser says of a passkey."""

    kind: Literal["totp", "passkey", "recovery code"]
    code: Annotated[str, Field(max_length=60)] = ""
    credential: dict[str, Any] | None = None


class EmergencyLogIn(BaseModel):
    """A recovery code in place of everything else, and why."""

    name: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    code: Annotated[str, Field(min_length=1, max_length=60)]
    reason: Annotated[str, Field(max_length=500), PROSE]


def me(person: Person) -> dict[str, Any]:
    """Return who acts and what this role may do."""
    return {
        "name": person.name,
        "display_name": person.display_name,
        "role": person.role,
        "may": sorted(person.acts),
        "emergency_until": None if person.emergency is None else instant(person.emergency.ends_at),
    }


def now_acting(person: Person, request: Request) -> dict[str, Any]:
    """Return who acts, with the rights of a running emergency."""
    return me(in_emergency(person, request) or person)


def site_of(request: Request) -> Site:
    """Return under which name the browser speaks to this server, as WebAuthn has it."""
    host = request.headers.get("host", "localhost")
    return Site(urlsplit(f"//{host}").hostname or "localhost", f"{request.url.scheme}://{host}")


def entered(request: Request, found: Rooms, new: Entered) -> Response:
    """Return the answer that gives the browser its session."""
    session = found.accounts.session(new.token)
    if session is None:
        raise Problem(401, LOG_IN)
    answer = JSONResponse(now_acting(of_session(found, session, address_of(request)), request), 201)
    set_cookie(request, answer, COOKIE, new.token, SESSION_MS // 1_000)
    return answer


@router.get("/api/session")
def session(request: Request) -> dict[str, Any]:
    """Return who is logged in."""
    person = person_or_none(request, used=False)
    if person is None:
        raise Problem(401, LOG_IN)
    return now_acting(person, request)


@router.post("/api/session", status_code=201)
def log_in(body: LogIn, request: Request, found: InRooms) -> Response:
    """Log in; 202 names the second factors that are still asked for."""
    came = found.accounts.log_in(body.name, body.password, address_of(request))
    if isinstance(came, FactorNeeded):
        return JSONResponse({"step": came.step, "factors": list(came.factors)}, 202)
    return entered(request, found, came)


@router.post("/api/session/passkey")
def passkey(body: StepBody, request: Request, found: InRooms) -> Mapping[str, Any]:
    """Return what the browser is asked to prove of a passkey (WebAuthn's options)."""
    return found.accounts.passkey_question(body.step, site_of(request))


@router.post("/api/session/second-factor", status_code=201)
def second_factor(body: FactorBody, request: Request, found: InRooms) -> Response:
    """Finish a log-in with its second factor."""
    proof = Proof(body.kind, body.code, body.credential)
    return entered(request, found, found.accounts.prove(body.step, proof, site_of(request), address_of(request)))


@router.post("/api/session/emergency", status_code=201)
def emergency_log_in(body: EmergencyLogIn, request: Request, found: InRooms) -> Response:
    """Log in with a recovery code when nothing else works, for 60 minutes of emergency access; it is reviewed."""
    found.doors.emergencies.check(body.reason)
    address = address_of(request)
    user = found.accounts.recover(body.name, body.code, address)
    if "break glass" not in MAY[user.role]:
        raise Problem(403, f"a {user.role} may not break glass")
    new = found.accounts.enter(user, BY_CODE_ALONE, address, BOX_MS)
    session_hash = found.accounts.hash_of(new.token)
    actor = Person(user.name, user.display_name, user.role, address).actor
    found.doors.emergencies.begin(user, session_hash, body.reason, actor)
    return entered(request, found, new)


@router.delete("/api/session", status_code=204)
def log_out(request: Request, found: InRooms) -> Response:
    """Log out: the rights go and the name; a paired screen shows the wall on."""
    person, token = person_or_none(request), cookie_of(request, COOKIE)
    if person is not None and person.session is not None and token is not None:
        found.accounts.log_out(token, person.actor)
    answer = Response(status_code=204)
    drop_cookie(request, answer, COOKIE)
    return answer
