"""Feeding a demonstration: the past lived through faster than time, then readings once a second by the usual door."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.watch import Watch
from nicu_dashboard.domain.instants import SECOND_MS, floor_to
from nicu_dashboard.domain.vitals import Origin, Reading
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import Roster, Source
from nicu_dashboard.ports.tick import Journal, StoreUnavailable, VitalsRow
from nicu_dashboard.services.intake import Intake
from nicu_dashboard.services.settling import limits_by_age
from nicu_dashboard.services.ward import Ward

NURSE = "simulated nurse"
# Readings per transaction of the past: the live ward never waits longer than this takes (about 50 ms).
CHUNK = 500
# In the past, time need not pass as smoothly as in the present.
TIME_PASSES_MS = 2 * SECOND_MS
NURSE_LOOKS_MS = 5 * SECOND_MS
# Readings that wait for a store that fails; a simulated device forgets what is older.
KEPT_READINGS = 20_000

Player = Callable[[int], Sequence[Reading]]


class Unheard:
    """A notifier for times that are over: nobody is called."""

    def escalated(self, cot: str, alarm: Alarm) -> None:
        """Do nothing."""


class Past:
    """Hours that were never watched, lived through by a ward of their own: readings, alarms and events of one mould."""

    def __init__(self, ward: Ward, journal: Journal, roster: Roster) -> None:
        """Take a ward that nobody else uses; the babies admitted now are the ones who lived this past."""
        self._ward = ward
        self._journal = journal
        self._roster = roster
        self._sources: dict[tuple[str, Origin], Source] = {}
        self._rows: list[VitalsRow] = []
        self._now = 0
        self._nurse_looks_at = 0
        ward.add_cots(roster.cots(ward.unit.id))

    def live_through(self, readings: Iterable[Reading]) -> Iterator[int]:
        """Take readings in the order of time; after each transaction yield how many readings it stored."""
        for reading in readings:
            self._take(reading)
            if len(self._rows) >= CHUNK:
                yield self._commit()
        yield self._commit()

    def end(self) -> None:
        """Leave nothing standing: what another ward goes on watching must not hang over from this one."""
        for bed in list(self._ward.beds.values()):
            if bed.stay is not None:
                self._ward.vacate(bed, self._now, NURSE)
        self._commit()

    def _take(self, reading: Reading) -> None:
        second = floor_to(reading.recorded_at, SECOND_MS)
        if self._now == 0:
            self._settle(second)
        if second - self._now >= TIME_PASSES_MS:
            self._now = second
            self._ward.pass_time(second)
            self._nurse(second)
        bed = self._ward.bed_by_label(reading.cot)
        if bed is None or bed.stay is None:
            return
        received_at = max(self._now, reading.recorded_at)
        source = self._source(reading.source, reading.origin)
        self._ward.sample(bed, reading.values, reading.recorded_at, received_at, source)
        self._rows.append(VitalsRow(bed.stay.patient.id, source.id, reading.recorded_at, received_at, reading.values))

    def _settle(self, at: int) -> None:
        for stay in self._roster.stays(self._ward.unit.id):
            bed = self._ward.bed(stay.cot.id)
            bed.stay, bed.watch = stay, Watch(limits_by_age(stay.patient, at))

    def _nurse(self, at: int) -> None:
        """Acknowledge what has been heard for a while, as somebody would have done."""
        if at < self._nurse_looks_at:
            return
        self._nurse_looks_at = at + NURSE_LOOKS_MS
        standing = [alarm for bed in self._ward.beds.values() for alarm in bed.watch.alarms]
        for alarm in standing:
            if alarm.presence in ("on", "latched") and at - alarm.announced_at >= _patience_ms(alarm):
                self._ward.acknowledge(alarm.id, at, NURSE)

    def _source(self, name: str, origin: Origin) -> Source:
        key = (name, origin)
        if key not in self._sources:
            self._sources[key] = self._roster.source(name, origin)
        return self._sources[key]

    def _commit(self) -> int:
        tick = self._ward.drain()
        # The ward found the events itself, in order: nothing is to be found again.
        tick.readings, tick.rescans, self._rows = self._rows, [], []
        self._journal.commit(tick)
        return len(tick.readings)


def _patience_ms(alarm: Alarm) -> int:
    """Return after what time somebody comes: soon for a high alarm, and not always equally soon."""
    return (12_000 if alarm.priority == "high" else 45_000) + alarm.id * 7_919 % 30_000


async def fill_gently(past: Past, readings: Iterable[Reading], share: float = 0.25) -> None:
    """Live through a past beside the live ward, with this share of one core; a store that fails ends it."""
    chunks = past.live_through(readings)
    try:
        while True:
            began = perf_counter()
            if await asyncio.to_thread(next, chunks, None) is None:
                break
            took_s = perf_counter() - began
            await asyncio.sleep(took_s * (1 / share - 1))
        await asyncio.to_thread(past.end)
    except StoreUnavailable:
        return


async def recall_events(ward: Ward, chart: Chart) -> None:
    """Let the tiles know of events that were found in a past only after their babies had been settled."""
    for bed in list(ward.beds.values()):
        if bed.stay is not None and bed.event_free.since is None:
            found = await asyncio.to_thread(chart.spells, bed.stay.patient.id)
            if found and bed.event_free.since is None:
                bed.event_free.since, bed.event_free.last_kind = found[0].spell.ended_at, found[0].spell.kind


class Feed:
    """Simulated and replayed monitors: each second what they show now goes through the intake like any device's."""

    def __init__(
        self, intake: Intake, ward: Ward, clock: Clock, players: Sequence[Player], residents: Mapping[str, str]
    ) -> None:
        """`residents` names the baby (MRN) whom each player's cot stands for; its monitor follows it to other cots."""
        self._intake = intake
        self._ward = ward
        self._clock = clock
        self._players = players
        self._residents = residents
        self._waiting: deque[Reading] = deque(maxlen=KEPT_READINGS)

    async def run_forever(self) -> None:
        """Send once a second of this clock."""
        while True:
            at = self._clock.now()
            await self._send(at)
            past_second_ms = self._clock.now() % SECOND_MS
            await self._clock.sleep((SECOND_MS - past_second_ms) / SECOND_MS)

    async def _send(self, at: int) -> None:
        places = {bed.stay.patient.mrn: bed.cot.label for bed in self._ward.beds.values() if bed.stay is not None}
        for reading in (reading for play in self._players for reading in play(at)):
            cot = places.get(self._residents[reading.cot])
            if cot is not None:
                self._waiting.append(reading if cot == reading.cot else replace(reading, cot=cot))
        try:
            await self._intake.receive(list(enumerate(self._waiting)))
        except StoreUnavailable:
            return
        self._waiting.clear()
