"""The built front end: one page for every address of the app, and its hashed assets."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from nicu_dashboard.web.problems import problem

_NOT_BUILT = "<!doctype html><title>NICU Dashboard</title><p>The pages are not built yet. Run: <code>make setup</code>"


class Assets(StaticFiles):
    """Hashed files never change under their name, so browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return the file with a long life in caches."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def page(request: Request) -> Response:
    """Return the app's one page; an unknown address under /api is a problem, never a page."""
    if request.url.path.startswith("/api/"):
        return problem(404, f"there is no {request.method} {request.url.path}; see /api/openapi.json")
    folder: Path = request.app.state.rooms.pages
    named = folder / request.url.path.lstrip("/")
    if request.url.path != "/" and _is_ours(named, folder):
        return FileResponse(named)
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, 503)
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


def _is_ours(named: Path, folder: Path) -> bool:
    """Return whether this is a file of the built front end; a name that no file can have is none."""
    try:
        return named.is_file() and named.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False
