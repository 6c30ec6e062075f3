"""The cookies that name a session and a paired screen; behind TLS with the prefix that no other site can set."""

from typing import Literal

from fastapi import Request
from starlette.responses import Response

COOKIE, KIOSK, SIGN_ON = "nicu_session", "nicu_kiosk", "nicu_sign_on"
# The longest that browsers keep a cookie; it is renewed while the screen is used.
KIOSK_S = 400 * 24 * 3_600


def cookie_of(request: Request, name: str) -> str | None:
    """Return the token in a cookie of ours; over TLS only one that this very host has set."""
    return request.cookies.get(_full(request, name))


def set_cookie(
    request: Request,
    answer: Response,
    name: str,
    token: str,
    seconds: int,
    samesite: Literal["strict", "lax"] = "strict",
) -> None:
    """Give the browser a token that no script can read and no other site can send."""
    secure = request.url.scheme == "https"
    answer.set_cookie(_full(request, name), token, seconds, path="/", httponly=True, samesite=samesite, secure=secure)


def drop_cookie(request: Request, answer: Response, name: str) -> None:
    """Take a token from the browser."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(_full(request, name), path="/", httponly=True, samesite="strict", secure=secure)


def _full(request: Request, name: str) -> str:
    return f"__Host-{name}" if request.url.scheme == "https" else name
