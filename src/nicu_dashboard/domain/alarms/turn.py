"""One step's working copy of a watch: collects new conditions and effects, then becomes the next frozen state."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.alarms.effects import Changed, Effect, SuspensionEnded
from nicu_dashboard.domain.alarms.priority import CONDUCT, rank
from nicu_dashboard.domain.alarms.transitions import Trigger, after, lookup
from nicu_dashboard.domain.alarms.watch import Condition, Pause, Watch

PauseKind = Literal["audio_pause", "alarm_pause"]


class Turn:
    """Lives for one step only; instants in epoch ms, never before the watch's own."""

    def __init__(self, watch: Watch, at: int, ids: Iterator[int]) -> None:
        self.watch = watch
        self.at = max(at, watch.at)
        self.ids = ids
        self.seen = dict(watch.seen)
        self.conditions = dict(watch.conditions)
        self.effects: list[Effect] = []

    def result(self) -> tuple[Watch, list[Effect]]:
        """Return the next state and what the world is asked to do."""
        return replace(self.watch, at=self.at, seen=self.seen, conditions=self.conditions), self.effects

    def keep(self, condition: Condition) -> None:
        """Put a condition in its place, or forget one about which nothing remains to be known."""
        idle = condition.red_since is None and condition.yellow_since is None and condition.alarm is None
        if idle:
            self.conditions.pop(condition.key, None)
        else:
            self.conditions[condition.key] = condition

    def move(
        self, condition: Condition, alarm: Alarm, trigger: Trigger, by: str | None = None, note: str | None = None
    ) -> Condition:
        """Apply the table's row for this trigger to the alarm; a trigger that means nothing here changes nothing."""
        rule = lookup(alarm.presence, trigger)
        if rule is None:
            return condition
        latches = alarm.kind != "technical" and CONDUCT[alarm.priority].latches
        presence = after(rule, latches)
        moved = replace(
            alarm,
            presence=presence,
            announced_at=self.at if rule.announce else alarm.announced_at,
            ended_at=self.at if presence == "off" else None,
        )
        # An alarm nobody answered stays unanswered (and escalated) over its end and return, however often it flaps.
        unanswered_since = condition.unanswered_since
        if rule.announce and (alarm.presence in ("off", "ack") or trigger == "worsened"):
            unanswered_since = self.at
            moved = replace(moved, escalated_at=None, acknowledged_at=None, acknowledged_by=None)
        change = Transition(alarm.id, self.at, alarm.presence, presence, trigger, moved.priority, moved.value, by, note)
        self.effects.append(Changed(moved, change, rule.announce))
        # Escalating calls a second person; whoever paused the sound is at the cot already.
        if rule.announce and trigger != "escalated":
            self._break_audio_pause(moved)
        return replace(condition, alarm=None if presence == "off" else moved, unanswered_since=unanswered_since)

    def _break_audio_pause(self, alarm: Alarm) -> None:
        pause = self.watch.audio_pause
        if pause is not None and (alarm.priority == "high" or rank(alarm.priority) > pause.rank):
            self.end_pause("audio_pause", pause, f"new alarm: {alarm.text}")

    def end_pause(self, kind: PauseKind, pause: Pause, by: str) -> None:
        """End a pause of sound or of alarms and say who or what ended it."""
        sound = kind == "audio_pause"
        self.watch = replace(self.watch, audio_pause=None) if sound else replace(self.watch, alarm_pause=None)
        self.effects.append(SuspensionEnded(kind, "all", pause.began_at, self.at, by))
