"""Who looked at whose data: every look leaves a row of the audit trail, written beside the wall, never before it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.people import People
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.ports.tick import AuditEntry, StoreUnavailable
from nicu_dashboard.services.actor import Actor

# A page asks again and again: what the same person looks at again within this time is counted in one more row.
AGAIN_MS = 5 * MINUTE_MS
# Screens and devices look all day.
UNATTENDED_MS = HOUR_MS
UNATTENDED = frozenset({"kiosk", "device"})
WRITE_S = 1.0
KEPT = 50_000

# The baby of an event or an alarm, by kind and id.
Whose = Callable[[str, int], int | None]


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what was looked at, whose it is where that is known, or by which event or alarm it can be known."""

    action: str
    subject: str
    patient_id: int | None = None
    by: tuple[str, int] | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Repeated:
    actor: Actor
    look: Look
    until: int
    times: int = 0


class Disclosures:
    """Notes from any thread; one task writes what has gathered, once a second, in one transaction."""

    def __init__(self, people: People, clock: Clock, whose: Whose) -> None:
        self._people = people
        self._clock = clock
        self._whose = whose
        self._waiting: list[tuple[int, Actor, Look]] = []
        self._repeated: dict[tuple[Any, ...], _Repeated] = {}
        self._lock = Lock()
        self.dropped = 0

    def note(self, actor: Actor, look: Look) -> None:
        """Note a look; never waits for the store."""
        at = self._clock.now()
        key = (actor, look.action, look.subject, look.patient_id)
        with self._lock:
            known = self._repeated.get(key)
            if known is not None and at < known.until:
                known.times += 1
                return
            length = UNATTENDED_MS if actor.role in UNATTENDED else AGAIN_MS
            self._repeated[key] = _Repeated(actor, look, at + length)
            self._wait(at, actor, look)
            if known is not None:
                self._again(known)

    async def write_forever(self) -> None:
        """Write what was noted, again and again; a store that fails gets it later."""
        while True:
            await asyncio.sleep(WRITE_S)
            await asyncio.to_thread(self.write)

    def write(self, everything: bool = False) -> None:
        """Write what waits, and the counts of repeats whose time is over (or all)."""
        with self._lock:
            self._close(None if everything else self._clock.now())
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._people.record_all([self._entry(*one) for one in waiting])
        except StoreUnavailable:
            with self._lock:
                self._waiting = waiting + self._waiting
                self.dropped += max(0, len(self._waiting) - KEPT)
                del self._waiting[KEPT:]

    def _close(self, at: int | None) -> None:
        over = [key for key, known in self._repeated.items() if at is None or known.until <= at]
        for key in over:
            self._again(self._repeated.pop(key))

    def _again(self, known: _Repeated) -> None:
        if known.times:
            detail = {**known.look.detail, "times_again": known.times}
            self._wait(known.until, known.actor, replace(known.look, detail=detail))

    def _wait(self, at: int, actor: Actor, look: Look) -> None:
        if len(self._waiting) < KEPT:
            self._waiting.append((min(at, self._clock.now()), actor, look))
        else:
            self.dropped += 1

    def _entry(self, at: int, actor: Actor, look: Look) -> AuditEntry:
        patient_id = look.patient_id
        if patient_id is None and look.by is not None:
            try:
                patient_id = self._whose(*look.by)
            except NotFound:
                patient_id = None
        return actor.entry(at, look.action, look.subject, patient_id, **look.detail)
