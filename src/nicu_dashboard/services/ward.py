"""The supervisor: steps every cot's alarm machine and event detector in memory and collects what must be stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nicu_dashboard.domain.alarms import events
from nicu_dashboard.domain.alarms.alarm import Alarm, withdrawn
from nicu_dashboard.domain.alarms.effects import Changed, Effect, Reminded, Suspended, SuspensionEnded
from nicu_dashboard.domain.alarms.machine import step
from nicu_dashboard.domain.alarms.priority import Priority
from nicu_dashboard.domain.alarms.signals import quiet_until
from nicu_dashboard.domain.alarms.watch import Watch
from nicu_dashboard.domain.errors import LateReading
from nicu_dashboard.domain.patients import Cot, Unit
from nicu_dashboard.domain.spells import DEFINITIONS, Spell, SpellDetector
from nicu_dashboard.domain.vitals import VITALS, Measured
from nicu_dashboard.ports.notifier import Notifier
from nicu_dashboard.ports.roster import NotFound, Source
from nicu_dashboard.ports.tick import AlarmRow, AuditEntry, Quarantined, Rescan, SpellRow, SuspensionRow, Tick
from nicu_dashboard.services.bed import NOBODY, Bed, EventFree

# How far on both sides of a late reading its events are found again.
RESCAN_MS = 5 * 60_000
# After this much silence the event detector is told that time has passed.
SILENCE_MS = 15_000
CLOCK_OFFSET, SECOND_CLOCK = "clock_offset", "second_clock"
# So long a source's clock counts after it was last heard.
CLOCK_KEPT_MS = 60_000


class Ward:
    """One unit's cots; everything happens in one thread and nothing here waits."""

    def __init__(self, unit: Unit, ids: Iterator[int], notifier: Notifier, definition: str) -> None:
        self.unit = unit
        self.beds: dict[int, Bed] = {}
        self.unit_watch = Watch(NOBODY)
        self._ids = ids
        self._notifier = notifier
        self._definition = definition
        self.raised = 0
        self._tick = Tick()
        self._by_label: dict[str, Bed] = {}
        self._elsewhere: dict[str, int] = {}

    def take_name(self, units: Sequence[Unit]) -> None:
        """Follow the name that the record gives this unit."""
        self.unit = next((unit for unit in units if unit.id == self.unit.id), self.unit)

    def add_cots(self, cots: Sequence[Cot]) -> None:
        """Make room for cots not known yet; those of another unit are known by label alone."""
        for cot in cots:
            if cot.unit_id != self.unit.id:
                self._elsewhere[cot.label] = cot.unit_id
                continue
            bed = self.beds.setdefault(cot.id, Bed(cot))
            self._by_label[cot.label] = bed

    def bed(self, cot_id: int) -> Bed:
        """Return the cot's bed; raises NotFound."""
        bed = self.beds.get(cot_id)
        if bed is None:
            raise NotFound(f"there is no cot with id {cot_id}; GET /api/cots lists them")
        return bed

    def bed_by_label(self, label: str) -> Bed | None:
        """Return the bed with this label, None when there is none."""
        return self._by_label.get(label)

    def elsewhere(self, label: str) -> int | None:
        """Return the other unit in which a cot of this label stands, None when it stands in none."""
        return self._elsewhere.get(label)

    def bed_of(self, patient_id: int) -> Bed | None:
        """Return where this baby lies, None when not admitted."""
        return next((bed for bed in self.beds.values() if bed.stay and bed.stay.patient.id == patient_id), None)

    def sample(
        self, bed: Bed, values: Mapping[str, Measured], recorded_at: int, received_at: int, source: Source
    ) -> None:
        """A live, newer reading: judge it, look for events, keep it for the tile."""
        bed.note(values, recorded_at, received_at, source)
        if bed.event_free.watched_from is None:
            bed.event_free.watched_from = received_at
        if bed.unheard:
            self._first_heard(bed, values)
        self._step(bed, events.Sampled(received_at, values, int(source.interval_s * 1_000)))
        if bed.stay is None:
            return
        if bed.detector is None:
            bed.detector = SpellDetector(DEFINITIONS[self._definition], int(source.interval_s * 1_000))
        try:
            self._found(bed, bed.detector.take(recorded_at, values), received_at)
        except LateReading:
            self.rescan(bed.stay.patient.id, recorded_at)

    def _first_heard(self, bed: Bed, values: Mapping[str, Measured]) -> None:
        """From the first reading on only what the source sends is missed when it falls silent."""
        bed.unheard = False
        kept = {name: seen for name, seen in bed.watch.seen.items() if name in values or VITALS[name].intermittent}
        bed.watch = replace(bed.watch, seen=kept)

    def vacate(self, bed: Bed, at: int, by: str) -> None:
        """The baby leaves: its alarms are withdrawn, its runs end, and the cot forgets it."""
        if bed.detector is not None:
            self._found(bed, bed.detector.finish(), at)
        self._step(bed, events.Left(at, by))
        self.beds[bed.cot.id] = self._by_label[bed.cot.label] = Bed(bed.cot)

    def close(self, alarms: Sequence[AlarmRow], silences: Sequence[SuspensionRow], at: int) -> None:
        """End on record what no bed watches any more."""
        for row in alarms:
            ended, change = withdrawn(row.alarm, at, "the baby left the cot")
            self._tick.alarms.append(replace(row, alarm=ended))
            self._tick.transitions.append(change)
        self._tick.suspensions += [replace(row, ended_at=at, ended_by="system") for row in silences]

    def rescan(self, patient_id: int, recorded_at: int) -> None:
        """A reading came late: have the events around it found again from what is stored."""
        bed = self.bed_of(patient_id)
        if bed is not None:
            bed.late_at = max(recorded_at, bed.late_at or 0)
        self._find_again(patient_id, recorded_at)

    def _find_again(self, patient_id: int, recorded_at: int) -> None:
        window = Rescan(patient_id, recorded_at - RESCAN_MS, recorded_at + RESCAN_MS)
        for index, known in enumerate(self._tick.rescans):
            if known.patient_id == patient_id and window.from_at <= known.to_at and known.from_at <= window.to_at:
                joined = Rescan(patient_id, min(known.from_at, window.from_at), max(known.to_at, window.to_at))
                self._tick.rescans[index] = joined
                return
        self._tick.rescans.append(window)

    def pass_time(self, at: int) -> bool:
        """Let time pass everywhere; return whether any alarm changed."""
        before = len(self._tick.transitions)
        for bed in self.beds.values():
            if bed.stay is not None:
                if at >= quiet_until(bed.watch):
                    self._step(bed, events.Ticked(at))
                self._close_runs(bed, at)
        self._step_unit(events.Ticked(at))
        return len(self._tick.transitions) != before

    def _close_runs(self, bed: Bed, at: int) -> None:
        """A silent source ends the runs under way, by its own clock carried on."""
        if bed.detector is not None and bed.heard_at is not None and at - bed.heard_at > SILENCE_MS:
            self._found(bed, bed.detector.pass_time(bed.recorded_at + at - bed.heard_at), at)

    def act(self, cot_id: int, event: events.Event) -> None:
        """Carry a person's act or a fault to one cot; may raise NotFound or PauseRefused."""
        self._step(self.bed(cot_id), event)

    def acknowledge(self, alarm_id: int, at: int, by: str) -> Alarm:
        """Acknowledge a standing alarm and return it as it was left; raises NotFound when it has ended."""
        event = events.Acknowledged(at, alarm_id, by)
        for bed in self.beds.values():
            if any(alarm.id == alarm_id for alarm in bed.watch.alarms):
                return self._acknowledged(self._step(bed, event), bed.watch, alarm_id)
        if any(alarm.id == alarm_id for alarm in self.unit_watch.alarms):
            return self._acknowledged(self._step_unit(event), self.unit_watch, alarm_id)
        raise NotFound(f"alarm {alarm_id} does not stand any more; GET /api/alarms/{alarm_id} shows its end")

    @staticmethod
    def _acknowledged(effects: Sequence[Effect], watch: Watch, alarm_id: int) -> Alarm:
        changed = [effect.alarm for effect in effects if isinstance(effect, Changed) and effect.alarm.id == alarm_id]
        standing = [alarm for alarm in watch.alarms if alarm.id == alarm_id]
        return (changed or standing)[-1]

    def fault(self, key: str, text: str, priority: Priority, at: int) -> None:
        """Raise a technical alarm of the whole unit."""
        self._step_unit(events.FaultBegan(at, key, text, priority))

    def fault_over(self, key: str, at: int) -> None:
        """Clear it."""
        if key in self.unit_watch.conditions:
            self._step_unit(events.FaultEnded(at, key))

    def audit(self, entry: AuditEntry) -> None:
        """Have a person's act stored in the same transaction as what it changed."""
        self._tick.audit.append(entry)

    def quarantine(self, message: Quarantined) -> None:
        """Have a message that belongs to no baby kept for people to see."""
        self._tick.quarantined.append(replace(message, unit_id=self.unit.id))

    def clock_offset(self, bed: Bed, source: Source, offset_ms: int, flag_ms: int, at: int) -> None:
        """Flag the device here whose clock is off most, by more than flag_ms; it stays live, at its own time."""
        bed.clocks[source.id] = at, offset_ms
        worst = max((offset for heard_at, offset in bed.clocks.values() if at - heard_at <= CLOCK_KEPT_MS), key=abs)
        if abs(worst) > flag_ms:
            way = "behind" if worst > 0 else "ahead"
            self._step(bed, events.FaultBegan(at, CLOCK_OFFSET, f"Device clock {_span(abs(worst))} {way}", "low"))
        elif CLOCK_OFFSET in bed.watch.conditions:
            self._step(bed, events.FaultEnded(at, CLOCK_OFFSET))

    def second_clock(self, bed: Bed, source: Source, behind_ms: int | None, at: int) -> None:
        """Name a source under which two devices speak for this cot: what the slower says is stored and never shown."""
        key = f"{SECOND_CLOCK}:{source.id}"
        if behind_ms is not None:
            text = f"{source.name[:40]}: two clocks, {_span(behind_ms)} apart"
            self._step(bed, events.FaultBegan(at, key, text, "low"))
        elif key in bed.watch.conditions:
            self._step(bed, events.FaultEnded(at, key))

    def drain(self) -> Tick:
        """Return what is to be stored and start afresh."""
        tick, self._tick = self._tick, Tick()
        return tick

    def _step(self, bed: Bed, event: events.Event) -> Sequence[Effect]:
        bed.watch, effects = step(bed.watch, event, self._ids)
        patient_id = None if bed.stay is None else bed.stay.patient.id
        for effect in effects:
            self._carry_out(effect, bed, patient_id)
        return effects

    def _step_unit(self, event: events.Event) -> Sequence[Effect]:
        self.unit_watch, effects = step(self.unit_watch, event, self._ids)
        for effect in effects:
            if isinstance(effect, Changed):
                self._tick.alarms.append(AlarmRow(self.unit.id, None, None, effect.alarm))
                self._tick.transitions.append(effect.transition)
        return effects

    def _carry_out(self, effect: Effect, bed: Bed, patient_id: int | None) -> None:
        match effect:
            case Changed(alarm, transition, _):
                self._tick.alarms.append(AlarmRow(self.unit.id, bed.cot.id, patient_id, alarm))
                self._tick.transitions.append(transition)
                self.raised += transition.trigger == "raised"
                if transition.trigger == "escalated":
                    self._notifier.escalated(bed.cot.label, alarm)
            case Suspended(kind, scope, began_at, until_at, reason, by):
                row = SuspensionRow(bed.cot.id, patient_id, kind, scope, began_at, until_at, reason, by)
                self._tick.suspensions.append(row)
            case SuspensionEnded(kind, scope, began_at, ended_at, by):
                row = SuspensionRow(bed.cot.id, patient_id, kind, scope, began_at, None, None, by, ended_at, by)
                self._tick.suspensions.append(row)
            case Reminded(at, scope, _, reason):
                subject = f"cot {bed.cot.label}"
                note = {"scope": scope, "reason": reason}
                self.audit(AuditEntry(at, "system", "system", "alarms.off.reminded", subject, patient_id, note))

    def _found(self, bed: Bed, spells: Sequence[Spell], at: int) -> None:
        for spell in spells:
            if bed.stay is None:
                continue
            self._tick.spells.append(SpellRow(bed.stay.patient.id, bed.cot.id, spell))
            bed.event_free = EventFree(spell.ended_at, spell.kind, bed.event_free.watched_from, at)
            # The detector never saw what came late: the stored readings may tell another beginning.
            if bed.late_at is not None and spell.started_at - RESCAN_MS <= bed.late_at:
                self._find_again(bed.stay.patient.id, spell.started_at)


def _span(ms: int) -> str:
    """Return a length of time in its largest whole unit: 3 min, 2 h, 731 d."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if ms >= size:
            return f"{ms // size} {unit}"
    return f"{ms // 1_000} s"
