"""Who lay where at what time, kept in memory so that a late reading finds its own baby, never the present one."""

import asyncio
from collections.abc import Iterable

from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.domain.vitals import Origin
from nicu_dashboard.ports.roster import PastStay, Roster, Source

# How long a baby may lie in a new cot before somebody admits it on record (assumed).
WRITTEN_LATE_MS = 12 * HOUR_MS


class Stays:
    """The stays of each cot and the sources of readings, read once and again after each change."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._past: dict[int, list[PastStay]] = {}
        self._sources: dict[tuple[str, Origin], Source] = {}
        self.heard: dict[int, int] = {}

    async def refresh(self, cot_ids: Iterable[int]) -> None:
        """Read the stays of these cots again."""
        for cot_id in cot_ids:
            past = await asyncio.to_thread(self._roster.stay_history, cot_id)
            self._past[cot_id] = sorted(past, key=lambda stay: stay.began_at)

    async def sources(self, named: set[tuple[str, Origin]]) -> dict[tuple[str, Origin], Source]:
        """Return the sources of these names and origins, made in the store on first use."""
        for name, origin in named - self._sources.keys():
            self._sources[name, origin] = await asyncio.to_thread(self._roster.source, name, origin)
        return {key: self._sources[key] for key in named}

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
