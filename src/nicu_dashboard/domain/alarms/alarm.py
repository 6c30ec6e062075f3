"""One alarm: a condition of one baby (or of the system) from its first announcement to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nicu_dashboard.domain.alarms.priority import Kind, Priority, mark

# HL7 DeviceAlert presence states, verbatim.
Presence = Literal["off", "on", "latched", "ack"]
Status = Literal["active", "acknowledged", "latched", "ended"]
STATUS: dict[Presence, Status] = {"on": "active", "ack": "acknowledged", "latched": "latched", "off": "ended"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """What wall and record say of one alarm; instants in epoch ms, value and limit in the vital's unit."""

    id: int
    key: str
    kind: Kind
    priority: Priority
    presence: Presence
    text: str
    began_at: int
    raised_at: int
    announced_at: int
    parameter: str | None = None
    comparison: str | None = None
    value: float | None = None
    limit: float | None = None
    delay_s: float = 0.0
    profile: str | None = None
    profile_version: int | None = None
    extreme: float | None = None
    held: bool = False
    escalated_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    ended_at: int | None = None

    @property
    def status(self) -> Status:
        """The word under which the store and the API file this presence."""
        return STATUS[self.presence]

    @property
    def mark(self) -> str:
        """`***`, `**`, `*` or `!!`."""
        return mark(self.priority, self.kind)


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one alarm: when, from what, to what, on which trigger, by whom."""

    alarm_id: int
    at: int
    before: Presence
    after: Presence
    trigger: str
    priority: Priority
    value: float | None = None
    by: str | None = None
    note: str | None = None


def withdrawn(alarm: Alarm, at: int, note: str) -> tuple[Alarm, Transition]:
    """Return an alarm that nobody watches any more as ended at this instant, and the change that says why."""
    change = Transition(alarm.id, at, alarm.presence, "off", "withdrawn", alarm.priority, alarm.value, "system", note)
    return replace(alarm, presence="off", ended_at=at, held=False), change


def condition_ended_at(changes: Sequence[Transition]) -> int | None:
    """Return the instant since which the condition of an alarm is over, None while it lasts; `changes` in order."""
    ended_at: int | None = None
    for change in changes:
        if change.after in ("on", "ack"):
            ended_at = None
        elif ended_at is None:
            ended_at = change.at
    return ended_at
