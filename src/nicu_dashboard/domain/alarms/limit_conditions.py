"""Conditions of limits: how a value, its absence and the passing of time raise, worsen, hold and clear an alarm."""

from dataclasses import replace

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.priority import Priority, rank
from nicu_dashboard.domain.alarms.transitions import Trigger
from nicu_dashboard.domain.alarms.turn import Turn
from nicu_dashboard.domain.alarms.watch import Condition
from nicu_dashboard.domain.alarms.wording import limit_text
from nicu_dashboard.domain.limits import Level, Limit, Threshold

_PRIORITY: dict[Level, Priority] = {"red": "high", "yellow": "medium"}


def take_value(turn: Turn, limit: Limit, value: float, resumed: bool) -> None:
    """Judge one valid value against one limit; `resumed` = the signal was away before this value."""
    condition = turn.conditions.get(limit.key)
    level = limit.violated_by(value)
    if condition is None:
        if level is None:
            return
        condition = Condition(limit.key)
    condition = _with_value(_counted(condition, level, turn.at, resumed), limit, value, level)
    if resumed and level is not None and condition.alarm is not None:
        condition = turn.move(condition, condition.alarm, "resumed")
    settle(turn, limit, condition)


def take_within(turn: Turn, key: str) -> None:
    """A limit that no longer applies (FiO2 is room air now) counts as kept from now on."""
    condition = turn.conditions.get(key)
    if condition is not None:
        turn.keep(_counted(condition, None, turn.at, resumed=False))


def take_absence(turn: Turn, key: str) -> None:
    """The device says there is no value: a running delay ends, a standing alarm is held until one comes."""
    condition = turn.conditions.get(key)
    if condition is None:
        return
    alarm = condition.alarm
    held = None if alarm is None else replace(alarm, held=alarm.presence in ("on", "ack"))
    turn.keep(Condition(key, absent=True, alarm=held))


def take_silence(turn: Turn, limit: Limit) -> None:
    """The signal fell silent without a word. A red violation that was waiting for its delay is announced now: the last
    that is known of the baby is an emergency, and nothing more will come to confirm or deny it.
    """
    condition = turn.conditions.get(limit.key)
    if condition is not None and not condition.absent:
        if condition.red_since is not None:
            turn.keep(_rise(turn, limit, condition, waited=True))
        take_absence(turn, limit.key)


def settle(turn: Turn, limit: Limit, condition: Condition) -> None:
    """Let the delays of one condition run up to now: raise, worsen, ease, clear as they are due."""
    condition = _rise(turn, limit, condition)
    if condition.alarm is not None and not condition.absent:
        condition = _fall(turn, limit, condition, condition.alarm)
    turn.keep(condition)


def _counted(condition: Condition, level: Level | None, at: int, resumed: bool) -> Condition:
    """Return the condition with its unbroken times counted on; a gap in the signal starts them anew."""
    if resumed:
        condition = replace(condition, red_since=None, yellow_since=None, normal_since=None, eased_since=None)
    return replace(
        condition,
        red_since=_since(condition.red_since, at, level == "red"),
        yellow_since=_since(condition.yellow_since, at, level is not None),
        normal_since=_since(condition.normal_since, at, level is None),
        eased_since=_since(condition.eased_since, at, level != "red"),
        absent=False,
    )


def _since(before: int | None, at: int, holds: bool) -> int | None:
    if not holds:
        return None
    return at if before is None else before


def _with_value(condition: Condition, limit: Limit, value: float, level: Level | None) -> Condition:
    """Return the condition whose alarm shows this value and the worst one so far; a latched alarm keeps its worst."""
    alarm = condition.alarm
    if alarm is None:
        return condition
    if level is None:
        return replace(condition, alarm=replace(alarm, value=value, held=False))
    threshold = limit.threshold(level)
    shown = alarm.limit if threshold is None else threshold.value
    worst = value if alarm.extreme is None else (min if limit.side == "low" else max)(alarm.extreme, value)
    text = limit_text(limit.parameter, value, limit.comparison, shown)
    return replace(condition, alarm=replace(alarm, value=value, limit=shown, extreme=worst, text=text, held=False))


def _due(limit: Limit, condition: Condition, at: int, waited: bool) -> tuple[Level, Threshold, int] | None:
    """Return the worst level whose on-delay has passed (or need not), with its threshold and when it began."""
    since: dict[Level, int | None] = {"red": condition.red_since, "yellow": condition.yellow_since}
    for level, began_at in since.items():
        threshold = limit.threshold(level)
        if began_at is None or threshold is None:
            continue
        if waited or at - began_at >= threshold.delay_s * 1_000:
            return level, threshold, began_at
    return None


def _rise(turn: Turn, limit: Limit, condition: Condition, waited: bool = False) -> Condition:
    due = _due(limit, condition, turn.at, waited)
    if due is None or turn.watch.alarm_pause is not None or turn.watch.is_off(limit.key):
        return condition
    level, threshold, since = due
    alarm = condition.alarm
    if alarm is None:
        return turn.move(condition, _new_alarm(turn, limit, threshold, level, since), "raised")
    trigger: Trigger = "recurred" if alarm.presence == "latched" else "worsened"
    worse = rank(_PRIORITY[level]) > rank(alarm.priority)
    if alarm.presence != "latched" and not worse:
        return condition
    priority = _PRIORITY[level] if worse else alarm.priority
    grown = replace(alarm, priority=priority, limit=threshold.value, delay_s=threshold.delay_s)
    return turn.move(condition, grown, trigger)


def _new_alarm(turn: Turn, limit: Limit, threshold: Threshold, level: Level, since: int) -> Alarm:
    value = turn.watch.seen[limit.parameter].value
    return Alarm(
        id=next(turn.ids),
        key=limit.key,
        kind="limit",
        priority=_PRIORITY[level],
        presence="off",
        text=limit_text(limit.parameter, value, limit.comparison, threshold.value),
        began_at=since,
        raised_at=turn.at,
        announced_at=turn.at,
        parameter=limit.parameter,
        comparison=limit.comparison,
        value=value,
        limit=threshold.value,
        delay_s=threshold.delay_s,
        profile=turn.watch.limits.profile,
        profile_version=turn.watch.limits.version,
        extreme=value,
    )


def _fall(turn: Turn, limit: Limit, condition: Condition, alarm: Alarm) -> Condition:
    patience = limit.off_delay_s * 1_000
    if condition.normal_since is not None and turn.at - condition.normal_since >= patience:
        return turn.move(condition, alarm, "cleared")
    calmer = (
        condition.eased_since is not None and alarm.priority == "high" and turn.at - condition.eased_since >= patience
    )
    if calmer and alarm.presence == "ack" and limit.yellow is not None:
        return turn.move(condition, replace(alarm, priority="medium"), "eased")
    return condition
