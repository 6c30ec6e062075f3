"""The alarm machine: step(state, event) -> (state, effects). Pure: no clock, no I/O; time comes in events."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nicu_dashboard.domain.alarms import silences
from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.effects import Effect
from nicu_dashboard.domain.alarms.events import (
    Acknowledged,
    AlarmsPaused,
    AudioPaused,
    Event,
    FaultBegan,
    FaultEnded,
    Left,
    LimitsChanged,
    Sampled,
    SwitchedOff,
    SwitchedOn,
    Ticked,
)
from nicu_dashboard.domain.alarms.faults import begin_fault, end_fault
from nicu_dashboard.domain.alarms.limit_conditions import end_condition, settle, take_absence, take_value, take_within
from nicu_dashboard.domain.alarms.set_back import set_back
from nicu_dashboard.domain.alarms.signals import ALL_LOST, watch_signals
from nicu_dashboard.domain.alarms.turn import Turn
from nicu_dashboard.domain.alarms.watch import (
    ESCALATE_MS,
    FIO2_KEPT_MS,
    LOST_INTERVALS,
    LOST_MS,
    STALE_INTERVALS,
    STALE_MS,
    Condition,
    Seen,
    Watch,
)
from nicu_dashboard.domain.limits import AlarmLimits, Limit, effective
from nicu_dashboard.domain.vitals import VITALS, Measured, NoValue

REMOVED = "the limit was removed"


def step(watch: Watch, event: Event, ids: Iterator[int]) -> tuple[Watch, list[Effect]]:
    """Return the next state and the effects of one event; `ids` numbers new alarms. May raise PauseRefused.

    What was due before the event happens first, so that the record does not depend on how often time is told.
    """
    turn = Turn(set_back(watch, event.at), event.at, ids)
    if turn.at > watch.at:
        _pass_time(turn)
    _take(turn, event)
    if not isinstance(event, Left):
        _pass_time(turn)
    return turn.result()


def _take(turn: Turn, event: Event) -> None:
    match event:
        case Sampled():
            _sample(turn, event)
        case Ticked():
            pass
        case LimitsChanged():
            _change_limits(turn, event.limits)
        case Acknowledged():
            _acknowledge(turn, event)
        case AudioPaused():
            silences.pause_audio(turn, event)
        case AlarmsPaused():
            silences.pause_alarms(turn, event)
        case SwitchedOff():
            silences.switch_off(turn, event)
        case SwitchedOn():
            silences.switch_on(turn, event)
        case FaultBegan():
            begin_fault(turn, event.key, event.text, event.priority, turn.at, kind=event.kind)
        case FaultEnded():
            end_fault(turn, event.key)
        case Left():
            _leave(turn, event)


def resume(limits: AlarmLimits, alarms: Sequence[Alarm], expected: Sequence[str], at: int) -> Watch:
    """Return the state after a restart: standing alarms are held until a value confirms or clears them, and the
    parameters that were measured before are expected again, so that a silent source raises a technical alarm. One that
    was lost before is lost until it comes back.
    """
    conditions = {alarm.key: _resumed(alarm, at) for alarm in alarms}
    silent_since = next((alarm.began_at for alarm in alarms if alarm.key == ALL_LOST), at)
    lost_since = {alarm.parameter: alarm.began_at for alarm in alarms if alarm.key.startswith(f"{ALL_LOST}:")}
    names = dict.fromkeys([*expected, *(name for name in lost_since if name is not None)])
    seen = {name: Seen(None, min(lost_since.get(name, at), silent_since), silent_since, awaited=True) for name in names}
    return Watch(limits, at, seen=seen, conditions=conditions)


def _resumed(alarm: Alarm, at: int) -> Condition:
    standing = replace(alarm, held=alarm.kind == "limit" and alarm.presence in ("on", "ack"))
    return Condition(alarm.key, absent=True, unanswered_since=min(alarm.announced_at, at), alarm=standing)


def _sample(turn: Turn, event: Sampled) -> None:
    stale_ms = max(STALE_MS, STALE_INTERVALS * event.interval_ms)
    lost_ms = max(LOST_MS, LOST_INTERVALS * event.interval_ms)
    resumed = {name for name in event.values if _was_lost(name, turn.seen.get(name), turn.at)}
    for name, measured in event.values.items():
        turn.seen[name] = _next_seen(turn.seen.get(name), measured, turn.at, stale_ms, lost_ms)
    fio2 = _fio2(turn)
    for limit in turn.watch.limits.limits:
        measured_now = event.values.get(limit.parameter)
        if measured_now is not None:
            _judge(turn, limit, measured_now, limit.parameter in resumed, fio2)


def _judge(turn: Turn, limit: Limit, measured: Measured, resumed: bool, fio2: float | None) -> None:
    if isinstance(measured, NoValue):
        take_absence(turn, limit.key)
    elif (applies := effective(limit, fio2)) is None:
        take_within(turn, limit.key)
    else:
        take_value(turn, applies, measured, resumed)


def _next_seen(before: Seen | None, measured: Measured, at: int, stale_ms: int, lost_ms: int) -> Seen:
    if not isinstance(measured, NoValue):
        return Seen(measured, at, at, None, None, stale_ms, lost_ms)
    if before is None:
        return Seen(None, at, at, at, measured.reason, stale_ms, lost_ms)
    since = at if before.absent_since is None else before.absent_since
    return Seen(None, before.at, at, since, measured.reason, stale_ms, lost_ms, before.awaited)


def _was_lost(name: str, seen: Seen | None, at: int) -> bool:
    """Return whether a value now ends a gap: the signal was lost, or awaited since a restart. A cuff has no gaps."""
    if seen is None:
        return False
    return seen.awaited or (at - seen.at >= seen.lost_ms and not VITALS[name].intermittent)


def _fio2(turn: Turn) -> float | None:
    seen = turn.seen.get("fio2")
    return seen.value if seen is not None and turn.at - seen.at <= FIO2_KEPT_MS else None


def _pass_time(turn: Turn) -> None:
    silences.run_out(turn)
    if turn.conditions:
        _settle_limits(turn)
    watch_signals(turn)
    if turn.conditions:
        _escalate(turn)


def _settle_limits(turn: Turn) -> None:
    limits = turn.watch.limits.by_key
    for condition in list(turn.conditions.values()):
        limit = limits.get(condition.key)
        if limit is not None and not condition.absent:
            seen = turn.seen[limit.parameter]
            settle(turn, limit, condition, fresh=seen.fresh(turn.at) or VITALS[limit.parameter].intermittent)


def _escalate(turn: Turn) -> None:
    for condition in list(turn.conditions.values()):
        alarm = condition.alarm
        if alarm is None or alarm.presence != "on" or alarm.priority != "high" or alarm.escalated_at is not None:
            continue
        if condition.unanswered_since is not None and turn.at - condition.unanswered_since >= ESCALATE_MS:
            turn.keep(turn.move(condition, replace(alarm, escalated_at=turn.at), "escalated"))


def _acknowledge(turn: Turn, event: Acknowledged) -> None:
    for condition in list(turn.conditions.values()):
        alarm = condition.alarm
        if alarm is not None and alarm.id == event.alarm_id and alarm.presence != "ack":
            seen = replace(alarm, acknowledged_at=turn.at, acknowledged_by=event.by)
            turn.keep(turn.move(condition, seen, "acknowledged", event.by))


def _change_limits(turn: Turn, limits: AlarmLimits) -> None:
    """Judge what is known by the new limits; the alarm of a limit that is gone has ended, a high one stays latched."""
    turn.watch = replace(turn.watch, limits=limits)
    kept = {limit.key for limit in limits.limits}
    silences.end_off(turn, [scope for scope in turn.watch.off if scope not in kept and scope != "all"], REMOVED)
    for key, condition in list(turn.conditions.items()):
        if key not in kept and (condition.alarm is None or condition.alarm.kind == "limit"):
            end_condition(turn, key, REMOVED)
    fio2 = _fio2(turn)
    for limit in limits.limits:
        seen = turn.seen.get(limit.parameter)
        if seen is not None and seen.value is not None and (seen.fresh(turn.at) or limit.key in turn.conditions):
            _judge(turn, limit, seen.value, False, fio2)


def _leave(turn: Turn, event: Left) -> None:
    for condition in list(turn.conditions.values()):
        if condition.alarm is not None:
            turn.move(condition, condition.alarm, "withdrawn", event.by, "the baby left the cot")
    turn.conditions.clear()
    for kind, pause in silences.pauses(turn.watch):
        turn.end_pause(kind, pause, event.by)
    silences.end_off(turn, list(turn.watch.off), event.by)
    turn.seen.clear()
