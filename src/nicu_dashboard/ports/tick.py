"""The journal of the engine: everything that one tick changes commits in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.errors import Told
from nicu_dashboard.domain.spells import Spell
from nicu_dashboard.domain.vitals import Measured

Fate = Literal["accepted", "duplicate", "merged", "spooled"]
SuspensionKind = Literal["audio_pause", "alarm_pause", "off"]


@dataclass(frozen=True, slots=True)
class VitalsRow:
    """One reading of one baby; instants in epoch ms, `values` by vital name."""

    patient_id: int
    source_id: int
    recorded_at: int
    received_at: int
    values: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as it stands now, and whose it is; it replaces the row with the same id."""

    unit_id: int
    cot_id: int | None
    patient_id: int | None
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class SpellRow:
    """An A/B/D event found in a baby's readings."""

    patient_id: int
    cot_id: int | None
    spell: Spell


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """A pause of sound, a pause of alarms, or a limit switched off: from when, until when, why, by whom."""

    cot_id: int
    patient_id: int | None
    kind: SuspensionKind
    scope: str
    began_at: int
    until_at: int | None
    reason: str | None
    by: str
    ended_at: int | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to whom, when, from where and why."""

    at: int
    actor: str
    role: str
    action: str
    subject: str
    patient_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message that belongs to no baby; counted by source, cot and reason, with the last one kept raw."""

    at: int
    source: str
    cot: str
    reason: str
    raw: str
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rescan:
    """A window of one baby's readings whose events must be found again, because a reading came late.

    `last_id`: the newest of the stored windows it was made of, when it was read from the store.
    """

    patient_id: int
    from_at: int
    to_at: int
    last_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the store will never take one reading; the reason names the rule that was broken, never a value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Which ticks of which writer these are; the store remembers the last number, so that none is written twice."""

    writer: str
    first: int
    last: int


@dataclass(slots=True)
class Tick:
    """What one transaction writes, in the order the engine decided it."""

    readings: list[VitalsRow] = field(default_factory=list)
    alarms: list[AlarmRow] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    spells: list[SpellRow] = field(default_factory=list)
    suspensions: list[SuspensionRow] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    rescans: list[Rescan] = field(default_factory=list)

    def __bool__(self) -> bool:
        """True when there is anything to write."""
        return any(getattr(self, name) for name in self.__slots__)


class StoreUnavailable(Told):
    """The store cannot be used now and nothing was kept; the message names the next command, never a patient."""


class AlreadyWritten(Exception):
    """Some or all of these ticks are in the store; `last` is the number of the last one."""

    def __init__(self, last: int) -> None:
        super().__init__(f"written up to number {last}")
        self.last = last


class StoreRefused(Told):
    """A row breaks a rule of the schema, now and at every further try; the message names the rule, never the values."""


class Journal(Protocol):
    """Durable, atomic, idempotent."""

    def commit(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> Sequence[Fate]:
        """Write the tick in one transaction with the roll-ups it touches; return each reading's fate in order.

        A reading already stored with the same content is a duplicate; one with the same patient, instant and source but
        other parameters is merged, and an overwritten value keeps its old row in vitals_superseded.

        With `followed_at` (epoch ms) another engine has followed the one that decided this: alarms and silences that
        the store knows stay as they are, others are over since then; every change and act is kept.

        Raises StoreUnavailable, StoreRefused, or AlreadyWritten for a mark that is not new, and then nothing was
        written.
        """
        ...

    def sift(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> Sequence[Fate | Refused]:
        """Commit all of the tick that the store takes, each part by itself; what it refuses goes into the quarantine.

        Raises StoreUnavailable or AlreadyWritten, and then nothing was written.
        """
        ...

    def last_mark(self, writer: str) -> int:
        """Return the number of the last tick of this writer that is in the store, 0 when there is none."""
        ...

    def identity(self) -> str:
        """Return the name that this store gave itself once; a copy of it has the same."""
        ...

    def reserve_ids(self, counter: str, count: int) -> range:
        """Return `count` ids never given before under this counter ("alarm")."""
        ...

    def rescans(self, unit_id: int | None = None) -> Sequence[Rescan]:
        """Return the windows still to be scanned again, merged per patient."""
        ...

    def replace_spells(self, window: Rescan, spells: Sequence[SpellRow]) -> None:
        """Make the events beginning in the window exactly these, keeping reviews of equal ones; forget the rescan."""
        ...

    def open_alarms(self, unit_id: int) -> Sequence[AlarmRow]:
        """Return the alarms of a unit that have not ended, for a restart."""
        ...

    def open_suspensions(self, unit_id: int) -> Sequence[SuspensionRow]:
        """Return the pauses and switched-off limits in force, for a restart."""
        ...
