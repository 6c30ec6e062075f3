"""The live stream: Server-Sent Events, each the full state of the unit; polling for those who cannot stream."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from random import random

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from nicu_dashboard.ports.broadcast import Broadcast, Snapshot
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.packing import GZIP_BEGINS, event_of, pack, packed_event
from nicu_dashboard.web.front_door import at_the_front_door
from nicu_dashboard.web.minimal import MINIMAL, Shown, minimal, whole
from nicu_dashboard.web.problems import Problem, problem
from nicu_dashboard.web.rooms import Rooms
from nicu_dashboard.web.security import Person, admitted

POLL_S = 10.0
# A stream is looked after this often: whoever logged out or was disabled sees no more of it.
LOOK_S = 5.0
_SEQUENCE = re.compile(r"-?[0-9]{1,20}")
_NO_CACHE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept-Encoding"}
_PACKED = {**_NO_CACHE, "Content-Encoding": "gzip"}
_RETRY = b"retry: 1000\n\n"


async def live(request: Request) -> Response:
    """Stream snapshots, or return the newest as JSON (with `after`, wait up to 10 s for a newer; else 204)."""
    try:
        person = await at_the_front_door(admitted, request, "watch")
    except Problem as refused:
        return problem(refused.status_code, str(refused.detail))
    request.state.person = person
    found: Rooms = request.app.state.rooms
    shown = minimal if person.role in MINIMAL else whole
    if "text/event-stream" in request.headers.get("accept", ""):
        look = None if found.station.mode == "demo" else lambda: _is_same(request, person)
        if "gzip" in request.headers.get("accept-encoding", ""):
            events = _events(found, shown, look, GZIP_BEGINS + pack(_RETRY), packed_event)
            return StreamingResponse(events, 200, _PACKED, "text/event-stream")
        events = _events(found, shown, look, _RETRY, event_of)
        return StreamingResponse(events, 200, _NO_CACHE, "text/event-stream")
    after = request.query_params.get("after", "-1")
    if _SEQUENCE.fullmatch(after) is None:
        return problem(422, "after is the sequence number of the last snapshot you have")
    snapshot = await _newer(found.station.broadcast, int(after))
    if snapshot is None:
        return Response(status_code=204, headers=_NO_CACHE)
    return Response(shown(snapshot).body, 200, _NO_CACHE, "application/json")


def _is_same(request: Request, before: Person) -> bool:
    """Return whether the same person may still watch: not after log-off, time-out, disabling, or an emergency's end."""
    try:
        now = admitted(request, "watch")
    except Problem:
        return False
    except StoreUnavailable:
        return True
    return (now.name, now.role) == (before.name, before.role)


async def _events(
    found: Rooms, shown: Shown, look: Callable[[], bool] | None, beginning: bytes, write: Callable[[Snapshot], bytes]
) -> AsyncIterator[bytes]:
    yield beginning
    time = asyncio.get_running_loop().time
    # Screens that began together do not all look at once, and no snapshot waits for the answer.
    look_at = time() + LOOK_S * random()
    async for snapshot in found.station.broadcast.subscribe():
        yield write(shown(snapshot))
        if look is not None and time() >= look_at:
            look_at = time() + LOOK_S
            if not await at_the_front_door(look):
                return


async def _newer(broadcast: Broadcast, after: int) -> Snapshot | None:
    try:
        async with asyncio.timeout(POLL_S):
            async for snapshot in broadcast.subscribe():
                if snapshot.seq > after:
                    return snapshot
    except TimeoutError:
        pass
    return None
