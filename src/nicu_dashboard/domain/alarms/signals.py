"""Technical alarms of the signal: a parameter or a whole cot without a valid value for too long."""

from collections.abc import Mapping
from dataclasses import replace

from nicu_dashboard.domain.alarms.faults import begin_fault, end_fault
from nicu_dashboard.domain.alarms.limit_conditions import end_condition, forget_answered, take_loss
from nicu_dashboard.domain.alarms.turn import Turn
from nicu_dashboard.domain.alarms.watch import RETURNED_MS, Seen, Watch
from nicu_dashboard.domain.vitals import VITALS

ALL_LOST = "signal_lost"
# A parameter that the device says is not being measured is not missing.
NOT_MEASURED = "not measured"
# These say where the value went. Any other reason (artefact, sentinel) may be a baby too ill to be measured (assumed).
EXPLAINED = frozenset({"probe off", "lead off", NOT_MEASURED})
# A counter that runs only while breathing has stopped: its silence is no loss of a signal.
COUNTERS = frozenset({"apnea_duration"})
NEVER = 2**62

_LABELS: Mapping[str, str] = {
    name: vital.label for name, vital in VITALS.items() if not vital.intermittent and name not in COUNTERS
}
_KEYS: Mapping[str, str] = {name: f"{ALL_LOST}:{name}" for name in VITALS}


def watch_signals(turn: Turn) -> None:
    """Raise a technical alarm for each parameter without a valid value, or one for the cot when all is silent."""
    at, silent, speaking, watched = turn.at, True, False, False
    for name, seen in turn.seen.items():
        if name not in _LABELS:
            continue
        watched = True
        silent = silent and at - seen.spoken_at >= seen.lost_ms
        speaking = speaking or at - seen.spoken_at <= seen.stale_ms
    if not watched:
        return
    if silent:
        began_at = max(seen.spoken_at for name, seen in turn.seen.items() if name in _LABELS)
        begin_fault(turn, ALL_LOST, "Signal lost", "medium", began_at)
    elif ALL_LOST in turn.conditions:
        _returning(turn, ALL_LOST, speaking)
    for name, seen in turn.seen.items():
        if name in _LABELS:
            _watch_signal(turn, name, seen, silent)
        elif name in COUNTERS and turn.at - seen.spoken_at >= seen.lost_ms:
            _watch_counter(turn, name, silent)


def quiet_until(watch: Watch) -> int:
    """Return the instant before which time alone changes nothing here: until then nobody need tell it the time.

    A cot with anything under way is never quiet; a quiet one waits for the first of its signals to be lost.
    """
    if watch.conditions or watch.off or watch.audio_pause is not None or watch.alarm_pause is not None:
        return watch.at
    lost = [
        (seen.spoken_at if seen.reason == NOT_MEASURED else seen.at) + seen.lost_ms
        for name, seen in watch.seen.items()
        if name in _LABELS
    ]
    return min(lost, default=NEVER)


def _watch_counter(turn: Turn, name: str, silent: bool) -> None:
    """A counter that stopped while the cot speaks has ended its alarm; in a cot without a word it may still run."""
    for limit in turn.watch.limits.for_parameter(name):
        if silent:
            take_loss(turn, limit, explained=False)
        else:
            end_condition(turn, limit.key, "the counter stopped")


def _watch_signal(turn: Turn, name: str, seen: Seen, silent: bool) -> None:
    key = _KEYS[name]
    lost = turn.at - seen.at >= seen.lost_ms
    if lost:
        _hold(turn, name, seen)
    if lost and not silent and seen.reason != NOT_MEASURED:
        begin_fault(turn, key, f"{_LABELS[name]} {seen.reason or 'signal lost'}", "low", seen.at, name)
    elif key not in turn.conditions:
        return
    elif silent:
        end_fault(turn, key, "the whole cot is silent")
    elif seen.reason == NOT_MEASURED:
        end_fault(turn, key, NOT_MEASURED)
    else:
        _returning(turn, key, seen.fresh(turn.at))


def _hold(turn: Turn, parameter: str, seen: Seen) -> None:
    for limit in turn.watch.limits.for_parameter(parameter):
        take_loss(turn, limit, seen.reason in EXPLAINED)
        if seen.reason == NOT_MEASURED:
            forget_answered(turn, limit.key)


def _returning(turn: Turn, key: str, back: bool) -> None:
    """End a signal's alarm once the signal has been back long enough; a flicker of it is not back."""
    condition = turn.conditions[key]
    if not back:
        turn.keep(replace(condition, normal_since=None))
    elif condition.normal_since is None:
        turn.keep(replace(condition, normal_since=turn.at))
    elif turn.at - condition.normal_since >= RETURNED_MS:
        end_fault(turn, key)
