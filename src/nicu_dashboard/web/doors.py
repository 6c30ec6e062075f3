"""What each route of the application requires, read from the application itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from nicu_dashboard.services.permissions import Act

# Routes that look at the door themselves.
OWN: Mapping[str, Act] = {"/api/live": "watch", "/api/readings": "send readings"}


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route and the act it requires; None = open to everybody."""

    method: str
    path: str
    act: Act | None


def doors(app: FastAPI) -> Iterator[Door]:
    """Yield every method of every route under /api and beside it; files of the front end are left out."""
    for route in _flat(app.routes):
        if isinstance(route, Route | APIRoute):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield Door(method, route.path, _act(route))


def _flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield the routes of included routers in the place of these."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from _flat(router.routes)


def _act(route: Route | APIRoute) -> Act | None:
    if isinstance(route, APIRoute):
        return next(_required(route.dependant), None)
    return OWN.get(route.path)


def _required(dependant: Dependant) -> Iterator[Act]:
    for one in dependant.dependencies:
        if (act := getattr(one.call, "act", None)) is not None:
            yield act
        yield from _required(one)
