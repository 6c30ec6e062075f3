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
    """Count one valid value for or against one limit; `resumed` = the signal was lost before this value."""
    condition = turn.conditions.get(limit.key)
    level = limit.violated_by(value)
    if condition is None:
        if level is None:
            return
        condition = Condition(limit.key)
    condition = _with_value(_counted(condition, level, turn.at, resumed), limit, value, level)
    if resumed and level is not None and condition.alarm is not None:
        condition = turn.move(condition, condition.alarm, "resumed")
    turn.keep(condition)


def take_within(turn: Turn, key: str) -> None:
    """A limit that no longer applies (FiO2 is room air now) counts as kept from now on."""
    condition = turn.conditions.get(key)
    if condition is not None:
        alarm = None if condition.alarm is None else replace(condition.alarm, held=False)
        turn.keep(replace(_counted(condition, None, turn.at, resumed=False), alarm=alarm))


def take_absence(turn: Turn, key: str) -> None:
    """There is no value just now: nothing is decided until one comes, and no run is broken by so little."""
    condition = turn.conditions.get(key)
    if condition is not None and not condition.absent:
        turn.keep(replace(condition, absent=True, alarm=_held(condition.alarm)))


def take_loss(turn: Turn, limit: Limit, explained: bool) -> None:
    """The signal is lost: a running delay ends, a standing alarm is held until a value comes. A red violation that was
    waiting for its delay is announced now unless the loss is explained (the probe is off): the last that is known of
    the baby is an emergency, and nothing more will come to confirm or deny it. Alarms paused or off let it wait.
    """
    condition = turn.conditions.get(limit.key)
    if condition is None or (condition.absent and not condition.counting):
        return
    if condition.red_since is not None and not explained:
        condition = _rise(turn, limit, condition, waited=True)
        if condition.alarm is None:
            turn.keep(replace(condition, absent=True))
            return
    answered = condition.unanswered_since
    turn.keep(Condition(limit.key, absent=True, unanswered_since=answered, alarm=_held(condition.alarm)))


def end_condition(turn: Turn, key: str, note: str) -> None:
    """The condition is over whatever was counted; a high alarm that nobody saw stays latched."""
    condition = turn.conditions.get(key)
    if condition is not None and condition.alarm is not None:
        condition = turn.move(condition, condition.alarm, "cleared", note=note)
    turn.keep(Condition(key, alarm=None if condition is None else condition.alarm))


def forget_answered(turn: Turn, key: str) -> None:
    """The parameter is not measured any more: an alarm that a person has acknowledged waits for nothing and ends."""
    condition = turn.conditions.get(key)
    if condition is not None and condition.alarm is not None and condition.alarm.presence == "ack":
        turn.keep(turn.move(condition, condition.alarm, "cleared", note="not measured any more"))


def settle(turn: Turn, limit: Limit, condition: Condition, fresh: bool) -> None:
    """Let the delays of one condition run up to now: raise or worsen, and on a fresh value also ease or clear."""
    condition = _rise(turn, limit, condition)
    if fresh and condition.alarm is not None:
        condition = _fall(turn, limit, condition, condition.alarm)
    turn.keep(condition)


def _held(alarm: Alarm | None) -> Alarm | None:
    return None if alarm is None else replace(alarm, held=alarm.presence in ("on", "ack"))


def _counted(condition: Condition, level: Level | None, at: int, resumed: bool) -> Condition:
    """Return the condition with its unbroken times counted on; a lost signal starts them anew."""
    old = Condition(condition.key) if resumed else condition
    return replace(
        condition,
        red_since=_since(old.red_since, at, level == "red"),
        yellow_since=_since(old.yellow_since, at, level is not None),
        normal_since=_since(old.normal_since, at, level is None),
        eased_since=_since(old.eased_since, at, level != "red"),
        absent=False,
    )


def _since(before: int | None, at: int, holds: bool) -> int | None:
    if not holds:
        return None
    return at if before is None else before


