"""The record may change under the running ward (a command, another process): follow it within a second."""

import asyncio

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import Roster, Stay
from nicu_dashboard.services.settling import Settling
from nicu_dashboard.services.stays import Stays
from nicu_dashboard.services.ward import Ward

BY = "the record"


class RosterWatch:
    """Compares cots and stays with what the ward holds, cheaply when nothing changed."""

    def __init__(self, ward: Ward, roster: Roster, settling: Settling, stays: Stays, clock: Clock) -> None:
        self._ward = ward
        self._roster = roster
        self._settling = settling
        self._stays = stays
        self._clock = clock
        self._version: object = None
        self._unfinished: set[int] = set()

    async def sync(self) -> bool:
        """Bring the ward in line with the record; return whether anything had changed."""
        async with self._settling.one_at_a_time:
            version = await asyncio.to_thread(self._roster.version)
            if version == self._version:
                return False
            self._ward.take_name(await asyncio.to_thread(self._roster.units))
            self._ward.add_cots(await asyncio.to_thread(self._roster.cots))
            now = {stay.cot.id: stay for stay in await asyncio.to_thread(self._roster.stays, self._ward.unit.id)}
            moved = {cot_id for cot_id, bed in self._ward.beds.items() if _moved(bed.stay, now.get(cot_id))}
            # A store that fails from here on must not leave a cot vacated and its new baby unwatched.
            self._unfinished |= moved
            await self._move(sorted(self._unfinished), now)
            self._version = version
            self._unfinished.clear()
            return True

    async def _move(self, cot_ids: list[int], now: dict[int, Stay]) -> None:
        for cot_id in cot_ids:
            bed = self._ward.bed(cot_id)
            if bed.stay is not None and _moved(bed.stay, now.get(cot_id)):
                self._ward.vacate(bed, self._clock.now(), BY)
        await self._stays.refresh(cot_ids)
        for cot_id in cot_ids:
            if cot_id in now and _moved(self._ward.bed(cot_id).stay, now[cot_id]):
                await self._settling.settle(now[cot_id])
        for cot_id, stay in now.items():
            self._ward.bed(cot_id).stay = stay


def _moved(before: Stay | None, after: Stay | None) -> bool:
    return (before and before.id) != (after and after.id)
