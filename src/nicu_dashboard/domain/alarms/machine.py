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
from nicu_dashboard.domain.alarms.limit_conditions import settle, take_absence, take_value, take_within
from nicu_dashboard.domain.alarms.signals import begin_fault, end_fault, watch_signals
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
from nicu_dashboard.domain.vitals import Measured, NoValue


def step(watch: Watch, event: Event, ids: Iterator[int]) -> tuple[Watch, list[Effect]]:
    """Return the next state and the effects of one event; `ids` numbers new alarms. May raise PauseRefused."""
    turn = Turn(watch, event.at, ids)
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
            begin_fault(turn, event.key, event.text, event.priority, event.at)
        case FaultEnded():
            end_fault(turn, event.key)
        case Left():
            _leave(turn, event)
            return turn.result()
    _pass_time(turn)
    return turn.result()


def resume(limits: AlarmLimits, alarms: Sequence[Alarm], expected: Sequence[str], at: int) -> Watch:
    """Return the state after a restart: standing alarms are held until a value confirms or clears them, and the
    parameters that were measured before are expected again, so that a silent source raises a technical alarm.
    """
    conditions = {alarm.key: _resumed(alarm, at) for alarm in alarms}
    seen = {name: Seen(None, at, at) for name in expected}
    return Watch(limits, at, at, seen=seen, conditions=conditions)


def _resumed(alarm: Alarm, at: int) -> Condition:
    standing = replace(alarm, held=alarm.kind == "limit" and alarm.presence in ("on", "ack"))
    return Condition(alarm.key, absent=True, alarm=standing)


def _sample(turn: Turn, event: Sampled) -> None:
    watch = turn.watch
    seen = dict(watch.seen)
    resumed = {name for name in event.values if _was_away(watch, seen.get(name), event.at)}
    for name, measured in event.values.items():
        seen[name] = _next_seen(seen.get(name), measured, event.at)
    turn.watch = replace(
        watch,
        seen=seen,
        heard_at=event.at,
        stale_ms=max(STALE_MS, STALE_INTERVALS * event.interval_ms),
        lost_ms=max(LOST_MS, LOST_INTERVALS * event.interval_ms),
    )
    for limit in watch.limits.limits:
        if limit.parameter in event.values:
            _judge(turn, limit, event.values[limit.parameter], limit.parameter in resumed)


def _judge(turn: Turn, limit: Limit, measured: Measured, resumed: bool) -> None:
    if isinstance(measured, NoValue):
        take_absence(turn, limit.key)
    elif (applies := effective(limit, _fio2(turn.watch, turn.at))) is None:
        take_within(turn, limit.key)
    else:
        take_value(turn, applies, measured, resumed)


def _next_seen(before: Seen | None, measured: Measured, at: int) -> Seen:
    if not isinstance(measured, NoValue):
        return Seen(measured, at)
    if before is None:
        return Seen(None, at, at, measured.reason)
    since = at if before.absent_since is None else before.absent_since
    return replace(before, value=None, absent_since=since, reason=measured.reason)


def _was_away(watch: Watch, seen: Seen | None, at: int) -> bool:
    """Return whether a value now ends a gap: the signal had gone stale, or was expected since a restart."""
    if seen is None:
        return False
    never_heard = seen.value is None and seen.reason is None
    return never_heard or at - seen.at > watch.stale_ms


def _fio2(watch: Watch, at: int) -> float | None:
    seen = watch.seen.get("fio2")
    return seen.value if seen is not None and at - seen.at <= FIO2_KEPT_MS else None


def _pass_time(turn: Turn) -> None:
    silences.run_out(turn)
    if turn.conditions:
        limits = {limit.key: limit for limit in turn.watch.limits.limits}
        for condition in list(turn.conditions.values()):
            limit = limits.get(condition.key)
            if limit is not None and not condition.absent:
                settle(turn, limit, condition)
    watch_signals(turn)
    _escalate(turn)


def _escalate(turn: Turn) -> None:
    for condition in list(turn.conditions.values()):
        alarm = condition.alarm
        if alarm is None or alarm.presence != "on" or alarm.priority != "high" or alarm.escalated_at is not None:
            continue
        if turn.at - alarm.announced_at >= ESCALATE_MS:
            turn.keep(turn.move(condition, replace(alarm, escalated_at=turn.at), "escalated"))


def _acknowledge(turn: Turn, event: Acknowledged) -> None:
    for condition in list(turn.conditions.values()):
        alarm = condition.alarm
        if alarm is not None and alarm.id == event.alarm_id and alarm.presence != "ack":
            seen = replace(alarm, acknowledged_at=event.at, acknowledged_by=event.by)
            turn.keep(turn.move(condition, seen, "acknowledged", event.by))


def _change_limits(turn: Turn, limits: AlarmLimits) -> None:
    turn.watch = replace(turn.watch, limits=limits)
    kept = {limit.key: limit for limit in limits.limits}
    for condition in list(turn.conditions.values()):
        if condition.alarm is not None and condition.alarm.kind == "limit" and condition.key not in kept:
            turn.keep(turn.move(condition, condition.alarm, "withdrawn", note="the limit was removed"))
        elif condition.key not in kept and condition.alarm is None:
            turn.conditions.pop(condition.key)
    for limit in limits.limits:
        seen = turn.watch.seen.get(limit.parameter)
        fresh = seen is not None and turn.at - seen.at <= turn.watch.stale_ms
        if seen is not None and seen.value is not None and fresh:
            _judge(turn, limit, seen.value, resumed=False)


def _leave(turn: Turn, event: Left) -> None:
    for condition in list(turn.conditions.values()):
        if condition.alarm is not None:
            turn.keep(turn.move(condition, condition.alarm, "withdrawn", event.by, "the baby left the cot"))
    turn.conditions.clear()
    for kind, pause in silences.pauses(turn.watch):
        turn.end_pause(kind, pause, event.by)
    for scope in list(turn.watch.off):
        silences.switch_on(turn, SwitchedOn(event.at, scope, event.by))
    turn.watch = replace(turn.watch, seen={})
