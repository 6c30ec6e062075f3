"""Conditions that hold or do not, without limit or delay: faults of the system, and alarms a bedside device sends."""

from dataclasses import replace

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.priority import Kind, Priority, rank
from nicu_dashboard.domain.alarms.transitions import Trigger
from nicu_dashboard.domain.alarms.turn import Turn
from nicu_dashboard.domain.alarms.watch import Condition


def begin_fault(
    turn: Turn,
    key: str,
    text: str,
    priority: Priority,
    since: int,
    parameter: str | None = None,
    kind: Kind = "technical",
) -> None:
    """Raise its alarm, or let the one that stands follow the cause: its words, and its priority if that grows."""
    condition = turn.conditions.get(key) or Condition(key)
    alarm = condition.alarm
    if alarm is None:
        new = Alarm(next(turn.ids), key, kind, priority, "off", text, since, turn.at, turn.at, parameter)
        turn.keep(turn.move(condition, new, "raised"))
        return
    worse = rank(priority) > rank(alarm.priority)
    told = replace(alarm, text=text, priority=priority if worse else alarm.priority)
    trigger: Trigger = "recurred" if alarm.presence == "latched" else "worsened"
    if worse or alarm.presence == "latched":
        turn.keep(turn.move(replace(condition, normal_since=None), told, trigger))
    elif told != alarm or condition.normal_since is not None:
        turn.keep(replace(condition, normal_since=None, alarm=told))


def end_fault(turn: Turn, key: str, note: str | None = None) -> None:
    """Clear its alarm if it stands."""
    condition = turn.conditions.get(key)
    if condition is not None and condition.alarm is not None:
        turn.keep(turn.move(condition, condition.alarm, "cleared", note=note))
