"""A tick that the store refuses as a whole: each part in a savepoint of its own, halved until only the guilty is out.

What is refused goes into the quarantine in the same transaction, so that people see it and nothing is lost in silence.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection, select

from nicu_dashboard.adapters.sql import dialects, readings
from nicu_dashboard.adapters.sql.errors import translated
from nicu_dashboard.adapters.sql.sight import latest_unit
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.ports.tick import Fate, Quarantined, Refused, StoreRefused, StoreUnavailable, Tick, VitalsRow

Write = Callable[[Connection, Tick], None]
ENGINE = "dashboard"
_RAW = 2_000


@dataclass(frozen=True, slots=True)
class _Part:
    """What must be written together, what it is in a word, and when it was decided."""

    what: str
    at: int
    tick: Tick


class Sifter:
    """Works within one transaction; `write` stores what a tick holds beside its readings."""

    def __init__(self, connection: Connection, where: str, write: Write) -> None:
        self._connection, self._where, self._write = connection, where, write
        self._refused: list[Quarantined] = []

    def sift(self, tick: Tick) -> list[Fate | Refused]:
        """Write all that the store takes; return the fate of each reading. Raises StoreUnavailable."""
        dialects.lock_patients(self._connection, (row.patient_id for row in tick.readings))
        fates = self._readings(tick.readings)
        self._parts(_parts(tick))
        for message in self._refused:
            structlog.get_logger("nicu.store").error("the store refused a part of a tick", reason=message.reason)
        self._write(self._connection, Tick(quarantined=self._refused))
        return fates

    def _readings(self, rows: Sequence[VitalsRow]) -> list[Fate | Refused]:
        if not rows:
            return []
        try:
            with self._connection.begin_nested():
                return list(readings.store(self._connection, rows))
        except Exception as error:
            reason = self._reason(error)
        if len(rows) == 1:
            unit_id = self._connection.scalar(select(latest_unit(rows[0].patient_id)))
            self._refused.append(replace(_quarantined(rows[0], reason), unit_id=unit_id))
            return [Refused(reason)]
        half = len(rows) // 2
        return self._readings(rows[:half]) + self._readings(rows[half:])

    def _parts(self, parts: Sequence[_Part]) -> None:
        if not parts:
            return
        try:
            with self._connection.begin_nested():
                self._write(self._connection, _joined(parts))
        except Exception as error:
            reason = self._reason(error)
        else:
            return
        if len(parts) == 1:
            said = _plain(repr(parts[0].tick))
            self._refused.append(Quarantined(parts[0].at, ENGINE, "", f"{parts[0].what}: {reason}", said))
            return
        half = len(parts) // 2
        self._parts(parts[:half])
        self._parts(parts[half:])

    def _reason(self, error: Exception) -> str:
        """Return why a part was refused; whatever tells of the store itself goes on up."""
        known = translated(error, self._where)
        if isinstance(known, StoreUnavailable):
            raise error
        return str(known) if isinstance(known, StoreRefused) else f"the store cannot write it ({type(known).__name__})"


def _parts(tick: Tick) -> list[_Part]:
    """Return what belongs together, in the order it was decided: an alarm goes with all its changes."""
    alarms: defaultdict[int, Tick] = defaultdict(Tick)
    for row in tick.alarms:
        alarms[row.alarm.id].alarms.append(row)
    for change in tick.transitions:
        alarms[change.alarm_id].transitions.append(change)
    parts = [_Part("alarm", _instant(one), one) for _, one in sorted(alarms.items())]
    parts += [_Part("silence", row.began_at, Tick(suspensions=[row])) for row in tick.suspensions]
    parts += [_Part("event", row.spell.started_at, Tick(spells=[row])) for row in tick.spells]
    parts += [_Part("message", row.at, Tick(quarantined=[row])) for row in tick.quarantined]
    parts += [_Part("window", row.from_at, Tick(rescans=[row])) for row in tick.rescans]
    return parts + [_Part("act", row.at, Tick(audit=[row])) for row in tick.audit]


def _instant(one: Tick) -> int:
    return one.transitions[-1].at if one.transitions else one.alarms[-1].alarm.raised_at


def _joined(parts: Sequence[_Part]) -> Tick:
    whole = Tick()
    for part in parts:
        for name in Tick.__slots__:
            getattr(whole, name).extend(getattr(part.tick, name))
    return whole


def _quarantined(row: VitalsRow, reason: str) -> Quarantined:
    said = {name: str(value) for name, value in row.values.items()}
    raw = f"patient {row.patient_id}, {format_instant(row.recorded_at)} {said}"
    return Quarantined(row.received_at, f"source {row.source_id}", "", reason, _plain(raw))


def _plain(text: str) -> str:
    """Return text that every store takes."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode()[:_RAW]
