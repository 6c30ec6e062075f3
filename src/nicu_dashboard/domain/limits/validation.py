"""Reasons to refuse a set of limits, and what differs between two sets, in plain words."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from nicu_dashboard.domain.limits.model import AlarmLimits, Level, Limit, Rule, Side, Threshold
from nicu_dashboard.domain.vitals import VITALS

# Assumed: a delay longer than a minute is an alarm turned off under another name.
MAX_DELAY_S = 60.0
_OFF = "to silence it, switch the alarm off and give the reason"
# Without these a baby is not watched. Turning an alarm off needs a reason and is logged; leaving its limit out
# would be neither.
ESSENTIAL: tuple[tuple[str, Side], ...] = (
    ("heart_rate", "low"),
    ("heart_rate", "high"),
    ("spo2", "low"),
    ("apnea_duration", "high"),
)

Field = Literal["value", "delay_s", "off_delay_s", "rule", "inclusive"]
Setting = float | bool | Rule | None


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs between two sets of limits; None means it was or is not set."""

    parameter: str
    side: Side
    level: Level | None
    field: Field
    old: Setting
    new: Setting


def faults(limits: AlarmLimits) -> list[str]:
    """Return every reason to refuse these limits as a plain sentence; an empty list means they may be used."""
    return [
        *_missing(limits),
        *_repeated(limits),
        *chain.from_iterable(_limit_faults(limit) for limit in limits.limits),
        *_crossed(limits),
    ]


def changes(old: AlarmLimits, new: AlarmLimits) -> list[Change]:
    """Return each setting that differs, in the order of the old limits and then the added ones."""
    before = {(limit.parameter, limit.side): limit for limit in old.limits}
    after = {(limit.parameter, limit.side): limit for limit in new.limits}
    found: list[Change] = []
    for parameter, side in before | after:
        was, now = _settings(before.get((parameter, side))), _settings(after.get((parameter, side)))
        fields = was | now
        found += [
            Change(parameter, side, level, field, was.get((level, field)), now.get((level, field)))
            for level, field in fields
            if was.get((level, field)) != now.get((level, field))
        ]
    return found


def _settings(limit: Limit | None) -> dict[tuple[Level | None, Field], Setting]:
    if limit is None:
        return {}
    settings: dict[tuple[Level | None, Field], Setting] = {}
    for level, threshold in _thresholds(limit):
        settings[level, "value"] = threshold.value
        settings[level, "delay_s"] = threshold.delay_s
    return settings | {
        (None, "off_delay_s"): limit.off_delay_s,
        (None, "rule"): limit.rule,
        (None, "inclusive"): limit.inclusive,
    }


def _thresholds(limit: Limit) -> Iterator[tuple[Level, Threshold]]:
    if limit.red is not None:
        yield "red", limit.red
    if limit.yellow is not None:
        yield "yellow", limit.yellow


def _name(limit: Limit) -> str:
    return f"{VITALS[limit.parameter].label} {limit.side}"


def _missing(limits: AlarmLimits) -> Iterator[str]:
    for parameter, side in ESSENTIAL:
        limit = limits.get(parameter, side)
        if limit is None or limit.red is None:
            yield f"{VITALS[parameter].label} {side} needs a red limit; {_OFF}."


def _repeated(limits: AlarmLimits) -> Iterator[str]:
    for key, count in Counter(limit.key for limit in limits.limits).items():
        if count > 1:
            yield f"{key} is given {count} times; give it once."


def _limit_faults(limit: Limit) -> Iterator[str]:
    if limit.parameter not in VITALS:
        yield f"{limit.parameter[:40]!r} is not a vital sign we know."
        return
    if limit.red is None and limit.yellow is None:
        yield f"{_name(limit)} has neither a red nor a yellow value; {_OFF}."
    for level, threshold in _thresholds(limit):
        yield from _value_faults(limit, f"{_name(limit)} {level}", threshold.value)
        yield from _delay_faults(f"{_name(limit)} {level} delay", threshold.delay_s)
    yield from _delay_faults(f"{_name(limit)} off-delay", limit.off_delay_s)
    yield from _red_inside_yellow(limit)


def _value_faults(limit: Limit, name: str, value: float) -> Iterator[str]:
    vital = VITALS[limit.parameter]
    if not vital.low <= value <= vital.high:
        yield f"{name} {value:g} is outside the possible {vital.low:g}–{vital.high:g} {vital.unit}."
    elif not limit.inclusive and value == (vital.low if limit.side == "low" else vital.high):
        yield f"{name} {value:g} can never be passed; {_OFF}."


def _delay_faults(name: str, delay_s: float) -> Iterator[str]:
    if not (math.isfinite(delay_s) and 0 <= delay_s <= MAX_DELAY_S):
        yield f"{name} of {delay_s:g} s must be between 0 and {MAX_DELAY_S:g} s."


def _red_inside_yellow(limit: Limit) -> Iterator[str]:
    if limit.red is None or limit.yellow is None:
        return
    red, yellow = limit.red.value, limit.yellow.value
    if limit.side == "low" and not red < yellow:
        yield f"{_name(limit)}: red {red:g} must be below yellow {yellow:g}."
    if limit.side == "high" and not red > yellow:
        yield f"{_name(limit)}: red {red:g} must be above yellow {yellow:g}."


def _crossed(limits: AlarmLimits) -> Iterator[str]:
    for parameter in dict.fromkeys(limit.parameter for limit in limits.limits if limit.parameter in VITALS):
        low, high = limits.get(parameter, "low"), limits.get(parameter, "high")
        if low is None or high is None:
            continue
        lows = [threshold.value for _, threshold in _thresholds(low)]
        highs = [threshold.value for _, threshold in _thresholds(high)]
        if lows and highs and max(lows) >= min(highs):
            yield f"{VITALS[parameter].label}: low {max(lows):g} must be below high {min(highs):g}."
