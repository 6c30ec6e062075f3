"""Who lay where at what time, kept in memory so that a late reading finds its own baby, never the present one."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.domain.vitals import Origin
from nicu_dashboard.ports.roster import PastStay, Roster, Source
from nicu_dashboard.ports.tick import StoreUnavailable

# How long a baby may lie in a new cot before somebody admits it on record (assumed).
WRITTEN_LATE_MS = 12 * HOUR_MS
# A gateway may speak for a whole ward; a sender that names more is making names up. Counted from the start.
MOST_NEW_SOURCES = 1_000


class Stays:
    """The stays of each cot and the sources of readings, read once and again after each change."""

    def __init__(self, roster: Roster, unit_id: int | None = None) -> None:
        self._roster, self._unit_id = roster, unit_id
        self._past: dict[int, list[PastStay]] = {}
        self._sources: dict[tuple[str, Origin], Source] = {}
        self._strangers: dict[tuple[str, Origin], int] = {}
        self._brought: dict[str, int] = {}
        self.heard: dict[int, int] = {}

    async def refresh(self, cot_ids: Iterable[int]) -> None:
        """Read the stays of these cots again."""
        for cot_id in cot_ids:
            past = await asyncio.to_thread(self._roster.stay_history, cot_id)
            self._past[cot_id] = sorted(past, key=lambda stay: stay.began_at)

    async def know_sources(self) -> None:
        """Read every source on record, so that none is a stranger when the store is lost."""
        known = await asyncio.to_thread(self._roster.sources)
        self._sources |= {(source.name, source.origin): source for source in known}

    async def sources(
        self, named: set[tuple[str, Origin]], store_answers: bool = True
    ) -> dict[tuple[str, Origin], Source]:
        """Return the sources of these names and origins, made in the store on first use.

        One that is new while the store is away has a number below zero: good for the wall, not for the record.
        """
        found = {}
        for key in named:
            if key not in self._sources and store_answers:
                with suppress(StoreUnavailable):
                    self._sources[key] = await asyncio.to_thread(self._roster.source, *key, None, self._unit_id)
            found[key] = self._sources.get(key) or self._stranger(*key)
        return found

    def too_many(self, named: set[tuple[str, Origin]], sender: str) -> set[tuple[str, Origin]]:
        """Return those of the sources that are new and more than one sender may bring; the others are counted."""
        new = sorted(named - self._sources.keys() - self._strangers.keys())
        brought = self._brought.get(sender, 0)
        welcome = new[: max(0, MOST_NEW_SOURCES - brought)]
        self._brought[sender] = brought + len(welcome)
        return set(new[len(welcome) :])

    def _stranger(self, name: str, origin: Origin) -> Source:
        number = self._strangers.setdefault((name, origin), -1 - len(self._strangers))
        return Source(number, name, origin, 1.0)

    def patient_at(self, cot_id: int, at: int) -> int | None:
        """Return the baby who lay in the cot at this instant (epoch ms), None when nobody did.

        The hours before the cot's first stay on record belong to its first baby: the bed is filled before the clerk
        writes it down. Between two babies they belong to neither.
        """
        past = self._past.get(cot_id, [])
        if past and past[0].began_at - WRITTEN_LATE_MS <= at < past[0].began_at:
            return past[0].patient_id
        for stay in past:
            if stay.began_at <= at and (stay.ended_at is None or at < stay.ended_at):
                return stay.patient_id
        return None
