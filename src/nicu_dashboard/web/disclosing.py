"""Which routes show patients' data, as what the audit trail names it; each answer that was given is noted."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.services.disclosures import Look
from nicu_dashboard.services.permissions import Act
from nicu_dashboard.web.rooms import Rooms
from nicu_dashboard.web.security import Person

_BABY = "/api/patients/{patient_id}"
# A route that shows patients' data and is not here fails a test.
READS: Mapping[str, str] = MappingProxyType({
    "/api/live": "read.wall",
    "/api/cots": "read.census",
    "/api/cots/{cot_id}": "read.cot",
    "/api/cots/spark": "read.wall",
    "/api/patients": "read.list",
    _BABY: "read.baby",
    f"{_BABY}/trends": "read.trends",
    f"{_BABY}/stay": "read.baby",
    f"{_BABY}/histogram": "read.trends",
    f"{_BABY}/events": "read.events",
    f"{_BABY}/annotations": "read.notes",
    f"{_BABY}/limits": "read.limits",
    "/api/events": "read.events",
    "/api/events/{event_id}": "read.events",
    "/api/events/{event_id}/snippet": "read.events",
    "/api/alarms": "read.alarms",
    "/api/alarms/{alarm_id}": "read.alarms",
    "/api/quarantine": "read.quarantine",
    "/api/audit": "audit.read",
})  # fmt: skip
# Doors behind which patients' data lies: a route behind one of them notes each look, or is named here with its reason.
SHOWING: frozenset[Act] = frozenset({"watch", "see census", "see", "read audit", "export de-identified"})
# These leave a row of their own before the first byte.
SILENT = frozenset({"/api/audit/export", "/api/export"})
# Of these the answer is about every baby in a cot.
_WHOLE_UNIT = frozenset({"read.wall", "read.census"})


def showing(request: Request, patient_ids: Iterable[int | None]) -> None:
    """Say whose data a list shows, so that the trail names them."""
    request.state.whose = sorted({one for one in patient_ids if one is not None})


class Disclosing:
    """Plain ASGI: notes a look when its answer begins, if it is given at all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                _note(scope)
            await send(message)

        await self._app(scope, receive, noting)
        found: Rooms = scope["app"].state.rooms
        if found.station.mode == "read-only":  # this process may be frozen now, and no task runs
            await run_in_threadpool(found.disclosures.write)


def _note(scope: Scope) -> None:
    path = str(getattr(scope.get("route"), "path", scope["path"]))
    said: Mapping[str, Any] = scope.get("state", {})
    person = said.get("person")
    action = READS.get(path)
    if action is None or not isinstance(person, Person):
        return
    found: Rooms = scope["app"].state.rooms
    look = _look(action, scope.get("path_params", {}), said, found)
    if person.emergency is not None:
        look = replace(look, detail={**look.detail, "reason": person.emergency.reason})
    found.disclosures.note(person.actor, look)


def _look(action: str, named: Mapping[str, Any], said: Mapping[str, Any], found: Rooms) -> Look:
    if (patient := named.get("patient_id")) is not None:
        return Look(action, f"patient {patient}", int(patient))
    for kind in ("event", "alarm"):
        if (number := named.get(f"{kind}_id")) is not None:
            return Look(action, f"{kind} {number}", by=(kind, int(number)))
    if (cot := named.get("cot_id")) is not None:
        stay = found.station.ward.bed(int(cot)).stay
        return Look(action, f"cot {cot}", None if stay is None else stay.patient.id)
    if action not in _WHOLE_UNIT:
        return Look(action, _list_of(said["person"]), detail={"patients": said["whose"]} if "whose" in said else {})
    stays = [bed.stay for bed in list(found.station.ward.beds.values())]
    return Look(
        action,
        f"wall of unit {found.station.ward.unit.id}",
        detail={"patients": sorted(stay.patient.id for stay in stays if stay is not None)},
    )


def _list_of(person: Person) -> str:
    """Return the subject of a list: of one unit for who sees one, so that the trail can be read by unit."""
    return f"list of unit {next(iter(person.units))}" if person.units and len(person.units) == 1 else "list"
