"""Requests made up from our own description in each role: no fault of ours, and no baby where none belongs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nicu_dashboard.services.permissions import MAY, Part
from tests.templates import copy_of_empty_store
from tests.web.serving import ADMIN, Serving
from tests.web.test_schemathesis import PROGRAM

# A longer run over everything: NICU_SCHEMATHESIS_S=300 pytest -n0 -o faulthandler_timeout=0 FILE. The short one is
# bounded by count: a busy machine is slow.
SECONDS = int(os.environ.get("NICU_SCHEMATHESIS_S", "0"))
# In the short run each role has ground of its own, so that together they walk over most of the API.
GROUND: dict[Part, str] = {
    "nurse": "patients|events",
    "charge nurse": "cots|kiosks|emergencies",
    "physician": "alarms|limits",
    "clerk": "admissions|patients$",
    "engineer": "sources|quarantine|patients",
    "researcher": "account|events",
    "administrator": "users|audit",
    "kiosk": "unit|spark|displays|alarms",
}
MARKS = ("CANARY-777123", "Canaryvogel")
WITHOUT_BABIES = [part for part in GROUND if not MAY[part] & {"see", "see census"}]


class Recorder:
    """Remembers what the server answered: how often with which status, and every body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.statuses: list[int] = []
        self.bodies = bytearray()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
            elif message["type"] == "http.response.body":
                self.bodies += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, noted)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[tuple[Serving, Recorder]]:
    """A ward with one marked baby, and what it answers from then on."""
    running = Serving(copy_of_empty_store(tmp_path / "ward.db"), "live")
    recorder = running.server.config.app = Recorder(cast(ASGIApp, running.server.config.app))
    running.start()
    running.accounts.add_user("who-admits", "x", "charge nurse", "three unrelated words", ADMIN)
    admits = running.browser()
    assert admits.post("/api/session", json={"name": "who-admits", "password": "three unrelated words"}).is_success
    assert admits.post("/api/cots", json={"label": "NICU-01"}).is_success
    baby = {"cot": "NICU-01", "mrn": MARKS[0], "name": f"{MARKS[1]}, Baby of Tweety", "ga": "28+3"}
    assert admits.post("/api/admissions", json=baby).is_success
    recorder.bodies.clear()
    yield running, recorder
    running.stop()


def cookie_of(ward: Serving, part: str) -> str:
    """Let somebody in this role in, or pair a screen."""
    if part != "kiosk":
        return f"nicu_session={ward.log_in(part).cookies['nicu_session']}"
    code = ward.log_in("charge nurse").post("/api/kiosks", json={"name": "corridor"}).json()["code"]
    screen = ward.browser()
    assert screen.post("/api/kiosks/pair", json={"code": code}).is_success
    return f"nicu_kiosk={screen.cookies['nicu_kiosk']}"


@pytest.mark.parametrize("part", GROUND)
def test_nobody_makes_the_server_fail_or_sees_what_is_not_theirs(
    ward: tuple[Serving, Recorder], tmp_path: Path, part: Part
) -> None:
    running, recorder = ward
    cookie = cookie_of(running, part)
    recorder.statuses.clear()
    words = [
        PROGRAM, "run", f"{running.url}/api/openapi.json", "--checks", "not_a_server_error", "--seed", "1",
        "--phases", "fuzzing", "--max-examples", "200" if SECONDS else "3", "--request-timeout", "20",
        "-H", f"Cookie: {cookie}", "--exclude-path", "/api/session",
        *(["--max-time", str(SECONDS)] if SECONDS else ["--include-path-regex", GROUND[part]]),
    ]  # fmt: skip
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280 + SECONDS)
    assert done.returncode == 0, done.stdout[-4_000:]
    assert len(recorder.statuses) > 3
    assert max(recorder.statuses) < 500
    with httpx.Client(base_url=running.url, headers={"Cookie": cookie}) as client:
        client.get("/api/patients")
        client.get("/api/live")
    seen = [mark for mark in MARKS if mark.encode() in recorder.bodies]
    assert bool(seen) == (part not in WITHOUT_BABIES)
