"""How stored things look on the wire of the REST API."""

from collections.abc import Mapping, Sequence
from typing import Any

from nicu_dashboard.domain.alarms.priority import mark
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.domain.limits import AlarmLimits, Limit, Threshold, effective_reason
from nicu_dashboard.domain.patients import Patient, weeks_and_days
from nicu_dashboard.ports.chart import StoredAlarm, StoredSpell
from nicu_dashboard.ports.roster import Stay
from nicu_dashboard.services.history import Series, Trend
from nicu_dashboard.services.snapshot import alarm_view


def instant(at: int | None) -> str | None:
    """Return an instant as ISO 8601 with Z, None as None."""
    return None if at is None else format_instant(at)


def patient_shape(patient: Patient, stay: Stay | None, at: int) -> dict[str, Any]:
    """Return a baby with its ages at this instant and where it lies."""
    corrected = patient.corrected_days(at)
    return {
        "id": patient.id,
        "mrn": patient.mrn,
        "name": patient.name,
        "sex": patient.sex,
        "born_at": instant(patient.born_at),
        "ga": None if patient.gestation is None else str(patient.gestation),
        "birth_weight_g": patient.birth_weight_g,
        "synthetic": patient.synthetic,
        "pma": patient.pma_text(at),
        "corrected": None if corrected is None else weeks_and_days(corrected),
        "day_of_life": patient.day_of_life(at),
        "admission": None
        if stay is None
        else {"cot_id": stay.cot.id, "cot": stay.cot.label, "admitted_at": instant(stay.began_at)},
    }


def alarm_shape(stored: StoredAlarm) -> dict[str, Any]:
    """Return an alarm of the record."""
    alarm = stored.alarm
    return {
        **alarm_view(alarm, None, stored.cot_id),
        "since": instant(alarm.began_at),
        "announced_at": instant(alarm.announced_at),
        "triggered_at": instant(alarm.raised_at),
        "ended_at": instant(alarm.ended_at),
        "condition_ended_at": instant(stored.condition_ended_at),
        "worst_priority": stored.worst,
        "worst_mark": mark(stored.worst, alarm.kind),
        "status": alarm.status,
        "cot": stored.cot,
        "patient_id": stored.patient_id,
        "mrn": stored.mrn,
        "why": why(stored),
    }


def why(stored: StoredAlarm) -> str:
    """Return the sentence that answers "why did this alarm?"."""
    alarm = stored.alarm
    if alarm.kind == "technical" or alarm.limit is None:
        return f"{alarm.text}: technical alarm of {alarm.priority} priority"
    held = f"for {alarm.delay_s:g} s" if alarm.delay_s else "at once"
    beyond = {"<": "below", "≤": "at or below", ">": "above", "≥": "at or above"}[alarm.comparison or "<"]
    worst = "lowest" if beyond.endswith("below") else "highest"
    profile = f"profile {alarm.profile}, version {alarm.profile_version}"
    return f"{beyond} {alarm.limit:g} {held} ({profile}); {worst} {alarm.extreme:g}"


def spell_shape(stored: StoredSpell) -> dict[str, Any]:
    """Return an A/B/D event with its review."""
    spell = stored.spell
    return {
        "id": stored.id,
        "patient_id": stored.patient_id,
        "cot": stored.cot,
        "kind": spell.kind,
        "started_at": instant(spell.started_at),
        "ended_at": instant(spell.ended_at),
        "duration_s": spell.duration_s,
        "nadir": dict(spell.nadirs),
        "apnea_s": spell.apnea_s,
        "definition": spell.definition_label,
        "review": stored.review,
        "state": stored.state,
        "note": stored.note,
        "reviewed_by": stored.reviewed_by,
        "reviewed_at": instant(stored.reviewed_at),
    }


def limit_shape(limit: Limit, fio2: float | None) -> dict[str, Any]:
    """Return one limit; values in the vital's unit, delays in seconds."""
    return {
        "parameter": limit.parameter,
        "side": limit.side,
        "red": _value(limit.red),
        "yellow": _value(limit.yellow),
        "red_delay_s": _delay(limit.red),
        "yellow_delay_s": _delay(limit.yellow),
        "off_delay_s": limit.off_delay_s,
        "rule": limit.rule,
        "inclusive": limit.inclusive,
        "note": effective_reason(limit, fio2),
    }


def limits_from(rows: Sequence[Mapping[str, Any]], before: AlarmLimits) -> AlarmLimits:
    """Return the limits of a request; fields left out keep what stands, a null value removes that threshold."""
    changed = [_limit_from(row, before) for row in rows]
    return before.replace(*changed)


def _limit_from(row: Mapping[str, Any], before: AlarmLimits) -> Limit:
    old = before.get(row["parameter"], row["side"]) or Limit(row["parameter"], row["side"], None, None)
    return Limit(
        row["parameter"],
        row["side"],
        _threshold(row, "red", old.red),
        _threshold(row, "yellow", old.yellow),
        row["off_delay_s"] if row.get("off_delay_s") is not None else old.off_delay_s,
        old.rule,
        old.inclusive,
    )


def _threshold(row: Mapping[str, Any], level: str, old: Threshold | None) -> Threshold | None:
    value = row[level] if level in row else _value(old)
    delay = row.get(f"{level}_delay_s")
    return None if value is None else Threshold(value, (_delay(old) or 0.0) if delay is None else delay)


def _value(threshold: Threshold | None) -> float | None:
    return None if threshold is None else threshold.value


def _delay(threshold: Threshold | None) -> float | None:
    return None if threshold is None else threshold.delay_s


def trend_shape(trend: Trend) -> dict[str, Any]:
    """Return a trend; arrays carry epoch ms and numbers, with nulls where a gap begins."""
    return {
        "from": trend.from_at,
        "to": trend.to_at,
        "step_ms": trend.tier.step_ms,
        "tier": trend.tier.name,
        "parameters": {name: _columns(series) for name, series in trend.series.items() if series.buckets},
        "gaps": {name: [list(gap) for gap in series.gaps] for name, series in trend.series.items() if series.gaps},
    }


def _columns(series: Series) -> dict[str, list[Any]]:
    """Return the series by column; a null row at the start of each gap lets a chart lift its pen."""
    rows: list[tuple[Any, ...]] = [
        (at, bucket.min, bucket.max, bucket.mean, bucket.n_valid, bucket.n_expected) for at, bucket in series.buckets
    ]
    rows += [(gap[0], None, None, None, 0, 0) for gap in series.gaps]
    rows.sort(key=lambda row: row[0])
    names = ("t", "min", "max", "mean", "n", "expected")
    return {name: [_short(row[place]) for row in rows] for place, name in enumerate(names)}


def _short(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value