def _with_value(condition: Condition, limit: Limit, value: float, level: Level | None) -> Condition:
    """Return the condition with the worst value so far, its alarm showing this one; a latched alarm keeps its words."""
    worst = condition.worst if level is None else _worse(limit, condition.worst, value)
    alarm = condition.alarm
    if alarm is None:
        return replace(condition, worst=worst)
    extreme = alarm.extreme if worst is None else _worse(limit, alarm.extreme, worst)
    if level is not None and alarm.presence != "latched":
        said = _announced(alarm, limit, level)
        calmer_now = said == "red" and level == "yellow"
        alarm = _worded(alarm, limit, extreme if calmer_now else value, said)
    return replace(condition, worst=worst, alarm=replace(alarm, value=value, held=False, extreme=extreme))


def _worse(limit: Limit, before: float | None, value: float) -> float:
    if before is None:
        return value
    return min(before, value) if limit.side == "low" else max(before, value)


def _worded(alarm: Alarm, limit: Limit, value: float | None, level: Level) -> Alarm:
    """Return the alarm saying which limit this value violates."""
    threshold = limit.threshold(level)
    number = alarm.limit if threshold is None else threshold.value
    return replace(alarm, limit=number, text=limit_text(limit.parameter, value, limit.comparison, number))


def _announced(alarm: Alarm, limit: Limit, level: Level) -> Level:
    """Return the level to quote, the alarm's own: a medium alarm quotes its yellow limit while red still waits for its
    delay, a high alarm its red limit (with the worst value) while the value has come back to yellow.
    """
    own: Level = "red" if alarm.priority == "high" else "yellow"
    return level if limit.threshold(own) is None else own


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
    alarm = condition.alarm or _new_alarm(turn, limit, condition, since)
    trigger = _trigger(alarm, _PRIORITY[level])
    if trigger is None:
        return condition
    grown = replace(
        _worded(alarm, limit, _value_now(turn, limit, condition), level),
        priority=max(alarm.priority, _PRIORITY[level], key=rank),
        delay_s=threshold.delay_s,
        profile=turn.watch.limits.profile,
        profile_version=turn.watch.limits.version,
    )
    return turn.move(condition, grown, trigger, note=_why(turn, threshold, waited))


def _trigger(alarm: Alarm, priority: Priority) -> Trigger | None:
    if alarm.presence == "off":
        return "raised"
    if alarm.presence == "latched":
        return "recurred"
    return "worsened" if rank(priority) > rank(alarm.priority) else None


def _why(turn: Turn, threshold: Threshold, waited: bool) -> str:
    """Return what a transition's row says about its cause, so that it is known when the alarm has moved on."""
    waiting = "the signal was lost within" if waited else "held for"
    return f"limit {threshold.value:g}, {waiting} {threshold.delay_s:g} s, {turn.watch.limits.label}"


def _value_now(turn: Turn, limit: Limit, condition: Condition) -> float | None:
    value = turn.seen[limit.parameter].value
    return condition.worst if value is None else value


def _new_alarm(turn: Turn, limit: Limit, condition: Condition, since: int) -> Alarm:
    return Alarm(
        id=next(turn.ids),
        key=limit.key,
        kind="limit",
        priority="low",
        presence="off",
        text="",
        began_at=since,
        raised_at=turn.at,
        announced_at=turn.at,
        parameter=limit.parameter,
        comparison=limit.comparison,
        value=_value_now(turn, limit, condition),
        extreme=condition.worst,
    )


def _fall(turn: Turn, limit: Limit, condition: Condition, alarm: Alarm) -> Condition:
    patience = limit.off_delay_s * 1_000
    if condition.normal_since is not None and turn.at - condition.normal_since >= patience:
        return turn.move(condition, _with_worst(limit, alarm), "cleared")
    calmer = (
        condition.eased_since is not None and alarm.priority == "high" and turn.at - condition.eased_since >= patience
    )
    if calmer and alarm.presence == "ack" and limit.yellow is not None:
        eased = replace(alarm, priority="medium", delay_s=limit.yellow.delay_s)
        return turn.move(condition, _worded(eased, limit, alarm.value, "yellow"), "eased")
    return condition


def _with_worst(limit: Limit, alarm: Alarm) -> Alarm:
    """Return the alarm with its worst value in words, as a latched alarm and the record keep it."""
    level = None if alarm.extreme is None else limit.violated_by(alarm.extreme)
    return alarm if level is None else _worded(alarm, limit, alarm.extreme, _announced(alarm, limit, level))
