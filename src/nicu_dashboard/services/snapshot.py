"""The full state of a unit as every screen gets it; the shape is documented in docs/reference/stream.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.priority import rank
from nicu_dashboard.domain.alarms.signals import COUNTERS
from nicu_dashboard.domain.alarms.watch import Seen, Watch
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from nicu_dashboard.domain.patients import Patient, initials, short_name
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.services.bed import Bed
from nicu_dashboard.services.ward import Ward

# An intermittent value (cuff pressure, weight) is shown with its time for this long, then it is history.
INTERMITTENT_SHOWN_MS = 12 * HOUR_MS
DAYS_NEEDED = 7
# Ages and event-free days grow at midnight: a view is looked at again at least this often.
KEPT_MS = MINUTE_MS


@dataclass(frozen=True, slots=True)
class _Kept:
    """One cot as it was written last: from what, until when it reads the same if nothing happens, and how."""

    state: tuple[Any, ...]
    until: int
    written: Any


class SnapshotBuilder:
    """Builds the mapping that is encoded once per snapshot; instants in epoch ms."""

    def __init__(
        self,
        ward: Ward,
        mode: str,
        surroundings: Callable[[], Mapping[str, Any]],
        write: Callable[[Mapping[str, Any]], Any],
    ) -> None:
        """`write` turns one cot's view into what is kept and put into each snapshot until that cot changes."""
        self._ward = ward
        self._mode = mode
        self._surroundings = surroundings
        self._write = write
        self._kept: dict[int, _Kept] = {}

    def build(self, seq: int, at: int) -> Mapping[str, Any]:
        """Return the snapshot of this moment."""
        ward = self._ward
        beds = sorted(ward.beds.values(), key=lambda bed: bed.cot.position)
        return {
            "seq": seq,
            "at": at,
            "unit": {"id": ward.unit.id, "name": ward.unit.name},
            "mode": self._mode,
            **self._surroundings(),
            "alarms": [alarm_view(alarm, ward.unit_watch, None) for alarm in worst_first(ward.unit_watch.alarms)],
            "cots": [self._written(bed, at) for bed in beds],
        }

    def _written(self, bed: Bed, at: int) -> Any:
        """Return one cot's view, written anew only when it reads differently: most cots are quiet at any moment."""
        state, kept = _state(bed), self._kept.get(bed.cot.id)
        if kept is None or not at < kept.until or kept.state != state:
            kept = self._kept[bed.cot.id] = _Kept(state, _same_until(bed, at), self._write(bed_view(bed, at)))
        return kept.written


