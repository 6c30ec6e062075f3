"""The engine's newest snapshot over HTTP, from the engine's own door."""

import asyncio
from collections.abc import Callable

import httpx

from nicu_dashboard.ports.engine_view import AGE_MS, PATH, SEQ, TOKEN, WAIT_S
from nicu_dashboard.ports.lease import Claim
from nicu_dashboard.ports.live_row import StoredSnapshot
from nicu_dashboard.ports.tick import StoreUnavailable

# An answer that took longer lay somewhere meanwhile, and its age is no longer what it says.
LONGEST_S, CONNECT_S = WAIT_S + 1.0, 1.0


class HttpEngineView:
    """The port EngineView; one request brings one snapshot, so that each answer is of an engine that works now."""

    def __init__(self, engine: Callable[[], Claim | None]) -> None:
        """`engine` tells where the engine was seen last, without asking anybody."""
        self._engine = engine
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(LONGEST_S, connect=CONNECT_S), trust_env=False)

    async def newer(self, after: int) -> StoredSnapshot | None:
        """Return the next snapshot beyond `after`, None when none came; raises StoreUnavailable without an engine."""
        claim = self._engine()
        if claim is None:
            raise StoreUnavailable("no engine works for this unit, as far as is known")
        url = f"{claim.address.rstrip('/')}{PATH}?after={after}"
        try:
            async with asyncio.timeout(LONGEST_S):
                answer = await self._client.get(url, headers={TOKEN: claim.token})
        except (httpx.HTTPError, TimeoutError) as error:
            raise StoreUnavailable(f"the engine does not answer: {error}") from error
        if answer.status_code not in (200, 204):
            raise StoreUnavailable(f"the engine answers {answer.status_code}")
        return _snapshot(answer) if answer.status_code == 200 else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _snapshot(answer: httpx.Response) -> StoredSnapshot:
    try:
        return StoredSnapshot(int(answer.headers[SEQ]), answer.content, int(answer.headers[AGE_MS]))
    except (KeyError, ValueError) as error:
        raise StoreUnavailable("what stands at the engine's address is no engine") from error
