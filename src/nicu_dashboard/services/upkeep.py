"""Small regular duties: events found again after late readings, limits that follow age, time in target."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from nicu_dashboard.domain.alarms import events
from nicu_dashboard.domain.histogram import share_in_target
from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.domain.limits import room_air
from nicu_dashboard.domain.spells import DEFINITIONS, Spell, find_spells, sampling_interval
from nicu_dashboard.domain.vitals import VITALS, Measured
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.limit_book import LimitBook
from nicu_dashboard.ports.tick import Journal, Rescan, SpellRow, StoreUnavailable
from nicu_dashboard.services.bed import Bed
from nicu_dashboard.services.displays import Displays
from nicu_dashboard.services.event_free import event_free_on_record, take_over
from nicu_dashboard.services.ids import AlarmIds
from nicu_dashboard.services.roster_watch import RosterWatch
from nicu_dashboard.services.settling import is_own, limits_by_age
from nicu_dashboard.services.ward import Ward

Sample = tuple[int, Mapping[str, Measured]]

TARGET_WINDOW_MS = 12 * HOUR_MS
SPO2_TARGET = (90.0, 95.0)
RESCAN_MARGIN_MS = 15 * 60_000
# After this time whatever was going on in a window that reached into the present has ended, or its end is looked for.
FINISHED_MS = 8 * 60_000
# An event that goes on is followed beyond the margin up to this far.
LONGEST_MS = 24 * HOUR_MS
# Looking through years of moved history takes turns with the other duties.
ROUND_MS = 1_000
EVERY_S = 1.0
TARGET_EVERY = 60
AGES_EVERY = 600


class Upkeep:
    """Works beside the engine; a store that fails only delays it."""

    def __init__(
        self,
        ward: Ward,
        journal: Journal,
        chart: Chart,
        book: LimitBook,
        ids: AlarmIds,
        displays: Displays,
        watch: RosterWatch,
        clock: Clock,
        definition: str,
    ) -> None:
        self._ward = ward
        self._journal = journal
        self._chart = chart
        self._book = book
        self._ids = ids
        self._displays = displays
        self._watch = watch
        self._clock = clock
        self._definition = definition
        self._unfinished: list[tuple[Rescan, int]] = []
        self._doubtful: set[int] = set()

    async def run_forever(self) -> None:
        """Take turns: every second the quick duties, each minute the figures, every ten minutes the ages."""
        round_number = 0
        while True:
            self._displays.check(self._clock.now())
            await self._tolerant(self._ids.top_up)
            await self._tolerant(self._follow_roster)
            await self._tolerant(self.find_again)
            if round_number % TARGET_EVERY == 0:
                await self._tolerant(self.refresh_targets)
                await self._tolerant(self.recount)
            if round_number % AGES_EVERY == AGES_EVERY - 1:
                await self._tolerant(self.follow_ages)
            round_number += 1
            await asyncio.sleep(EVERY_S)

    async def _tolerant(self, duty: Callable[[], Awaitable[None]]) -> None:
        try:
            await duty()
        except StoreUnavailable:
            return

    async def _follow_roster(self) -> None:
        await self._watch.sync()

    async def find_again(self) -> None:
        """Derive the events of every window with late readings anew from what is stored."""
        at = self._clock.now()
        for window in await asyncio.to_thread(self._journal.rescans, self._ward.unit.id):
            if not await asyncio.to_thread(self.rescan, window):
                self._unfinished.append((window, at + FINISHED_MS))
            self._doubtful.add(window.patient_id)
            if self._clock.now() - at >= ROUND_MS:
                break
        while self._unfinished and self._unfinished[0][1] <= at:
            window, _ = self._unfinished[0]
            await asyncio.to_thread(self.rescan, window)
            self._doubtful.add(window.patient_id)
            self._unfinished.pop(0)
        while self._doubtful:
            await self._recount(patient_id := next(iter(self._doubtful)))
            self._doubtful.discard(patient_id)

    def doubt(self, patient_id: int) -> None:
        """Have a tile's event-free days counted again within a second: a person spoke about an event."""
        self._doubtful.add(patient_id)

    def rescan(self, window: Rescan) -> bool:
        """Run the same detector over the stored readings around one window and make the record agree within it.

        The margins hold whatever began before the window or ends after it, so that no run at an edge is cut. Return
        whether the readings reach beyond the window: an event in it may otherwise still be going on.
        """
        readings, found = self._found_around(window, RESCAN_MARGIN_MS)
        self._journal.replace_spells(window, [SpellRow(window.patient_id, None, spell) for spell in found])
        return bool(readings) and readings[-1][0] >= window.to_at

    def _found_around(self, window: Rescan, margin_ms: int) -> tuple[Sequence[Sample], Sequence[Spell]]:
        """Return the readings around a window and the events that begin in it, each to its very end."""
        from_at, to_at = window.from_at - RESCAN_MARGIN_MS, window.to_at + margin_ms
        readings = list(self._chart.readings(window.patient_id, from_at, to_at, tuple(VITALS)))
        interval_ms = sampling_interval([at for at, _ in readings])
        spells = find_spells(DEFINITIONS[self._definition], readings, interval_ms)
        found = [spell for spell in spells if window.from_at <= spell.started_at < window.to_at]
        cut = any(spell.ended_at >= readings[-1][0] for spell in found) and to_at < self._clock.now()
        return self._found_around(window, 4 * margin_ms) if cut and margin_ms < LONGEST_MS else (readings, found)

    async def recount(self) -> None:
        """Let every tile count its event-free days by the record: somebody may have rejected or imported an event."""
        for bed in self._occupied():
            if bed.stay is not None:
                await self._recount(bed.stay.patient.id)

    async def _recount(self, patient_id: int) -> None:
        bed = self._ward.bed_of(patient_id)
        if bed is not None:
            seen, at = bed.event_free, self._clock.now()
            take_over(bed, seen, await asyncio.to_thread(event_free_on_record, self._chart, patient_id, at), at)

    async def refresh_targets(self) -> None:
        """Compute each baby's share of SpO2 in target over the last 12 h."""
        at = self._clock.now()
        for bed in self._occupied():
            if bed.stay is not None:
                counts = await asyncio.to_thread(
                    self._chart.histogram, bed.stay.patient.id, "spo2", at - TARGET_WINDOW_MS, at
                )
                bed.in_target = share_in_target(counts, *_target(bed))

    async def follow_ages(self) -> None:
        """A baby without limits of its own is watched with the profile of its present age."""
        at = self._clock.now()
        for bed in self._occupied():
            if bed.stay is None:
                continue
            watched = bed.limits
            kept = (await asyncio.to_thread(self._book.current, [bed.stay.patient.id])).get(bed.stay.patient.id)
            limits = replace(limits_by_age(bed.stay.patient, at), version=watched.version)
            # While the book was read somebody may have put limits in force, or another baby into the cot.
            undisturbed = self._ward.beds.get(bed.cot.id) is bed and bed.limits is watched
            own = kept is not None and is_own(kept.limits)
            if not own and undisturbed and limits != watched:
                self._ward.act(bed.cot.id, events.LimitsChanged(at, limits))

    def _occupied(self) -> Iterator[Bed]:
        return iter([bed for bed in self._ward.beds.values() if bed.stay is not None])


def _target(bed: Bed) -> tuple[float, float]:
    """Return the SpO2 target (%) of a baby: in room air there is no upper bound, as there is no upper alarm."""
    fio2 = bed.latest.get("fio2")
    return (SPO2_TARGET[0], 100.0) if fio2 is not None and room_air(fio2.value) else SPO2_TARGET
