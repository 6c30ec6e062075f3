"""Who lies where, as the record says it, for a process that only reads: no engine, no alarms, no intake."""

import asyncio

from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.services.ward import Ward


class ReadingRoom:
    """Keeps a ward's cots and stays as the record has them; nothing is stepped, settled or written."""

    def __init__(self, ward: Ward, roster: Roster) -> None:
        self._ward, self._roster = ward, roster
        self._version: object = None
        self._one_at_a_time = asyncio.Lock()

    async def sync(self) -> None:
        """Bring the ward in line with the record, cheaply when nothing changed; raises StoreUnavailable."""
        async with self._one_at_a_time:
            version = await asyncio.to_thread(self._roster.version)
            if version == self._version:
                return
            self._ward.take_name(await asyncio.to_thread(self._roster.units))
            self._ward.add_cots(await asyncio.to_thread(self._roster.cots))
            stays = {stay.cot.id: stay for stay in await asyncio.to_thread(self._roster.stays, self._ward.unit.id)}
            for cot_id, bed in self._ward.beds.items():
                bed.stay = stays.get(cot_id)
            self._version = version
