"""The built front end: one page for every address of the app, and its hashed assets."""

import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.web.problems import problem
from nicu_dashboard.web.rooms import Rooms

_WORKER = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_NOT_BUILT = "<!doctype html><title>NICU Dashboard</title><p>The pages are not built yet. Run: <code>make setup</code>"


class Assets(StaticFiles):
    """Hashed files never change under their name, so browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return the file with a long life in caches."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        # A worker lives by the policy of its own file, not by the page's: it asks this server and nobody else.
        response.headers["Content-Security-Policy"] = _WORKER
        return response


def page(request: Request) -> Response:
    """Return the app's one page; an unknown address under /api is a problem, never a page."""
    if request.url.path == "/.well-known/security.txt":
        return _contact(request)
    if request.url.path.startswith("/api/"):
        return problem(404, f"there is no {request.method} {request.url.path}; see /api/openapi.json")
    folder: Path = request.app.state.rooms.pages
    named = folder / request.url.path.lstrip("/")
    if request.url.path != "/" and _is_ours(named, folder):
        return FileResponse(named)
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, 503)
    return _document(index.read_text("utf-8"))


def _contact(request: Request) -> Response:
    """Return whom to tell of a weakness (RFC 9116); good for half a year, so that it is never long out of date."""
    found: Rooms = request.app.state.rooms
    contact = found.doors.contact
    if contact is None:
        return problem(404, "nobody is named here yet; the administrator sets NICU_SECURITY_CONTACT")
    until = format_instant(found.station.clock.now() + 180 * DAY_MS)
    return PlainTextResponse(f"Contact: {contact}\nExpires: {until}\nPreferred-Languages: en\n")


def _document(text: str) -> Response:
    """Return the page with a number of its own: only scripts that carry it run, and nothing that stands inside it.

    It is never kept by a browser: an old page's number would not be the new answer's.
    """
    nonce = secrets.token_urlsafe(16)
    marked = text.replace("<script ", f'<script nonce="{nonce}" ')
    return HTMLResponse(marked, headers={"Cache-Control": "no-store", "Content-Security-Policy": policy(nonce)})


def policy(nonce: str) -> str:
    """Return the Content Security Policy of the page; no style and no script is taken from within it."""
    own = "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src {own} 'nonce-{nonce}'",
            f"img-src {own} data:",
            f"font-src {own}",
            f"connect-src {own}",
            f"worker-src {own}",
            f"form-action {own}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def _is_ours(named: Path, folder: Path) -> bool:
    """Return whether this is a file of the built front end; a name that no file can have is none."""
    try:
        return named.is_file() and named.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False
