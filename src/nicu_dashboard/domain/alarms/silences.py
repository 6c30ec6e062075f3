"""Silences that people order: pausing sound, pausing alarms, switching a limit off; none is endless and unseen."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nicu_dashboard.domain.alarms.effects import Reminded, Suspended, SuspensionEnded
from nicu_dashboard.domain.alarms.events import AlarmsPaused, AudioPaused, SwitchedOff, SwitchedOn
from nicu_dashboard.domain.alarms.priority import rank
from nicu_dashboard.domain.alarms.turn import PauseKind, Turn
from nicu_dashboard.domain.alarms.watch import AUDIO_PAUSE_S, MAX_PAUSE_S, REMIND_MS, Condition, Off, Pause, Watch


def pauses(watch: Watch) -> list[tuple[PauseKind, Pause]]:
    """Return the timed silences in force."""
    running: list[tuple[PauseKind, Pause | None]] = [
        ("audio_pause", watch.audio_pause),
        ("alarm_pause", watch.alarm_pause),
    ]
    return [(kind, pause) for kind, pause in running if pause is not None]


class PauseRefused(ValueError):
    """The silence asked for is not allowed; the message says what is."""


def pause_audio(turn: Turn, event: AudioPaused) -> None:
    """Silence this cot for at most 120 s; a new high alarm, or one of higher priority, breaks it."""
    if not 0 <= event.seconds <= AUDIO_PAUSE_S:
        raise PauseRefused(f"sound can be paused for 1 to {AUDIO_PAUSE_S} seconds, 0 ends the pause")
    if turn.watch.audio_pause is not None:
        turn.end_pause("audio_pause", turn.watch.audio_pause, event.by)
    if event.seconds:
        loudest = max((rank(alarm.priority) for alarm in turn.watch.alarms if alarm.presence == "on"), default=0)
        until = turn.at + event.seconds * 1_000
        turn.watch = replace(turn.watch, audio_pause=Pause(turn.at, until, event.by, loudest))
        turn.effects.append(Suspended("audio_pause", "all", turn.at, until, None, event.by))


def pause_alarms(turn: Turn, event: AlarmsPaused) -> None:
    """Withdraw this cot's limit alarms for at most 10 minutes; what still holds afterwards is announced."""
    if not 0 <= event.seconds <= MAX_PAUSE_S:
        raise PauseRefused(f"alarms can be paused for 1 to {MAX_PAUSE_S} seconds, 0 ends the pause")
    if turn.watch.alarm_pause is not None:
        turn.end_pause("alarm_pause", turn.watch.alarm_pause, event.by)
    if event.seconds:
        until = turn.at + event.seconds * 1_000
        turn.watch = replace(turn.watch, alarm_pause=Pause(turn.at, until, event.by))
        turn.effects.append(Suspended("alarm_pause", "all", turn.at, until, None, event.by))
        _withdraw(turn, lambda condition: True, event.by, "alarms paused")


def switch_off(turn: Turn, event: SwitchedOff) -> None:
    """Switch one limit, or all, off until somebody switches it on; needs a reason, and reminds."""
    if not event.reason.strip():
        raise PauseRefused("switching an alarm off needs a reason")
    known = {limit.key for limit in turn.watch.limits.limits} | {"all"}
    if event.scope not in known:
        raise PauseRefused(f"there is no limit {event.scope[:40]!r}; use one such as 'spo2:high', or 'all'")
    if event.scope in turn.watch.off:
        return
    off = Off(event.scope, turn.at, event.reason.strip(), event.by, turn.at)
    turn.watch = replace(turn.watch, off={**turn.watch.off, event.scope: off})
    turn.effects.append(Suspended("off", event.scope, turn.at, None, off.reason, event.by))
    _withdraw(turn, lambda condition: event.scope in ("all", condition.key), event.by, f"switched off: {off.reason}")


def switch_on(turn: Turn, event: SwitchedOn) -> None:
    """Switch a limit on again, or with `all` every one; a condition that holds is announced at once."""
    if event.scope != "all" and "all" in turn.watch.off:
        raise PauseRefused("all alarms of this cot are off; switch 'all' on")
    end_off(turn, list(turn.watch.off) if event.scope == "all" else [event.scope], event.by)


def end_off(turn: Turn, scopes: Sequence[str], by: str) -> None:
    """Take what is off among these scopes off the list, and say who or what did."""
    ended = [off for scope, off in turn.watch.off.items() if scope in scopes]
    kept = {scope: off for scope, off in turn.watch.off.items() if scope not in scopes}
    turn.watch = replace(turn.watch, off=kept)
    turn.effects += [SuspensionEnded("off", off.scope, off.since, turn.at, by) for off in ended]


def run_out(turn: Turn) -> None:
    """End the pauses whose time is over, and remind of what is off."""
    for kind, pause in pauses(turn.watch):
        if turn.at >= pause.until_at:
            turn.end_pause(kind, pause, "time over")
    due = [off for off in turn.watch.off.values() if turn.at - off.reminded_at >= REMIND_MS]
    for off in due:
        turn.watch = replace(turn.watch, off={**turn.watch.off, off.scope: replace(off, reminded_at=turn.at)})
        turn.effects.append(Reminded(turn.at, off.scope, off.since, off.reason))


def _withdraw(turn: Turn, chosen: Callable[[Condition], bool], by: str, note: str) -> None:
    for condition in list(turn.conditions.values()):
        if condition.alarm is not None and condition.alarm.kind == "limit" and chosen(condition):
            turn.keep(turn.move(condition, condition.alarm, "withdrawn", by, note))
