"""From readings to an acknowledgement: find the cot and the baby, step the ward, commit, answer."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.domain.vitals import Origin, Reading
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import Source
from nicu_dashboard.ports.tick import Fate, Quarantined, Refused, StoreUnavailable, VitalsRow
from nicu_dashboard.services.bed import Bed
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.liveness import FUTURE_MS, OFFSET_FLAG_MS, SourceClock
from nicu_dashboard.services.measures import Measures
from nicu_dashboard.services.roster_watch import RosterWatch
from nicu_dashboard.services.stays import MOST_NEW_SOURCES, Stays

# So many rows of the quarantine may one run of the server begin; further cots share one row of their source.
MOST_QUARANTINED = 1_000
FURTHER = "(further cots)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the reading at this index of the message was not taken."""

    index: int
    reason: str


@dataclass(slots=True)
class Receipt:
    """What became of one message, once it is durable; `spooled` of the accepted still wait for the store."""

    accepted: int = 0
    duplicates: int = 0
    spooled: int = 0
    rejected: list[Refusal] = field(default_factory=list)


class Intake:
    """The one door for readings, whatever they came by."""

    def __init__(self, engine: Engine, stays: Stays, watch: RosterWatch, clock: Clock, measures: Measures) -> None:
        self._engine = engine
        self._stays = stays
        self._watch = watch
        self._clock = clock
        self._measures = measures
        # A gateway speaks for many monitors, each with a clock of its own.
        self._clocks: dict[tuple[int, str], SourceClock] = {}
        self._homeless: set[tuple[str, str, str]] = set()

    async def receive(self, readings: Sequence[tuple[int, Reading]], sender: str = "") -> Receipt:
        """Take readings, each with its index in the message; raises StoreUnavailable, and then nothing was kept.

        `sender` is whose key opened the door: it may bring so many new sources and no more.
        """
        received_at = self._clock.now()
        receipt = Receipt()
        readings = self._within_measure(readings, sender, receipt)
        rows: list[VitalsRow] = []
        places: list[int] = []
        store_answers = self._engine.store_failing_since is None
        if store_answers and not all(self._is_placed(reading.cot) for _, reading in readings):
            with suppress(StoreUnavailable):  # the other babies of this message must not wait for it
                await self._watch.sync()
        named = {(reading.source, reading.origin) for _, reading in readings}
        sources = await self._stays.sources(named, store_answers)
        self._observe(readings, sources, received_at)
        for index, reading in sorted(readings, key=lambda item: item[1].recorded_at):
            source = sources[reading.source, reading.origin]
            outcome = self._place(reading, source, received_at)
            if isinstance(outcome, str):
                receipt.rejected.append(Refusal(index, outcome))
            else:
                rows.append(outcome)
                places.append(index)
        if any(source.id < 0 for source in sources.values()):
            with suppress(StoreUnavailable):
                await self._engine.submit()
            raise StoreUnavailable("the store is away and was never told of this source; send it again")
        kept = await self._engine.submit(rows)
        self._count(receipt, list(zip(places, kept.fates, strict=True)))
        return receipt

    def _within_measure(
        self, readings: Sequence[tuple[int, Reading]], sender: str, receipt: Receipt
    ) -> Sequence[tuple[int, Reading]]:
        """Return the readings without those whose source is one new name too many; these are refused by name."""
        refused = self._stays.too_many({(reading.source, reading.origin) for _, reading in readings}, sender)
        if not refused:
            return readings
        reason = (
            f"more than {MOST_NEW_SOURCES:,} new sources from one sender; name the monitor in source, and only that"
        )
        receipt.rejected += [Refusal(index, reason) for index, one in readings if (one.source, one.origin) in refused]
        return [(index, one) for index, one in readings if (one.source, one.origin) not in refused]

    def _count(self, receipt: Receipt, fates: Sequence[tuple[int, Fate | Refused]]) -> None:
        """Fill in what became of the readings handed on; those in the spool are counted when they leave it."""
        receipt.rejected += [Refusal(index, fate.reason) for index, fate in fates if isinstance(fate, Refused)]
        receipt.rejected.sort(key=lambda refusal: refusal.index)
        receipt.duplicates = sum(fate == "duplicate" for _, fate in fates)
        receipt.spooled = sum(fate == "spooled" for _, fate in fates)
        receipt.accepted = sum(not isinstance(fate, Refused) for _, fate in fates) - receipt.duplicates
        self._measures.took(receipt.accepted - receipt.spooled, receipt.duplicates, len(receipt.rejected))

    def offset_ms(self, source_id: int) -> int | None:
        """Return how far a source's clock lies behind ours (the worst of its cots), None when it was not heard yet."""
        return dict(self.offsets()).get(source_id)

    def heard(self, source_id: int) -> int | None:
        """Return when a source was last heard, epoch ms."""
        return self._stays.heard.get(source_id)

    def sources_heard(self) -> int:
        """Return how many sources were heard since the start."""
        return len(self._stays.heard)

    def offsets(self) -> list[tuple[int, int]]:
        """Return source id and clock offset in ms, the worst of its cots, of every source heard."""
        worst: dict[int, int] = {}
        for (source_id, _), clock in list(self._clocks.items()):
            worst[source_id] = max(worst.get(source_id, 0), clock.offset_ms(), key=abs)
        return list(worst.items())

    def _is_placed(self, cot: str) -> bool:
        bed = self._engine.ward.bed_by_label(cot)
        return bed is not None and bed.stay is not None

    def _observe(
        self, readings: Sequence[tuple[int, Reading]], sources: dict[tuple[str, Origin], Source], received_at: int
    ) -> None:
        """Learn each source's clock at each cot from the whole message before judging any part of it."""
        times: dict[tuple[Source, str], list[int]] = {}
        for _, reading in readings:
            ahead = reading.recorded_at - received_at > FUTURE_MS
            if not ahead and self._engine.ward.bed_by_label(reading.cot) is not None:
                times.setdefault((sources[reading.source, reading.origin], reading.cot), []).append(reading.recorded_at)
        for source in sources.values():
            if source.id > 0:
                self._stays.heard[source.id] = received_at
        for (source, cot), recorded in times.items():
            window_ms = max(10_000, int(3_000 * source.interval_s))
            self._clocks.setdefault((source.id, cot), SourceClock(window_ms)).observe(received_at, recorded)

    def _place(self, reading: Reading, source: Source, received_at: int) -> VitalsRow | str:
        """Return the row to store after stepping the ward, or the reason why there is none."""
        ahead_ms = reading.recorded_at - received_at
        if ahead_ms > FUTURE_MS:
            said = format_instant(reading.recorded_at)
            return f"recorded_at {said} is {ahead_ms / 1_000:.0f} s in the future (limit 60 s); set the device's clock"
        bed = self._engine.ward.bed_by_label(reading.cot)
        if bed is None and self._engine.ward.elsewhere(reading.cot) is not None:
            # What another unit's baby measures is not for this unit's eyes: the quarantine keeps that it came.
            self._quarantine(reading, received_at, "cot of another unit", told=False)
            return f"cot {reading.cot[:40]!r} belongs to another unit; send to the server of that unit"
        if bed is None:
            self._quarantine(reading, received_at, "unknown cot")
            return f"unknown cot {reading.cot[:40]!r}; nicu cot add LABEL"
        clock = self._clocks[source.id, bed.cot.label]
        live = clock.is_live(reading.recorded_at, received_at)
        patient_id = self._whose(bed, reading, live)
        if patient_id is None:
            reason = f"no baby lay in cot {reading.cot} at {format_instant(reading.recorded_at)}"
            # The instant stays out of the row's key: a monitor at an empty cot would begin a row each second.
            self._quarantine(reading, received_at, f"no baby lay in cot {reading.cot}")
            return f"{reason}; nicu admit --mrn MRN --cot {reading.cot}"
        self._step(bed, reading, source, received_at, live, patient_id)
        return VitalsRow(patient_id, source.id, reading.recorded_at, received_at, reading.values)

    def _whose(self, bed: Bed, reading: Reading, live: bool) -> int | None:
        if live:
            return None if bed.stay is None else bed.stay.patient.id
        return self._stays.patient_at(bed.cot.id, reading.recorded_at)

    def _step(self, bed: Bed, reading: Reading, source: Source, received_at: int, live: bool, patient_id: int) -> None:
        news = bed.news(source.id, reading.recorded_at, received_at, reading.values) if live else {}
        clock = self._clocks[source.id, bed.cot.label]
        if bed.stay is not None:
            self._engine.ward.second_clock(bed, source, clock.second_clock_ms(received_at), received_at)
        if news:
            self._engine.ward.sample(bed, news, reading.recorded_at, received_at, source)
            self._engine.ward.clock_offset(bed, source, clock.offset_ms(), OFFSET_FLAG_MS, received_at)
        elif not (live and bed.is_known(source.id, reading.recorded_at)):
            self._engine.ward.rescan(patient_id, reading.recorded_at)

    def _quarantine(self, reading: Reading, at: int, reason: str, told: bool = True) -> None:
        """Have a reading kept for people to see, counted by source, cot and reason; invented cots fill no table."""
        cot = reading.cot[:80]
        if (key := (reading.source, cot, reason)) not in self._homeless:
            if len(self._homeless) >= MOST_QUARANTINED:
                cot, reason = FURTHER, "unknown cot"
            else:
                self._homeless.add(key)
        said = {name: str(value) for name, value in reading.values.items()} if told else "not shown here"
        raw = f"{format_instant(reading.recorded_at)} {said}"
        self._engine.ward.quarantine(Quarantined(at, reading.source, cot, reason, raw[:2_000]))
