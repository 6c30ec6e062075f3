"""Errors as problem JSON (RFC 9457): what is wrong and what to do; no patient data, no traceback."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from nicu_dashboard.adapters.http_intake import MessageRefused
from nicu_dashboard.domain.alarms.silences import PauseRefused
from nicu_dashboard.domain.errors import DomainError
from nicu_dashboard.domain.instants import InstantError
from nicu_dashboard.ports.limit_book import LimitsChangedMeanwhile
from nicu_dashboard.ports.roster import NotFound, RosterConflict
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.accounts import AccountRefused
from nicu_dashboard.services.emergencies import EmergencyRefused
from nicu_dashboard.services.limits_desk import LimitsRefused
from nicu_dashboard.services.lockout import TooManyAttempts
from nicu_dashboard.services.password_rules import Unacceptable

_TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "Log in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    408: "Too slow",
    413: "Too large",
    422: "Not acceptable",
    429: "Too many attempts",
    500: "Fault of ours",
    503: "Not available now",
}
_STATUS: Mapping[type[Exception], int] = {
    MessageRefused: 400,
    InstantError: 422,
    DomainError: 422,
    PauseRefused: 422,
    AccountRefused: 401,
    Unacceptable: 422,
    TooManyAttempts: 401,
    EmergencyRefused: 422,
    NotFound: 404,
    RosterConflict: 409,
    LimitsChangedMeanwhile: 409,
    LimitsRefused: 422,
    StoreUnavailable: 503,
}


# What the validator calls its faults, and what we say.
_WORDS: Mapping[str, str] = {
    "missing": "is needed",
    "string_too_short": "is needed",
    "string_too_long": "is too long: at most {max_length} characters",
    "string_pattern_mismatch": "is not in the expected form",
    "string_type": "must be text",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
    "json_invalid": "the body is not JSON: {error}",
}


class Problem(HTTPException):
    """A refusal of the web layer itself; `extra` adds members to the problem JSON."""

    def __init__(self, status: int, detail: str, **extra: Any) -> None:
        super().__init__(status, detail)
        self.extra = extra


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **extra: Any) -> JSONResponse:
    """Return a problem response."""
    body = {"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status, "detail": detail, **extra}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every known error with its problem, once for the whole application."""
    for kind, status in _STATUS.items():
        app.add_exception_handler(kind, _handler(status))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


def _in_words(fault: Mapping[str, Any]) -> str:
    """Return the fault of one field in the words of the ward."""
    words = _WORDS.get(fault["type"])
    return str(fault["msg"]) if words is None else words.format(**fault.get("ctx", {}))


def _handler(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_request: Request, error: Exception) -> Response:
        extra = {"faults": error.faults} if isinstance(error, LimitsRefused) else {}
        headers = {"Retry-After": "2"} if status == 503 else None
        return problem(status, str(error), headers, **extra)

    return answer


async def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    extra = error.extra if isinstance(error, Problem) else {}
    return problem(error.status_code, str(error.detail), error.headers, **extra)


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    """Say that it was not the sender's fault and nothing of what happened; the server closes the connection."""
    return problem(500, "the server failed to answer this; its log says where", {"Connection": "close"})


async def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"][1:]), "reason": _in_words(fault)}
        for fault in error.errors()
    ]
    named = "; ".join(f"{fault['field'] or 'body'}: {fault['reason']}" for fault in faults)
    broken = any(fault["type"] == "json_invalid" for fault in error.errors())
    return problem(400 if broken else 422, named, faults=faults)
