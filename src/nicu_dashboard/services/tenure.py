"""The engine's hold on its unit: waits for the lease, takes it when nobody holds it, renews it, gives it back."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal, ParamSpec, TypeVar

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import Claim, Lease, LeaseLost, Tenancy
from nicu_dashboard.ports.tick import StoreUnavailable

RENEW_S = 1.0
LOOK_S = 0.5
# A lease that has run out is taken only after it was seen unchanged for this long: when the database itself was away,
# the engine that worked before it went comes back first, with all that it remembers.
UNCHANGED_MS = 3_000
# A longer gap between two looks proves nothing of what was between.
GAP_MS = 2_000

Given = ParamSpec("Given")
Found = TypeVar("Found")
State = Literal["waiting", "starting", "working", "lost"]


class Tenure:
    """One engine's side of the lease."""

    def __init__(
        self,
        lease: Lease,
        clock: Clock,
        holder: str,
        address: str,
        has_ended: Callable[[str], bool],
        say: Callable[[str], None],
    ) -> None:
        """`has_ended` tells of the holders of this machine; `say` is told, in a sentence, what people should know."""
        self.claim = Claim(holder, address, secrets.token_urlsafe(32))
        self.state: State = "waiting"
        self.epoch = 0
        self._lease = lease
        self._clock = clock
        self._has_ended = has_ended
        self.say = say
        self._seen: Tenancy | None = None
        self._seen_since = self._seen_at = 0
        # Its own: behind work that waits for a slow store the renewal would come too late, and another take over.
        self._thread = ThreadPoolExecutor(1, "lease")

    async def win(self) -> None:
        """Wait until the lease is this engine's."""
        told = False
        while not (epoch := await self._try()):
            if not told and self._seen is not None and not self._has_ended(self._seen.claim.holder):
                told = True
                self.say("another engine works for this unit; waiting until it ends or falls silent")
            await asyncio.sleep(LOOK_S)
        self.epoch, self.state = epoch, "starting"

    async def keep(self) -> None:
        """Renew the lease as long as it is ours; raises LeaseLost. A store that fails is no reason to stand back."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self._in_thread(self._lease.renew, self.epoch)
            except LeaseLost:
                self.state = "lost"
                raise
            except StoreUnavailable:
                continue

    def others_epoch(self) -> int:
        """Return the epoch under which another engine works, 0 when none is known to."""
        seen = self._seen
        if self.state != "waiting" or seen is None or seen.given_back or seen.left_ms <= 0:
            return 0
        return 0 if self._has_ended(seen.claim.holder) else seen.epoch

    def is_starting(self) -> bool:
        """Return whether this engine will work in a moment: the unit is its own, or nobody else is known to want it."""
        seen = self._seen
        if self.state == "waiting":
            return seen is None or seen.given_back or self._has_ended(seen.claim.holder)
        return self.state == "starting"

    def in_words(self) -> str:
        """Return what this engine does while it does not work yet, or not any more."""
        if self.state == "lost" or self.others_epoch():
            return "another engine works for this unit; this one waits"
        if self.is_starting():
            return "this engine is starting"
        return "the engine of this unit has fallen silent; this one takes over within seconds unless it comes back"

    def at_work(self) -> None:
        """The ward is restored: from now on this engine answers."""
        self.state = "working"

    async def end(self) -> None:
        """Give the lease back, so that the next engine need not wait."""
        if self.state in ("starting", "working"):
            with suppress(StoreUnavailable):
                await self._in_thread(self._lease.give_back, self.epoch)
            self.state = "waiting"

    async def _try(self) -> int | None:
        try:
            seen = await self._in_thread(self._lease.look)
            self._note(seen)
            return await self._in_thread(self._lease.take, self.claim, seen) if self._is_free(seen) else None
        except StoreUnavailable:
            return None

    async def _in_thread(self, work: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*given, **named))

    def _note(self, seen: Tenancy | None) -> None:
        at = self._clock.now()
        before = self._seen
        same = before is not None and seen is not None and _state(before) == _state(seen)
        if not same or at - self._seen_at > GAP_MS:
            self._seen_since = at
        self._seen, self._seen_at = seen, at

    def _is_free(self, seen: Tenancy | None) -> bool:
        if seen is None or seen.given_back or self._has_ended(seen.claim.holder):
            return True
        return seen.left_ms <= 0 and self._seen_at - self._seen_since >= UNCHANGED_MS


def _state(tenancy: Tenancy) -> tuple[int, int]:
    return tenancy.epoch, tenancy.expires_at
