"""POST /api/readings: the device's door."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nicu_dashboard.adapters.http_intake import Fault, parse_message
from nicu_dashboard.web.front_door import at_the_front_door
from nicu_dashboard.web.problems import Problem, problem
from nicu_dashboard.web.rooms import Rooms
from nicu_dashboard.web.security import is_loopback, share

MAX_BODY = 8 * 1024 * 1024


async def post_readings(request: Request) -> Response:
    """Take one reading or an array; answer 202 after the commit with what was taken and what refused."""
    found: Rooms = request.app.state.rooms
    try:
        source = await sender(request, found)
    except Problem as other:
        return problem(other.status_code, str(other.detail))
    if source is None:
        return unknown_sender()
    body = await _body(request)
    if body is None:
        return problem(413, f"the body is larger than {MAX_BODY // 1024 // 1024} MiB; send smaller messages")
    message = parse_message(body, source)
    receipt = await found.station.intake.receive(message.readings, source)
    refused = [Fault(refusal.index, refusal.reason) for refusal in receipt.rejected]
    rejected = sorted([*message.faults, *refused], key=lambda fault: fault.index)
    answer = {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "rejected": [asdict(f) for f in rejected]}
    if receipt.spooled:
        answer["spooled"] = receipt.spooled
    return JSONResponse(answer, 202)


def unknown_sender() -> Response:
    """Return the refusal of a message without a key that is known."""
    detail = "unknown or missing device key; make one with: nicu key add NAME"
    return problem(401, detail, {"WWW-Authenticate": "Bearer"})


async def sender(request: Request, found: Rooms) -> str | None:
    """Return the name of the sending device; in a demo, this very machine may send without a key."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            return None
        accounts, key = found.accounts, key.strip()
        device = accounts.known_device(key) or await at_the_front_door(accounts.device, key)
        if device is None or "send readings" not in device.scope:
            return None
        if not share(device.units, frozenset({found.station.ward.unit.id})):
            raise Problem(403, "this key is for another unit; make one for this unit: nicu key add NAME --unit UNIT")
        return device.name
    address = None if request.client is None else request.client.host
    return "demo" if found.station.mode == "demo" and is_loopback(address) else None


async def _body(request: Request) -> bytes | None:
    """Return the body, None as soon as it grows beyond the limit."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MAX_BODY:
        return None
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > MAX_BODY:
            return None
    return bytes(chunks)
