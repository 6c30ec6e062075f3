"""Who looked at whose data: every look leaves a row of the audit trail, written beside the wall, never before it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import Any

from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.notebook import Notebook
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

    def __init__(self, people: People, clock: Clock, whose: Whose, notebook: Notebook | None = None) -> None:
        """With a notebook no look is lost by a crash; at worst the last ones are told twice."""
        self._people = people
        self._notebook = notebook
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

    def recover(self) -> None:
        """Write what a process that has ended noted and did not write; raises StoreUnavailable, and keeps it then."""
        if self._notebook is None:
            return
        with self._notebook.left_behind() as lines:
            looks = [look for look in map(_read, lines) if look is not None]
            if looks:
                self._people.record_all([self._entry(*one) for one in looks])

    async def write_forever(self) -> None:
        """Write what was noted, again and again; a store that fails gets it later."""
        recovered = False
        while True:
            if not recovered:
                with suppress(StoreUnavailable):
                    await asyncio.to_thread(self.recover)
                    recovered = True
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
        else:
            self._settle()
        if everything and self._notebook is not None:
            self._notebook.close()

    def _settle(self) -> None:
        """The notebook holds what waits, and nothing that is written."""
        if self._notebook is not None:
            with self._lock:
                self._notebook.replace([_line(*one) for one in self._waiting])

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
            waits = (min(at, self._clock.now()), actor, look)
            self._waiting.append(waits)
            if self._notebook is not None:
                self._notebook.add([_line(*waits)])
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


def _line(at: int, actor: Actor, look: Look) -> str:
    return json.dumps([at, asdict(actor), asdict(look)])


def _read(line: str) -> tuple[int, Actor, Look] | None:
    """Return a noted look, None for a line that a crash cut short."""
    try:
        at, actor, look = json.loads(line)
        by = look.pop("by")
        return int(at), Actor(**actor), Look(**look, by=None if by is None else (str(by[0]), int(by[1])))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
