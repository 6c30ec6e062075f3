"""A clock that was set back: what was counted so far is kept, so that no delay and no pause grows by the jump."""

from dataclasses import fields, replace
from typing import Any

from nicu_dashboard.domain.alarms.watch import Condition, Seen, Watch

# Events of one ward may overtake each other by this much; they happen at the latest instant known.
DISORDER_MS = 2_000
_COUNTED = tuple(field.name for field in fields(Condition) if field.name.endswith("_since"))


def set_back(watch: Watch, at: int) -> Watch:
    """Return the watch as if all its time ran up to `at` (epoch ms) when that lies before what it was told already.

    The instants on record (when an alarm or a silence began) stay as they were stored.
    """
    by = watch.at - at
    if by <= DISORDER_MS:
        return watch
    audio, alarms = watch.audio_pause, watch.alarm_pause
    return replace(
        watch,
        at=at,
        seen={name: _seen(seen, by) for name, seen in watch.seen.items()},
        conditions={key: _condition(condition, by) for key, condition in watch.conditions.items()},
        audio_pause=None if audio is None else replace(audio, until_at=audio.until_at - by),
        alarm_pause=None if alarms is None else replace(alarms, until_at=alarms.until_at - by),
        off={scope: replace(off, reminded_at=off.reminded_at - by) for scope, off in watch.off.items()},
    )


def _seen(seen: Seen, by: int) -> Seen:
    absent_since = None if seen.absent_since is None else seen.absent_since - by
    return replace(seen, at=seen.at - by, spoken_at=seen.spoken_at - by, absent_since=absent_since)


def _condition(condition: Condition, by: int) -> Condition:
    counted: dict[str, Any] = {name: getattr(condition, name) for name in _COUNTED}
    return replace(condition, **{name: since - by for name, since in counted.items() if since is not None})
