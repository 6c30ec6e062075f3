"""What a web worker hands on to the engine's address, seen by the server that stands there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response

from nicu_dashboard.ports.engine_view import TOKEN
from nicu_dashboard.ports.lease import Claim, Lease, Tenancy
from nicu_dashboard.services.outpost import Outpost, Whereabouts
from nicu_dashboard.web.engine_door import FOLLOWED
from nicu_dashboard.web.forwarding import Courier
from tests.services.unit import HandClock


class _Engine(BaseHTTPRequestHandler):
    came: list[tuple[str, dict[str, str]]]

    def do_POST(self) -> None:
        """Note what came."""
        self.came.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.headers[TOKEN] == "the-token":
            self.send_response(204)
        else:
            self.send_response(403)
            self.send_header(*next(iter(FOLLOWED.items())))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def engine() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server at the engine's address, and what came to it."""
    _Engine.came = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Engine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", _Engine.came
        server.shutdown()


async def _carried(
    address: str, raw: bytes, path: str, headers: dict[str, str] | None = None, *tokens: str
) -> Response:
    left = list(tokens)

    def look() -> Tenancy:
        token = left.pop(0) if len(left) > 1 else [*left, "the-token"][0]
        return Tenancy(Claim("host/1", address, token), 1, 5_000, 5_000)

    lease = SimpleNamespace(look=look)
    outpost = SimpleNamespace(whereabouts=Whereabouts(cast("Lease", lease), HandClock()))
    courier = Courier(cast("Outpost", outpost))
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "raw_path": raw, "query_string": b"", "scheme": "https",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("10.0.0.9", 5), "server": ("worker", 443),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        return await courier.answer(Request(scope, receive))
    finally:
        await courier.close()


async def test_a_path_that_would_name_another_host_is_not_handed_on(
    engine: tuple[str, list[tuple[str, dict[str, str]]]],
) -> None:
    address, came = engine
    elsewhere = address.removeprefix("http://")
    path = f"/api/x@{elsewhere}/stolen"
    answer = await _carried("http://127.0.0.1:9", b"%2Fapi%2Fx@" + f"{elsewhere}/stolen".encode(), path)
    assert (answer.status_code, came) == (400, [])


async def test_what_a_page_fetches_by_itself_stays_marked(engine: tuple[str, list[tuple[str, dict[str, str]]]]) -> None:
    address, came = engine
    answer = await _carried(address, b"/api/displays", "/api/displays", {"x-nicu-background": "1", "x-other": "no"})
    assert answer.status_code == 204
    ((path, headers),) = came
    assert (path, headers["x-nicu-background"], headers["x-nicu-client"]) == ("/api/displays", "1", "10.0.0.9")
    assert "x-other" not in headers


async def test_a_device_is_not_refused_because_the_engine_began_again_under_another_token(
    engine: tuple[str, list[tuple[str, dict[str, str]]]],
) -> None:
    address, came = engine
    answer = await _carried(address, b"/api/displays", "/api/displays", None, "of before", "the-token")
    assert (answer.status_code, [headers[TOKEN] for _, headers in came]) == (204, ["of before", "the-token"])
    # While the lease still names the one before: not now, rather than never.
    answer = await _carried(address, b"/api/displays", "/api/displays", None, "of before")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    answer = await _carried(address, b"/api/displays", "/api/displays", None, "of before", "of another")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
