"""Putting a baby into a bed of the ward's memory with all that is on record: on admission, after a restart."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.machine import resume
from nicu_dashboard.domain.alarms.signals import COUNTERS
from nicu_dashboard.domain.alarms.watch import Off, Pause, Seen, Watch
from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.domain.limits import AlarmLimits, default_profile
from nicu_dashboard.domain.patients import Patient
from nicu_dashboard.domain.vitals import VITALS, Origin
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.limit_book import LimitBook
from nicu_dashboard.ports.roster import Roster, Stay
from nicu_dashboard.ports.tick import AlarmRow, SuspensionRow
from nicu_dashboard.services.bed import Bed, EventFree, Latest
from nicu_dashboard.services.event_free import event_free_on_record
from nicu_dashboard.services.keeper import Keeper
from nicu_dashboard.services.snapshot import INTERMITTENT_SHOWN_MS
from nicu_dashboard.services.stays import Stays
from nicu_dashboard.services.ward import Ward

# What was measured within this time before a restart is expected to go on.
EXPECTED_MS = HOUR_MS
# Added to the name of a profile that was changed for one baby, so that its alarms say so.
OWN = ", own limits"
# A baby in a cot is watched: until its first reading these are missed, so that a technical alarm says so.
AWAITED = ("spo2", "heart_rate")


@dataclass(frozen=True, slots=True)
class Record:
    """What the store knows of a baby that its bed needs."""

    limits: AlarmLimits
    latest: dict[str, Latest]
    source: tuple[Origin, str] | None
    event_free: EventFree


def limits_by_age(patient: Patient, at: int) -> AlarmLimits:
    """Return the default limits for the baby's postmenstrual age at this instant."""
    return default_profile(patient.pma_days(at))


def is_own(limits: AlarmLimits) -> bool:
    """Return whether somebody set these limits for one baby; otherwise they are a profile's and follow the age."""
    return limits.profile.endswith(OWN)


class Settling:
    """Reads in a thread, then changes the ward in the loop's own."""

    def __init__(
        self, ward: Ward, roster: Roster, chart: Chart, book: LimitBook, keeper: Keeper, stays: Stays, clock: Clock
    ) -> None:
        self._ward = ward
        self._roster = roster
        self._chart = chart
        self._book = book
        self._keeper = keeper
        self._stays = stays
        self._clock = clock
        # Held by whoever changes who lies where, in the record or after it: nobody acts on a list that another changes.
        self.one_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        """Fill the whole ward after a start: cots, babies, standing alarms, silences; events are looked for again."""
        cots = await asyncio.to_thread(self._roster.cots)
        self._ward.add_cots(cots)
        await self._stays.refresh(self._ward.beds)
        await self._stays.know_sources()
        alarms = await asyncio.to_thread(self._keeper.journal.open_alarms, self._ward.unit.id)
        silences = await asyncio.to_thread(self._keeper.journal.open_suspensions, self._ward.unit.id)
        alarms, silences = await asyncio.to_thread(self._keeper.standing, alarms, silences)
        for stay in await asyncio.to_thread(self._roster.stays, self._ward.unit.id):
            await self.settle(stay, alarms, silences)
            self._ward.rescan(stay.patient.id, self._clock.now())
        self._close(alarms, silences)
        self._resume_unit([row.alarm for row in alarms if row.cot_id is None])

    def _close(self, alarms: Sequence[AlarmRow], silences: Sequence[SuspensionRow]) -> None:
        """End on record what no bed took over: of a baby who left while nobody watched, or told by a second server."""
        stays = {bed.cot.id: bed.stay for bed in self._ward.beds.values()}
        standing = {alarm.id for bed in self._ward.beds.values() for alarm in bed.watch.alarms}
        left = [row for row in alarms if row.cot_id is not None and row.alarm.id not in standing]
        self._ward.close(left, [row for row in silences if not _of(stays.get(row.cot_id), row)], self._clock.now())

    async def settle(
        self,
        stay: Stay,
        alarms: Sequence[AlarmRow] = (),
        silences: Sequence[SuspensionRow] = (),
    ) -> Bed:
        """Put one baby into its bed; `alarms` and `silences` are those that stood before a restart."""
        at = self._clock.now()
        record = await asyncio.to_thread(self._record, stay.patient, at)
        bed = self._ward.bed(stay.cot.id)
        bed.stay, bed.latest, bed.event_free = stay, record.latest, record.event_free
        seen_before = [name for name, seen in record.latest.items() if _expected(name, seen, at)]
        # Until it is heard again: values of no real baby must be known for that from the first picture on.
        bed.origin, bed.source = record.source or (None, None)
        bed.unheard = not seen_before
        expected = seen_before or AWAITED
        standing = [row.alarm for row in alarms if _of(stay, row)]
        watch = resume(record.limits, standing, expected, at)
        # What is measured now and then holds over a restart: the upper SpO2 limit follows the FiO2 on record.
        known = {
            name: Seen(seen.value, seen.received_at, at) for name, seen in record.latest.items() if _now_and_then(name)
        }
        watch = replace(watch, seen={**watch.seen, **known})
        bed.watch = _silenced(watch, [row for row in silences if _of(stay, row)], at)
        return bed

    def _resume_unit(self, standing: Sequence[Alarm]) -> None:
        at = self._clock.now()
        self._ward.unit_watch = resume(self._ward.unit_watch.limits, standing, (), at)
        for alarm in standing:
            self._ward.fault_over(alarm.key, at)

    def _record(self, patient: Patient, at: int) -> Record:
        own = self._book.current([patient.id]).get(patient.id)
        limits = own.limits if own is not None and is_own(own.limits) else limits_by_age(patient, at)
        source = self._chart.last_source(patient.id, at - INTERMITTENT_SHOWN_MS)
        return Record(limits, self._latest(patient.id, at), source, event_free_on_record(self._chart, patient.id, at))

    def _latest(self, patient_id: int, at: int) -> dict[str, Latest]:
        known = self._chart.last_known(patient_id, at - INTERMITTENT_SHOWN_MS)
        return {name: Latest(value, recorded_at, recorded_at) for name, (recorded_at, value) in known.items()}


def _of(stay: Stay | None, row: AlarmRow | SuspensionRow) -> bool:
    """Return whether this is of the baby who lies there now: never may one inherit the silences of the one before."""
    if stay is None or row.cot_id != stay.cot.id or row.patient_id != stay.patient.id:
        return False
    return (row.alarm.raised_at if isinstance(row, AlarmRow) else row.began_at) >= stay.began_at


def _now_and_then(name: str) -> bool:
    return VITALS[name].intermittent


def _expected(name: str, seen: Latest, at: int) -> bool:
    return not _now_and_then(name) and name not in COUNTERS and at - seen.received_at <= EXPECTED_MS


def _silenced(watch: Watch, silences: Sequence[SuspensionRow], at: int) -> Watch:
    for row in silences:
        if row.kind == "off":
            off = Off(row.scope, row.began_at, row.reason or "", row.by, at)
            watch = replace(watch, off={**watch.off, row.scope: off})
        elif row.until_at is not None:
            pause = Pause(row.began_at, row.until_at, row.by)
            watch = (
                replace(watch, audio_pause=pause) if row.kind == "audio_pause" else replace(watch, alarm_pause=pause)
            )
    return watch
