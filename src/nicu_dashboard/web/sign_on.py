"""Single sign-on: out to the identity provider and back."""

from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nicu_dashboard.services.accounts import SESSION_MS
from nicu_dashboard.services.single_sign_on import ProviderUnavailable, SignOnRefused
from nicu_dashboard.web.cookies import COOKIE, SIGN_ON, cookie_of, drop_cookie, set_cookie
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import address_of
from nicu_dashboard.web.sessions import site_of

router = APIRouter(prefix="/api/sign-on", tags=["session"])
CALLBACK = "/api/sign-on/callback"
WAIT_S = 600


@router.get("/offer")
def offer(found: InRooms) -> dict[str, Any]:
    """Return whether people may come by the hospital's identity provider."""
    return {"offered": found.doors.sign_on is not None}


@router.get("", status_code=302)
def leave(request: Request, found: InRooms) -> Response:
    """Send the browser to the identity provider."""
    if found.doors.sign_on is None:
        raise Problem(404, "there is no identity provider here; see NICU_OIDC_ISSUER")
    base = found.doors.public_url or site_of(request).origin
    try:
        where, state = found.doors.sign_on.begin(f"{base}{CALLBACK}")
    except ProviderUnavailable as reason:
        return _refused(request, "unavailable", str(reason))
    answer = RedirectResponse(where, 302)
    # The way back begins at another site: a strict cookie would not come along.
    set_cookie(request, answer, SIGN_ON, state, WAIT_S, "lax")
    return answer


@router.get("/callback", status_code=302)
def come_back(request: Request, found: InRooms, state: str = "", code: str = "") -> Response:
    """Let the person in whom the provider vouches for, in the very browser that left."""
    began = cookie_of(request, SIGN_ON)
    if found.doors.sign_on is None or not code or began is None or began != state:
        return _refused(request, "late", "state")
    try:
        new = found.doors.sign_on.finish(state, code, address_of(request))
    except ProviderUnavailable as reason:
        return _refused(request, "unavailable", str(reason))
    except SignOnRefused as reason:
        return _refused(request, str(reason), str(reason))
    answer = RedirectResponse("/", 302)
    drop_cookie(request, answer, SIGN_ON)
    set_cookie(request, answer, COOKIE, new.token, SESSION_MS // 1_000)
    return answer


def _refused(request: Request, word: str, reason: str) -> Response:
    structlog.get_logger("nicu.sign_on").warning("single sign-on refused", reason=reason)
    answer = RedirectResponse(f"/login?refused={word}", 302)
    drop_cookie(request, answer, SIGN_ON)
    return answer