def worst_first(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Return alarms by urgency: priority, the baby before the technique, the longest standing first."""
    return sorted(alarms, key=lambda alarm: (-rank(alarm.priority), alarm.kind == "technical", alarm.began_at))


def alarm_view(alarm: Alarm, watch: Watch | None, cot_id: int | None) -> dict[str, Any]:
    """Return an alarm as the wire carries it; without a watch (history) it does not sound."""
    profile = None if alarm.profile is None else f"{alarm.profile} v{alarm.profile_version}"
    return {
        "id": alarm.id,
        "cot_id": cot_id,
        "key": alarm.key,
        "kind": alarm.kind,
        "parameter": alarm.parameter,
        "priority": alarm.priority,
        "presence": alarm.presence,
        "mark": alarm.mark,
        "text": alarm.text,
        "value": alarm.value,
        "limit": alarm.limit,
        "comparison": alarm.comparison,
        "delay_s": alarm.delay_s,
        "profile": profile,
        "since": alarm.began_at,
        "announced_at": alarm.announced_at,
        "extreme": alarm.extreme,
        "sounding": watch is not None and watch.sounds(alarm),
        "escalated": alarm.escalated_at is not None,
        "acknowledged_by": alarm.acknowledged_by,
        "held": alarm.held,
    }


def bed_view(bed: Bed, at: int) -> dict[str, Any]:
    """Return one cot as the wire carries it."""
    values, measured_at, missing = _numbers(bed, at)
    return {
        "id": bed.cot.id,
        "label": bed.cot.label,
        "position": bed.cot.position,
        "baby": None if bed.stay is None else baby_view(bed.stay.patient, at),
        "origin": bed.origin,
        "source": bed.source,
        "last_at": bed.heard_at,
        "values": values,
        "missing": missing,
        "measured_at": measured_at,
        "flags": _flags(bed.watch),
        "alarms": [alarm_view(alarm, bed.watch, bed.cot.id) for alarm in worst_first(bed.watch.alarms)],
        "event_free": _event_free(bed, at),
        "in_target": bed.in_target,
    }


def _state(bed: Bed) -> tuple[Any, ...]:
    """Return all that bed_view reads of a bed, to be compared; parts that did not change are the same objects."""
    watch, free = bed.watch, bed.event_free
    silences = (watch.audio_pause, watch.alarm_pause, watch.off)
    heard = (bed.origin, bed.source, bed.heard_at, dict(bed.latest))
    counted = (free.since, free.last_kind, free.watched_from, bed.in_target)
    return bed.cot, bed.stay, heard, watch.seen, watch.conditions, silences, counted


def _same_until(bed: Bed, at: int) -> int:
    """Return the instant from which a bed reads differently by the passing of time alone."""
    return min([at + KEPT_MS, *(change for change in _changes(bed) if change > at)])


def _changes(bed: Bed) -> Iterator[int]:
    """Yield when each value turns stale, then lost, or is no longer shown."""
    for seen in bed.watch.seen.values():
        yield seen.at + seen.stale_ms + 1
        yield seen.at + seen.lost_ms
    for latest in bed.latest.values():
        yield latest.received_at + INTERMITTENT_SHOWN_MS + 1


def baby_view(patient: Patient, at: int) -> dict[str, Any]:
    """Return who lies there; a baby without a name is known by its MRN."""
    name = patient.name or f"MRN {patient.mrn}"
    return {
        "patient_id": patient.id,
        "name": name,
        "short": short_name(name) if patient.name else name,
        "initials": initials(name) if patient.name else "–",
        "sex": patient.sex,
        "pma": patient.pma_text(at),
        "day_of_life": patient.day_of_life(at),
        "ga": None if patient.gestation is None else str(patient.gestation),
    }


def _numbers(bed: Bed, at: int) -> tuple[dict[str, float], dict[str, int], dict[str, tuple[str, int]]]:
    """Return what is valid now, when the intermittent values were measured, and what is missing with its reason."""
    values: dict[str, float] = {}
    measured_at: dict[str, int] = {}
    missing: dict[str, tuple[str, int]] = {}
    for name, latest in bed.latest.items():
        if VITALS[name].intermittent and at - latest.received_at <= INTERMITTENT_SHOWN_MS:
            values[name], measured_at[name] = _plain(latest.value), latest.recorded_at
    for name, seen in bed.watch.seen.items():
        if VITALS[name].intermittent:
            continue
        age = at - seen.at
        if seen.value is not None and age <= seen.stale_ms:
            values[name] = _plain(seen.value)
        elif name not in COUNTERS:
            missing[name] = _why(seen, age)
    return values, measured_at, missing


def _why(seen: Seen, age: int) -> tuple[str, int]:
    if seen.reason is not None:
        return seen.reason, seen.absent_since or seen.at
    return ("lost" if age >= seen.lost_ms else "stale"), seen.at


def _plain(value: float) -> float:
    return int(value) if value == int(value) else round(value, 3)


def _flags(watch: Watch) -> dict[str, Any]:
    return {
        "audio_paused_until": None if watch.audio_pause is None else watch.audio_pause.until_at,
        "alarms_paused_until": None if watch.alarm_pause is None else watch.alarm_pause.until_at,
        "off": [
            {"scope": off.scope, "reason": off.reason, "by": off.by, "since": off.since} for off in watch.off.values()
        ],
    }


def _event_free(bed: Bed, at: int) -> dict[str, Any]:
    """Return the days without a qualifying event, counted from the last one or from the first reading."""
    since = bed.event_free.since
    start = since if since is not None else bed.event_free.watched_from
    days = 0 if start is None else max(0, at - start) // DAY_MS
    return {"since": since, "days": days, "needed": DAYS_NEEDED, "last_kind": bed.event_free.last_kind}
