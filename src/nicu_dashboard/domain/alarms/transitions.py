"""The one table: which trigger moves an alarm from which presence to which, and whether it is announced.

Theory of operation. A condition that has held for its on-delay *raises* an alarm: it is `on`, seen and heard. While
it lasts it may *worsen* (yellow to red), be *acknowledged* (seen, not heard) or *escalate* (nobody came). When the
condition has been gone for its off-delay the alarm is *cleared*: a latching alarm that nobody acknowledged stays as
`latched`, any other goes `off`. After a gap in the signal a condition that still holds *resumes* and is announced
again. What is not in this table cannot happen. The diagram in the documentation is drawn from these rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from nicu_dashboard.domain.alarms.alarm import Presence

Trigger = Literal[
    "raised", "worsened", "eased", "resumed", "recurred", "escalated", "acknowledged", "cleared", "withdrawn"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where the trigger leads, where it leads when the alarm latches, and whether it is announced."""

    before: Presence
    trigger: Trigger
    after: Presence
    announce: bool = False
    latching: Presence | None = None


ROWS: tuple[Rule, ...] = (
    Rule("off", "raised", "on", announce=True),
    Rule("on", "worsened", "on", announce=True),
    Rule("on", "resumed", "on", announce=True),
    Rule("on", "escalated", "on", announce=True),
    Rule("on", "acknowledged", "ack"),
    Rule("on", "cleared", "off", latching="latched"),
    Rule("on", "withdrawn", "off"),
    Rule("ack", "worsened", "on", announce=True),
    Rule("ack", "resumed", "on", announce=True),
    Rule("ack", "eased", "ack"),
    Rule("ack", "cleared", "off"),
    Rule("ack", "withdrawn", "off"),
    Rule("latched", "recurred", "on", announce=True),
    Rule("latched", "acknowledged", "off"),
    Rule("latched", "withdrawn", "off"),
)
TABLE: Mapping[tuple[Presence, Trigger], Rule] = MappingProxyType({(row.before, row.trigger): row for row in ROWS})


def lookup(before: Presence, trigger: Trigger) -> Rule | None:
    """Return the row for this trigger in this presence, None when the trigger means nothing there."""
    return TABLE.get((before, trigger))


def after(rule: Rule, latches: bool) -> Presence:
    """Return the presence a row leads to."""
    return rule.latching if latches and rule.latching is not None else rule.after


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> off"]
    for row in ROWS:
        sound = " (announced)" if row.announce else ""
        lines.append(f"    {row.before} --> {row.after}: {row.trigger}{sound}")
        if row.latching is not None:
            lines.append(f"    {row.before} --> {row.latching}: {row.trigger}, latching")
    return "\n".join(lines)
