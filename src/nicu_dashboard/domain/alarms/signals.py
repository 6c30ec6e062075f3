"""Technical alarms of the signal: a parameter or a whole cot without a valid value for too long."""

from dataclasses import replace

from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.limit_conditions import take_absence, take_silence
from nicu_dashboard.domain.alarms.priority import Priority
from nicu_dashboard.domain.alarms.turn import Turn
from nicu_dashboard.domain.alarms.watch import Condition, Seen
from nicu_dashboard.domain.vitals import VITALS

ALL_LOST = "signal_lost"
# A parameter that the device says is not being measured is not missing.
NOT_MEASURED = "not measured"


def lost_key(parameter: str) -> str:
    """Return the key of a parameter's technical alarm."""
    return f"{ALL_LOST}:{parameter}"


def watch_signals(turn: Turn) -> None:
    """Raise a technical alarm for each parameter without a valid value, or one for the cot when all is silent."""
    watched = {name: seen for name, seen in turn.watch.seen.items() if not VITALS[name].intermittent}
    if not watched:
        return
    lost_ms, at = turn.watch.lost_ms, turn.at
    silent = at - turn.watch.heard_at >= lost_ms
    for name, seen in watched.items():
        lost = at - seen.at >= lost_ms and seen.reason != NOT_MEASURED
        if lost:
            _hold(turn, name, seen)
        _fault(turn, lost_key(name), lost and not silent, _text(name, seen), "low", seen.at, name)
    _fault(turn, ALL_LOST, silent, "Signal lost", "medium", turn.watch.heard_at, None)


def _hold(turn: Turn, parameter: str, seen: Seen) -> None:
    for limit in turn.watch.limits.for_parameter(parameter):
        if seen.reason is None:
            take_silence(turn, limit)
        else:
            take_absence(turn, limit.key)


def _text(name: str, seen: Seen) -> str:
    return f"{VITALS[name].label} {seen.reason or 'signal lost'}"


def _fault(
    turn: Turn, key: str, present: bool, text: str, priority: Priority, since: int, parameter: str | None
) -> None:
    if present:
        begin_fault(turn, key, text, priority, since, parameter)
    else:
        end_fault(turn, key)


def begin_fault(turn: Turn, key: str, text: str, priority: Priority, since: int, parameter: str | None = None) -> None:
    """Raise a technical alarm unless it stands already; its words follow the cause."""
    condition = turn.conditions.get(key)
    alarm = None if condition is None else condition.alarm
    if condition is not None and alarm is not None:
        if alarm.text != text:
            turn.keep(replace(condition, alarm=replace(alarm, text=text)))
        return
    new = Alarm(next(turn.ids), key, "technical", priority, "off", text, since, turn.at, turn.at, parameter)
    turn.keep(turn.move(Condition(key, yellow_since=since), new, "raised"))


def end_fault(turn: Turn, key: str) -> None:
    """Clear a technical alarm if it stands."""
    condition = turn.conditions.get(key)
    if condition is not None and condition.alarm is not None:
        turn.move(condition, condition.alarm, "cleared")
        turn.conditions.pop(key, None)
