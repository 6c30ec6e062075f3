"""Where a web worker takes the engine to be."""

import asyncio
import threading
from types import SimpleNamespace
from typing import cast

from nicu_dashboard.ports.lease import Claim, Lease, Tenancy
from nicu_dashboard.services.outpost import Whereabouts
from tests.services.unit import HandClock, slow_store


async def test_whoever_asks_before_the_first_look_has_ended_waits_for_it() -> None:
    answers = threading.Event()
    claim = Claim("host/1", "http://127.0.0.1:9", "token")

    def look() -> Tenancy:
        answers.wait(5)
        return Tenancy(claim, 1, 5_000, 5_000)

    whereabouts = Whereabouts(cast("Lease", SimpleNamespace(look=look)), HandClock())
    asked = [asyncio.create_task(whereabouts.engine()) for _ in range(3)]
    await asyncio.sleep(0.05)
    answers.set()
    assert await asyncio.gather(*asked) == [claim] * 3


async def test_the_look_at_the_lease_does_not_wait_behind_others_that_wait_for_the_store() -> None:
    claim = Claim("host/1", "http://127.0.0.1:9", "token")
    lease = cast("Lease", SimpleNamespace(look=lambda: Tenancy(claim, 1, 5_000, 5_000)))
    with slow_store():
        assert await asyncio.wait_for(Whereabouts(lease, HandClock()).engine(), 5) == claim
